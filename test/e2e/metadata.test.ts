/** Metadata: guests ask at the service's address, Nova learns which of its instances asks, whatever the guest says. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { ROOT, type Running, settled, start, testLab } from "../kit/mod.ts";

const SECRET = "of nova and cable";
const NOVA_PORT = 8775;
const guest = (network: string, device_id: string) =>
  ({ kind: "container", host: "host1", network, attributes: { device_id } }) as const;

const lab = testLab({
  hosts: { host1: { metadata: { url: `http://127.0.0.1:${NOVA_PORT}`, secret: SECRET } } },
  networks: {
    left: { subnets: ["10.0.0.0/24", "fd00:1::/64"] },
    right: { subnets: ["10.0.0.0/24", "fd00:2::/64"] },
  },
  workloads: {
    a: guest("left", "instance-a"),
    b: guest("right", "instance-b"),
    vm: { kind: "vm", host: "host1", network: "left", attributes: { device_id: "instance-vm" } },
  },
});

let nova: Running | undefined;
/** In the host's namespace, so the lab must be up. */
const novaRuns = () => {
  if (nova !== undefined) return;
  const program = [process.execPath, join(ROOT, "test/kit/nova-metadata.ts"), String(NOVA_PORT), SECRET];
  const { netns } = lab().host("host1");
  nova = start({ name: "nova", command: program, logFile: join(lab().directory, "nova.log"), netns });
};
after(() => nova?.stop());

const V4 = "http://169.254.169.254";
const V6 = "http://[fe80::a9fe:a9fe%25eth0]";
const PATH = "/openstack/latest/meta_data.json";

/** Again when Nova is away: it may be starting. */
async function ask(name: string, url: string, ...flags: string[]) {
  novaRuns();
  const { code, stdout, stderr } = await lab()
    .workload(name)
    .run(`curl -sSf --globoff --max-time 10 --retry 5 --retry-all-errors ${flags.join(" ")} '${url}'`);
  assert.equal(code, 0, stderr);
  return stdout;
}

for (const [name, instance] of [
  ["a", "instance-a"],
  ["b", "instance-b"],
] as const) {
  test(`${name} is known by its port over IPv4 and IPv6, though another network has the same addresses`, async () => {
    const { port } = lab().entry(name);
    for (const [url, family] of [
      [V4, 4],
      [V6, 6],
    ] as const) {
      const answer = JSON.parse(await ask(name, `${url}${PATH}`));
      const own = port.fixed_ips.find(({ ip_address }) => ip_address.includes(":") === (family === 6));
      assert.equal(answer.instance, instance);
      assert.equal(answer.ip, own?.ip_address);
      assert.equal(answer.path, PATH);
    }
  });
}

test("a virtual machine gets there with what DHCP told it", async () => {
  novaRuns();
  const { code, stdout, stderr } = await lab().workload("vm").run(`wget -q -O - ${V4}${PATH}`);
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).instance, "instance-vm");
});

test("what a guest says of itself is not believed", async () => {
  const lies = ["-H 'X-Instance-ID: instance-b'", "-H 'X-Forwarded-For: 10.9.9.9'", "-H 'X-Tenant-ID: t'"];
  const answer = JSON.parse(await ask("a", `${V4}${PATH}`, ...lies));
  assert.deepEqual([answer.instance, answer.ip.startsWith("10.0.0.")], ["instance-a", true]);
});

test("guests are told when Nova is away, and served as soon as it is back", async () => {
  novaRuns();
  await nova?.stop();
  const away = await lab().workload("a").run(`curl -sS --max-time 10 -w '%{http_code}' ${V4}${PATH}`);
  assert.match(away.stdout, /503$/);
  nova = undefined;
  assert.equal(JSON.parse(await ask("a", `${V4}${PATH}`)).instance, "instance-a");
});

test("an agent that was killed serves metadata again once it is back", async () => {
  await lab().host("host1").killAgent();
  await lab().host("host1").startAgent();
  assert.equal(JSON.parse(await ask("b", `${V4}${PATH}`)).instance, "instance-b");
});

test("nothing changes when all is computed afresh", () => settled(lab()));
