/** Names: of ports across three hosts and two tenants of the same addresses and domain, and of the world outside. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { addRouter, ROOT, type Running, settled, start, testLab, until } from "../kit/mod.ts";

const UPSTREAM_PORT = 5300;
const named = (host: string, network: string, dns_name: string, more = {}) =>
  ({ kind: "container", host, network, attributes: { dns_name, ...more } }) as const;
const dnsUpstream = [`127.0.0.1:${UPSTREAM_PORT}`];

const lab = testLab({
  hosts: { host1: { dnsUpstream }, host2: { dnsUpstream }, host3: { dnsUpstream } },
  networks: {
    red: { subnets: ["10.0.0.0/24", "fd00:1::/64"], attributes: { dns_domain: "shop.example." } },
    redback: { subnets: ["10.1.0.0/24", "fd00:11::/64"] },
    blue: { subnets: ["10.0.0.0/24", "fd00:1::/64"], attributes: { dns_domain: "shop.example.", project_id: "blue" } },
  },
  workloads: {
    red1: named("host1", "red", "web"),
    red2: named("host2", "red", "db", { dns_domain: "data.example." }),
    red3: { kind: "container", host: "host3", network: "red" },
    back: named("host2", "redback", "store"),
    blue1: named("host1", "blue", "web", { project_id: "blue" }),
    blue2: named("host3", "blue", "secret", { project_id: "blue" }),
    vm: { kind: "vm", host: "host3", network: "red", attributes: { dns_name: "vm" } },
  },
});

const V4 = "169.254.169.254";
const V6 = "fe80::a9fe:a9fe%eth0";

const upstreams = new Map<string, Running>();
function startUpstream(host: string): void {
  const command = [process.execPath, join(ROOT, "test/kit/dns-upstream.ts"), String(UPSTREAM_PORT)];
  const { netns } = lab().host(host);
  const logFile = join(lab().directory, `upstream-${host}.log`);
  upstreams.set(host, start({ name: `upstream of ${host}`, command, logFile, netns }));
}

test("each host has a server upstream", () => {
  for (const host of ["host1", "host2", "host3"]) startUpstream(host);
});
after(async () => {
  for (const upstream of upstreams.values()) await upstream.stop();
});

/** What a client's program says. */
const run = async (name: string, script: string): Promise<string> => {
  const { stdout, stderr } = await lab().workload(name).run(script);
  return `${stdout}${stderr}`.trim();
};
/** The answers of dig in the order of their text. */
const dig = async (name: string, question: string, server = V4) => {
  const said = await run(name, `dig @${server} +time=3 +tries=2 +short ${question}`);
  return said.split("\n").sort().join(" ");
};
const status = async (name: string, question: string) =>
  /status: (\w+)/.exec(await run(name, `dig @${V4} +time=8 +tries=1 ${question}`))?.[1];
const addressOf = (name: string, family: 4 | 6): string =>
  lab()
    .entry(name)
    .port.fixed_ips.map(({ ip_address }): string => ip_address)
    .find((ip) => ip.includes(":") === (family === 6)) as string;

test("ports are found by name from other hosts, in both families, over both", async () => {
  for (const [asker, question, to] of [
    ["red3", "web.shop.example", "red1"],
    ["red1", "db.data.example", "red2"],
    ["red1", "db.openstacklocal", "red2"],
    ["red2", "web", "red1"],
    ["red2", "WEB.shop.EXAMPLE", "red1"],
    ["blue2", "web.shop.example", "blue1"],
    ["back", "store.openstacklocal", "back"],
  ] as const) {
    for (const server of [V4, V6]) {
      assert.equal(await dig(asker, `${question} A`, server), addressOf(to, 4), `${asker} asks ${server}: ${question}`);
      assert.equal(
        await dig(asker, `${question} AAAA`, server),
        addressOf(to, 6),
        `${asker} asks ${server}: ${question}`,
      );
    }
  }
});

test("a port without a name is found by its address, and addresses backwards", async () => {
  for (const family of [4, 6] as const) {
    const host = `host-${addressOf("red3", family).replace(/[.:]/g, "-")}.shop.example`;
    assert.equal(await dig("red1", `${host} ${family === 4 ? "A" : "AAAA"}`), addressOf("red3", family));
    assert.equal(await dig("red1", `-x ${addressOf("red3", family)}`), `${host}.`);
    assert.equal(await dig("red3", `-x ${addressOf("red2", family)}`), "db.data.example.");
    assert.equal(await dig("blue1", `-x ${addressOf("blue2", family)}`), "secret.shop.example.");
  }
});

test("one tenant's names are none to another of the same domain", async () => {
  assert.equal(await status("red1", "secret.shop.example"), "NXDOMAIN");
  assert.equal(await status("red1", "secret.openstacklocal"), "NXDOMAIN");
  assert.equal(await status("blue1", "db.data.example"), "NXDOMAIN");
  assert.equal(await status("blue1", "store.openstacklocal"), "NXDOMAIN");
});

test("what a router joins is known as soon as it does", async () => {
  assert.equal(await status("red1", "store.openstacklocal"), "NXDOMAIN");
  await addRouter(lab(), "router", ["red", "redback"]);
  await until("red1 to know of the network behind the router", async () => {
    const said = await dig("red1", "store.openstacklocal");
    return said === addressOf("back", 4) ? true : undefined;
  });
  assert.equal(await dig("back", "web.shop.example AAAA"), addressOf("red1", 6));
});

test("a port that is renamed is known by its new name at once, and by its old one no more", async () => {
  const { id } = lab().entry("red2").port;
  await lab().neutron.update("port", id, { dns_name: "store2" });
  await until(
    "the new name",
    async () => (await dig("red1", "store2.data.example")) === addressOf("red2", 4) || undefined,
  );
  assert.equal(await status("red1", "db.openstacklocal"), "NXDOMAIN");
  assert.equal(await dig("red3", `-x ${addressOf("red2", 4)}`), "store2.data.example.");
  await lab().neutron.update("port", id, { dns_name: "db" });
  await until(
    "the old name again",
    async () => (await dig("red1", "db.data.example")) === addressOf("red2", 4) || undefined,
  );
});

test("names outside are asked of the upstream server, by TCP what is large", async () => {
  for (const server of [V4, V6]) {
    assert.equal(await dig("red1", "www.example.org", server), "192.0.2.80");
    const whole = await run("blue2", `dig @${server} +time=5 big.example.org TXT`);
    assert.match(whole, /Truncated, retrying in TCP mode[\s\S]*status: NOERROR[\s\S]*\(TCP\)/);
    assert.equal(whole.match(/x{100}/g)?.length, 100);
  }
  assert.equal(await status("red1", "nobody.example.org"), "NXDOMAIN");
  assert.equal(
    await dig("red1", "+tcp +keepopen web.shop.example www.example.org"),
    `${addressOf("red1", 4)} 192.0.2.80`,
  );
});

test("drill, busybox and the C library understand the answers", async () => {
  assert.match(await run("red1", `drill @${V4} db.data.example A`), new RegExp(`IN\\s+A\\s+${addressOf("red2", 4)}`));
  assert.match(await run("red1", `drill -x @${V4} ${addressOf("red2", 6)}`), /PTR\s+db\.data\.example\./);
  assert.match(await run("red1", `busybox nslookup web.shop.example ${V4}`), new RegExp(addressOf("red1", 6)));
  const directory = await mkdtemp(join(tmpdir(), "cable-resolv-"));
  try {
    for (const server of [V4, V6]) {
      const file = join(directory, "resolv.conf");
      await writeFile(file, `nameserver ${server}\nsearch shop.example\n`);
      const within = (command: string) =>
        run("red3", `unshare -m sh -c 'mount --bind ${file} /etc/resolv.conf && ${command}'`);
      assert.match(
        await within("getent -s dns ahosts web"),
        new RegExp(`^${addressOf("red1", 6)}.*STREAM web.shop.example`),
      );
      assert.match(await within("getent -s dns ahostsv4 web"), new RegExp(`^${addressOf("red1", 4)} `));
      assert.match(await within(`getent -s dns hosts ${addressOf("red2", 4)}`), /db\.data\.example/);
      assert.match(await within("getent -s dns ahostsv4 www.example.org"), /^192\.0\.2\.80 /);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a virtual machine asks whom DHCP told it", async () => {
  assert.equal(await run("vm", "cat /etc/resolv.conf"), `nameserver ${V4}`);
  assert.match(await run("vm", "nslookup web.shop.example"), new RegExp(addressOf("red1", 4)));
  assert.match(await run("vm", "nslookup www.example.org"), /192\.0\.2\.80/);
});

test("without its upstream server a host says so, and knows its own names all the same", async () => {
  await upstreams.get("host1")?.stop();
  assert.equal(await status("red1", "other.example.org"), "SERVFAIL");
  assert.equal(await dig("red1", "www.example.org"), "192.0.2.80", "it is kept as long as its TTL says");
  assert.equal(await dig("red1", "db.data.example"), addressOf("red2", 4));
  startUpstream("host1");
  await until(
    "the upstream server",
    async () => (await status("red1", "other.example.org")) === "NXDOMAIN" || undefined,
  );
});

test("garbage gets no more than an error, and stops nothing", async () => {
  const send = (bytes: string) => run("red1", `printf '${bytes}' | busybox nc -u -w 1 ${V4} 53 | busybox hexdump -C`);
  await send("\\001");
  await send("\\000\\007\\001\\000\\000\\001\\000\\000\\000\\000\\000\\000\\300\\014\\000\\001\\000\\001");
  await send("\\000\\007\\001\\000\\000\\001\\377\\377\\377\\377\\377\\377\\001a\\000\\000\\001\\000\\001");
  await run("red1", `printf '\\377\\377garbage' | busybox nc -w 1 ${V4} 53`);
  assert.equal(await status("red1", "version.bind CH TXT"), "REFUSED");
  assert.match(await run("red1", `dig @${V4} shop.example AXFR`), /Transfer failed/);
  assert.equal(await dig("red1", "db.data.example"), addressOf("red2", 4));
});

const FLOOD = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("${V4}", 53))
for i in range(150000):
    try: s.send(b"\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3web\\0\\0\\1\\0\\1")
    except OSError: pass
`;

test("a flood from one port is dropped beyond its part, and its neighbour's questions are all answered", async () => {
  const flood = run("red1", `python3 -c '${FLOOD}'`);
  for (let i = 0; i < 20; i++)
    assert.equal(await run("blue1", `dig @${V4} +time=1 +tries=1 +short web A`), addressOf("blue1", 4));
  assert.equal(await flood, "");
  const metrics = await (await fetch(`http://${lab().host("host1").underlay.ip4}:9697/metrics`)).text();
  const drops = (name: string) => {
    const line = `cable_port_drops_total{port="${lab().entry(name).port.id}",reason="service_limit"} `;
    return Number(metrics.split(line)[1]?.split("\n")[0] ?? 0);
  };
  assert.ok(drops("red1") > 50_000, `${drops("red1")} dropped`);
  assert.equal(drops("blue1"), 0);
});

test("an agent that was killed answers again once it is back", async () => {
  await lab().host("host1").killAgent();
  await lab().host("host1").startAgent();
  assert.equal(await dig("red1", "db.data.example"), addressOf("red2", 4));
});

test("nothing changes when all is computed afresh", () => settled(lab()));
