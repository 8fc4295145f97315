/** Routers on three hosts: between networks, within a host and across, to what lies behind a workload, and their own words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Family, ipFamily } from "../../model/mod.ts";
import {
  addRouter,
  changeInterfaces,
  failures,
  ipBatch,
  mustIn,
  ofFamily,
  REACH_TESTS,
  type ReachCell,
  type ReachTest,
  reach,
  reachLines,
  runIn,
  settled,
  testLab,
  until,
  updateRouter,
} from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {}, host2: {}, host3: {} },
  networks: {
    red: { subnets: ["10.1.0.0/24", "fd00:1::/64"] },
    blue: { subnets: ["10.2.0.0/24", "fd00:2::/64"] },
    green: { subnets: ["10.3.0.0/24", "fd00:3::/64"] },
  },
  workloads: {
    red1: { kind: "container", host: "host1", network: "red" },
    red2: { kind: "container", host: "host2", network: "red" },
    blue1: { kind: "container", host: "host1", network: "blue" },
    blue3: { kind: "container", host: "host3", network: "blue" },
    green2: { kind: "container", host: "host2", network: "green" },
  },
});

const RED = ["red1", "red2"];
const BLUE = ["blue1", "blue3"];
/** Of a network; Neutron's default for IPv6 is the prefix's first address, the subnet-router anycast one. */
const gatewayOf = (network: string, family: Family) =>
  `${
    lab()
      .networks.get(network)
      ?.subnets.find(({ ip_version }) => ip_version === family)?.gateway_ip
  }`;

async function between(one: string[], other: string[], tests?: readonly ReachTest[]): Promise<ReachCell[]> {
  const way = (from: string[], to: string[]) =>
    reach(
      from.map((name) => lab().workload(name)),
      to.map((name) => lab().target(name)),
      tests,
    );
  return (await Promise.all([way(one, other), way(other, one)])).flat();
}

/** Within the moment that a change takes. */
async function becomes(answer: "yes" | "no", one: string[], other: string[]): Promise<void> {
  let cells: ReachCell[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    cells = await between(one, other, ["ping"]);
    if (cells.every(({ ok }) => ok === (answer === "yes"))) return;
  }
  assert.deepEqual(answer === "yes" ? failures(cells) : reachLines(cells.filter(({ ok }) => ok)), []);
}

const untilPing = (name: string, address: string) =>
  until(
    `${name} to reach ${address}`,
    async () => {
      const { code, stdout } = await lab().workload(name).run(`busybox ping -c 1 -W 1 ${address}`);
      if (code === 0) return true;
      throw new Error(stdout);
    },
    { timeoutMs: 10_000 },
  );

/** The addresses that a traceroute names, one a hop. */
async function trace(name: string, address: string): Promise<string[]> {
  const program = ipFamily(address as never) === 4 ? "traceroute" : "traceroute6";
  const { stdout } = await lab().workload(name).run(`busybox ${program} -n -q 1 -w 2 -m 6 ${address}`);
  return stdout
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/)[1] ?? "");
}

const addressOf = (name: string, family: Family) => `${ofFamily(lab().target(name).ips, family)}`;
let router = "";

test("without a router networks are apart", async () => {
  const cells = await between(RED, BLUE, ["ping"]);
  assert.deepEqual(failures(cells), reachLines(cells));
});

test("a router joins them: within a host and across hosts, both ways, in both families", async () => {
  router = await addRouter(lab(), "router", ["red", "blue"]);
  await becomes("yes", RED, BLUE);
  const cells = await between(RED, BLUE);
  assert.equal(cells.length, 8 * 2 * REACH_TESTS.length);
  assert.deepEqual(failures(cells), []);
  assert.deepEqual(failures(await lab().reach(["ping"])), [], "and within each network all is as it was");
});

test("it answers at each of its addresses", async () => {
  for (const name of ["red1", "blue3"])
    for (const network of ["red", "blue"])
      for (const family of [4, 6] as const) await untilPing(name, gatewayOf(network, family));
});

test("it is one hop, and says so", async () => {
  for (const [from, to] of [
    ["red1", "blue1"],
    ["red2", "blue3"],
  ] as const) {
    for (const family of [4, 6] as const) {
      const target = addressOf(to, family);
      assert.deepEqual(await trace(from, target), [gatewayOf("red", family), target]);
    }
  }
});

test("to where it knows no way, and to nobody, it says that there is none", async () => {
  for (const address of ["198.51.100.1", "10.2.0.200", "2001:db8::1", "fd00:2::200"]) {
    const six = address.includes(":");
    const program = six ? "traceroute6" : "traceroute";
    const { stdout } = await lab().workload("red1").run(`busybox ${program} -n -q 1 -w 2 -m 3 ${address}`);
    const last = stdout.trim().split("\n").at(-1) ?? "";
    assert.ok(last.includes(` ${gatewayOf("red", six ? 6 : 4)} `), `what is said of ${address}: ${stdout}`);
    assert.match(last, / ![A-Z0-9<]/, `what is said of ${address}`);
  }
});

test("an extra route leads to what lies behind a workload", async () => {
  const { netns, port } = lab().entry("blue3");
  await ipBatch(netns, ["addr add 10.9.0.1/32 dev lo", "addr add fd00:9::1/128 dev lo"]);
  await mustIn(netns, ["ip", "link", "set", "lo", "up"]);
  await lab().neutron.update("port", port.id, {
    allowed_address_pairs: [{ ip_address: "10.9.0.0/24" }, { ip_address: "fd00:9::/64" }],
  });
  const routes = [
    { destination: "10.9.0.0/24", nexthop: addressOf("blue3", 4) },
    { destination: "fd00:9::/64", nexthop: addressOf("blue3", 6) },
  ];
  await updateRouter(lab(), router, { routes });
  for (const name of ["red1", "red2"]) for (const address of ["10.9.0.1", "fd00:9::1"]) await untilPing(name, address);
  await updateRouter(lab(), router, { routes: [] });
  await until("the route to be gone", async () => {
    const { code } = await lab().workload("red1").run("busybox ping -c 1 -W 1 10.9.0.1");
    return code === 0 ? undefined : true;
  });
});

/** Who answered each of so many connections, one after the other. */
async function answerers(name: string, address: string): Promise<string[]> {
  const host = address.includes(":") ? `[${address}]` : address;
  const get = `busybox timeout 2 busybox wget -q -O - http://${host}/name || true`;
  const { stdout } = await lab().workload(name).run(`for i in $(busybox seq 20); do ${get}; done`);
  return stdout.trim().split("\n");
}

test("several extra routes of one destination share its connections; of one next hop less, the others have them all", async () => {
  for (const name of BLUE) {
    const { netns, port } = lab().entry(name);
    // The first test of these has left the addresses with one of them.
    await runIn(netns, [
      "sh",
      "-c",
      "ip addr add 10.9.0.1/32 dev lo; ip addr add fd00:9::1/128 dev lo; ip link set lo up",
    ]);
    await lab().neutron.update("port", port.id, {
      allowed_address_pairs: [{ ip_address: "10.9.0.0/24" }, { ip_address: "fd00:9::/64" }],
    });
  }
  const routesBy = (names: string[]) =>
    names.flatMap((name) => [
      { destination: "10.9.0.0/24", nexthop: addressOf(name, 4) },
      { destination: "fd00:9::/64", nexthop: addressOf(name, 6) },
    ]);
  await updateRouter(lab(), router, { routes: routesBy(BLUE) });
  for (const name of RED) for (const address of ["10.9.0.1", "fd00:9::1"]) await untilPing(name, address);
  for (const name of RED)
    for (const address of ["10.9.0.1", "fd00:9::1"]) {
      const seen = await answerers(name, address);
      assert.equal(seen.length, 20, "every connection is answered");
      assert.deepEqual([...new Set(seen)].sort(), BLUE, `who answers ${name} at ${address}`);
    }
  await updateRouter(lab(), router, { routes: routesBy(["blue3"]) });
  await until("the last next hop to have them all", async () => {
    const seen = await answerers("red1", "10.9.0.1");
    return seen.every((name) => name === "blue3") || undefined;
  });
  await updateRouter(lab(), router, { routes: [] });
});

test("a second router in a row is a second hop", async () => {
  const { neutron } = lab();
  const second = await addRouter(lab(), "second", ["green"]);
  const [blue4, blue6] = lab().networks.get("blue")?.subnets ?? [];
  const { id, fixed_ips } = await neutron.create("port", {
    network_id: lab().networks.get("blue")?.network.id,
    fixed_ips: [{ subnet_id: blue4?.id }, { subnet_id: blue6?.id }],
  });
  const addresses = fixed_ips.map(({ ip_address }) => ip_address);
  const [end4, end6] = [`${ofFamily(addresses, 4)}`, `${ofFamily(addresses, 6)}`];
  await neutron.request("PUT", `/v2.0/routers/${second}/add_router_interface`, { port_id: id });
  await updateRouter(lab(), router, {
    routes: [
      { destination: "10.3.0.0/24", nexthop: end4 },
      { destination: "fd00:3::/64", nexthop: end6 },
    ],
  });
  await updateRouter(lab(), second, {
    routes: [
      { destination: "10.1.0.0/24", nexthop: gatewayOf("blue", 4) },
      { destination: "fd00:1::/64", nexthop: gatewayOf("blue", 6) },
    ],
  });
  await becomes("yes", RED, ["green2"]);
  assert.deepEqual(failures(await between(RED, ["green2"])), []);
  const [red, green] = [addressOf("red1", 6), addressOf("green2", 4)];
  assert.deepEqual(await trace("red1", green), [gatewayOf("red", 4), end4, green]);
  assert.deepEqual(await trace("green2", red), [gatewayOf("green", 6), gatewayOf("blue", 6), red]);
});

test("a router that is down, and one without the interface, routes nothing", async () => {
  await updateRouter(lab(), router, { admin_state_up: false, routes: [] });
  await becomes("no", RED, BLUE);
  await updateRouter(lab(), router, { admin_state_up: true });
  await becomes("yes", RED, BLUE);
  await changeInterfaces(lab(), router, "red", "remove");
  await becomes("no", RED, BLUE);
  await changeInterfaces(lab(), router, "red", "add");
  await becomes("yes", RED, BLUE);
});

test("nothing changes when all is computed afresh", async () => {
  await settled(lab());
  assert.deepEqual(failures(await between(RED, BLUE, ["ping"])), []);
});
