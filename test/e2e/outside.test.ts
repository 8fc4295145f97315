/** To an external network and back: SNAT, floating IPs, forwarded ports, hairpin, IPv6, and a gateway host that dies. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Ip, ip } from "../../model/mod.ts";
import {
  addFloatingIp,
  addRouter,
  addRule,
  defaultGroup,
  failures,
  gatewayHost,
  mustIn,
  type ReachTest,
  reach,
  removeNetns,
  setGateway,
  settled,
  startOutside,
  testLab,
  until,
  type Workload,
} from "../kit/mod.ts";

const VLAN = 400;
/** Of the machine outside that stands for the world: on the wire, and behind it. */
const WORLD = { near: "192.0.2.1", near6: "2001:db8:400::", far: "198.51.100.9", far6: "2001:db8:99::9" };

const lab = testLab({
  // The third has no card outside: all that its workloads send there goes by a gateway host.
  hosts: { host1: {}, host2: {}, host3: { isOnWire: false } },
  networks: {
    outer: {
      vlan: VLAN,
      subnets: ["192.0.2.0/24", "2001:db8:400::/64"],
      attributes: { "router:external": true },
    },
    red: { subnets: ["10.1.0.0/24", "fd00:1::/64"] },
    blue: { subnets: ["10.2.0.0/24"] },
  },
  workloads: {
    red1: { kind: "container", host: "host1", network: "red" },
    red2: { kind: "container", host: "host2", network: "red" },
    red3: { kind: "container", host: "host3", network: "red" },
    blue1: { kind: "container", host: "host1", network: "blue" },
    blue3: { kind: "container", host: "host3", network: "blue" },
  },
});

const ALL = ["red1", "red2", "red3", "blue1", "blue3"];
let outside: Workload;
let router = "";
let gateway: Ip[] = [];
let gatewayMac = "";

test("a router gets its way outside", async () => {
  const group = await defaultGroup(lab());
  for (const ethertype of ["IPv4", "IPv6"]) await addRule(lab(), group, { ethertype });
  outside = await startOutside(lab(), {
    vlan: VLAN,
    addresses: [`${WORLD.near}/24`, `${WORLD.near6}/64`],
    beyond: [`${WORLD.far}/32`, `${WORLD.far6}/128`],
  });
  router = await addRouter(lab(), "router", ["red", "blue"]);
  gateway = await setGateway(lab(), router, "outer");
  const [port] = await lab().neutron.list("port", { device_id: router, device_owner: "network:router_gateway" });
  gatewayMac = port?.mac_address ?? "";
  const via = gateway.find((each) => each.includes(":")) ?? "";
  await mustIn(`${lab().name}-outside`, ["ip", "-6", "route", "add", "fd00:1::/64", "via", via]);
});

after(async () => {
  await outside?.stop();
  await removeNetns(`${lab().name}-outside`);
});

const world = (...ips: string[]) => ({ workload: outside, ips: ips.map((each) => ip(each)) });
const workloads = (names: readonly string[]) => names.map((name) => lab().workload(name));

/** Within the moment that a change takes. */
async function reached(
  from: readonly Workload[],
  to: { workload: Workload; ips: readonly Ip[] }[],
  tests?: readonly ReachTest[],
): Promise<void> {
  let lines: string[] = [];
  for (let attempt = 0; attempt < 4; attempt++) {
    lines = failures(await reach(from, to, tests ?? ["ping", "tcp"]));
    if (lines.length === 0) return;
  }
  assert.deepEqual(lines, []);
}

const canPing = async (from: Workload, address: string) =>
  (await from.run(`busybox ping -q -c 1 -W 1 ${address}`)).code === 0;

/** As whom the world sees a workload. */
async function seenAs(name: string): Promise<string> {
  const netns = `${lab().name}-outside`;
  const capture = mustIn(netns, ["tcpdump", "-lnni", "eth0", "-c", "1", `icmp and dst ${WORLD.far}`], {
    timeoutMs: 10_000,
  });
  await new Promise((resolve) => setTimeout(resolve, 500)); // tcpdump needs a moment to open the device
  await lab().workload(name).run(`busybox ping -c 3 -i 0.2 ${WORLD.far}`);
  return /IP ([\d.]+) >/.exec(await capture)?.[1] ?? "";
}

test("everybody reaches the world under the router's address", async () => {
  await gatewayHost(lab(), gatewayMac);
  await reached(workloads(ALL), [world(WORLD.near, WORLD.far)], ["ping", "tcp", "transfer"]);
  const [address] = gateway.filter((each) => !each.includes(":"));
  for (const name of ["red1", "red3", "blue3"]) assert.equal(await seenAs(name), address, name);
});

test("the world reaches the router's address, and nobody behind it", async () => {
  assert.equal(await canPing(outside, gateway[0] ?? ""), true);
  const { code } = await outside.run(`busybox timeout 2 busybox wget -q -O - http://${gateway[0]}/name`);
  assert.notEqual(code, 0);
});

test("IPv6 goes both ways without NAT", async () => {
  const red = ["red1", "red2", "red3"];
  await reached(workloads(red), [world(WORLD.far6)]);
  await reached(
    [outside],
    red.map((name) => {
      const { workload, ips } = lab().target(name);
      return { workload, ips: ips.filter((each) => each.includes(":")) };
    }),
  );
});

const floating = new Map<string, { id: string; ip: Ip }>();
const behind = (name: string) => ({ workload: lab().workload(name), ips: [floating.get(name)?.ip as Ip] });

test("floating IPs lead to workloads, on hosts with a card outside and without", async () => {
  for (const name of ["red1", "red3", "blue1"]) {
    const { id, floating_ip_address } = await addFloatingIp(lab(), "outer", name);
    floating.set(name, { id, ip: floating_ip_address as Ip });
  }
  await reached([outside], [...floating.keys()].map(behind), ["ping", "tcp", "transfer"]);
  await reached(workloads([...floating.keys()]), [world(WORLD.far)], ["ping", "tcp", "transfer"]);
  for (const [name, { ip: own }] of floating) assert.equal(await seenAs(name), own, name);
});

const untilActive = (what: string, ask: () => Promise<{ status?: unknown }>) =>
  until(`${what} to be ACTIVE`, async () => {
    const { status } = await ask();
    if (status !== "ACTIVE") throw new Error(`it is ${status}`);
    return true;
  });

test("their hosts have said that they work, and so have those of the router's ends", async () => {
  for (const [name, { id }] of floating)
    await untilActive(`the floating IP of ${name}`, () => lab().neutron.show("floatingip", id));
  const ends = await lab().neutron.list("port", { device_id: router });
  assert.ok(ends.length >= 3);
  for (const { id, device_owner } of ends) await untilActive(`${device_owner}`, () => lab().neutron.show("port", id));
});

test("and from inside too: hairpin", async () => {
  await reached(workloads(["red2", "blue3", "red1", "red3"]), [...floating.keys()].map(behind));
});

test("a floating IP that moves to another port leads there", async () => {
  const moved = floating.get("red1") as { id: string; ip: Ip };
  await lab().neutron.update("floatingip", moved.id, { port_id: lab().entry("red2").port.id });
  floating.delete("red1");
  floating.set("red2", moved);
  await reached([outside], [behind("red2")]);
  assert.equal(await seenAs("red2"), moved.ip);
  assert.notEqual(await seenAs("red1"), moved.ip);
});

test("forwarded ports of one address lead to several workloads", async () => {
  const { id, floating_ip_address } = await addFloatingIp(lab(), "outer", null);
  const rows = [
    { name: "red1", external_port: 8001 },
    { name: "blue3", external_port: 8003 },
  ];
  for (const { name, external_port } of rows) {
    const { port } = lab().entry(name);
    const internal_ip_address = port.fixed_ips.find(({ ip_address }) => !ip_address.includes(":"))?.ip_address;
    await lab().neutron.request("POST", `/v2.0/floatingips/${id}/port_forwardings`, {
      port_forwarding: {
        protocol: "tcp",
        internal_port_id: port.id,
        internal_ip_address,
        internal_port: 80,
        external_port,
      },
    });
  }
  for (const { name, external_port } of rows) {
    for (const from of [outside, lab().workload("red3")]) {
      await until(`${from.name} to reach ${name} at port ${external_port}`, async () => {
        const url = `http://${floating_ip_address}:${external_port}/name`;
        const { stdout } = await from.run(`busybox timeout 3 busybox wget -q -O - ${url}`);
        if (stdout.trim() !== name) throw new Error(`it got "${stdout}"`);
        return true;
      });
    }
  }
});

test("without SNAT the world is reached by nobody's own address", async () => {
  await setGateway(lab(), router, "outer", { enable_snat: false });
  await until("no answer", async () => {
    if (await canPing(lab().workload("blue3"), WORLD.far)) throw new Error("there still is one");
    return true;
  });
  const [address] = gateway.filter((each) => !each.includes(":"));
  await mustIn(`${lab().name}-outside`, ["ip", "route", "add", "10.2.0.0/24", "via", `${address}`]);
  await reached(workloads(["blue3"]), [world(WORLD.far)]);
  await reached([outside], [{ workload: lab().workload("blue3"), ips: lab().target("blue3").ips }]);
  await mustIn(`${lab().name}-outside`, ["ip", "route", "del", "10.2.0.0/24"]);
  await setGateway(lab(), router, "outer", { enable_snat: true });
  await reached(workloads(["blue3"]), [world(WORLD.far)]);
});

test("a host that has an address of its own outside needs no gateway host for its workloads' IPv4", async () => {
  const [own] = gateway.filter((each) => !each.includes(":"));
  const first = await gatewayHost(lab(), gatewayMac);
  const [host, name] = first === "host1" ? ["host2", "red2"] : ["host1", "red1"];
  const moved = floating.get(name);
  if (moved !== undefined) await lab().neutron.update("floatingip", moved.id, { port_id: null });
  floating.delete(name);
  const port = await lab().neutron.create("port", {
    network_id: lab().networks.get("outer")?.network.id,
    device_owner: "cable:snat",
    "binding:host_id": host,
  });
  const address = port.fixed_ips.find(({ ip_address }) => !ip_address.includes(":"))?.ip_address;
  await until("it to be in force", async () => {
    const { status } = await lab().neutron.show("port", port.id);
    if (status !== "ACTIVE") throw new Error(`it is ${status}`);
    return true;
  });
  assert.equal(await seenAs(name), address);
  assert.equal(await seenAs("blue3"), own, "others leave by the gateway host as before");
  await reached(workloads([name, "blue3"]), [world(WORLD.far)], ["ping", "tcp", "transfer"]);
  await lab().neutron.delete("port", port.id);
  await reached(workloads([name]), [world(WORLD.far)]);
  assert.equal(await seenAs(name), own);
});

const TAKEOVER_MS = 3_000;

test("a gateway host that dies is replaced within seconds", async () => {
  const first = await gatewayHost(lab(), gatewayMac);
  const other = first === "host1" ? "host2" : "host1";
  await reached(workloads(["blue3"]), [world(WORLD.far)], ["ping"]);
  await lab().host(first).killAgent();
  // The host itself: what it has in its kernel would go on.
  await mustIn(lab().host(first).netns, ["ip", "link", "set", "eth0", "down"]);
  const diedMs = performance.now();
  while (!(await canPing(lab().workload("blue3"), WORLD.far)) && performance.now() - diedMs < 10_000);
  const tookMs = performance.now() - diedMs;
  assert.ok(tookMs < TAKEOVER_MS, `it took ${Math.round(tookMs)} ms`);
  assert.equal(await gatewayHost(lab(), gatewayMac), other);
  await mustIn(lab().host(first).netns, ["ip", "link", "set", "eth0", "up"]);
  await lab().host(first).startAgent();
  await reached(workloads(ALL), [world(WORLD.near, WORLD.far)]);
  assert.equal(await gatewayHost(lab(), gatewayMac), other, "it stays where it is");
});

test("an agent that dies alone is replaced, too, and its host's kernel does not answer beside the new one", async () => {
  const first = await gatewayHost(lab(), gatewayMac);
  await lab().host(first).killAgent();
  await until("another host to be the gateway", async () => {
    if ((await gatewayHost(lab(), gatewayMac)) === first) throw new Error("none is yet");
    return true;
  });
  await new Promise((resolve) => setTimeout(resolve, 3_000)); // as long as the lease of the dead one lasts
  for (let round = 0; round < 5; round++) {
    await mustIn(`${lab().name}-outside`, ["ip", "neigh", "flush", "dev", "eth0"]);
    assert.equal(await canPing(lab().workload("blue3"), WORLD.far), true, `round ${round}`);
  }
  await lab().host(first).startAgent();
  await reached(workloads(ALL), [world(WORLD.near, WORLD.far)]);
});

test("nothing changes when all is computed afresh", () => settled(lab()));
