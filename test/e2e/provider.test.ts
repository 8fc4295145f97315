/** A VLAN provider network: the wire is the network, and what is on it besides Cable belongs to it too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../../model/mod.ts";
import {
  addRule,
  defaultGroup,
  failures,
  mustIn,
  REACH_TESTS,
  reach,
  reachLines,
  removeNetns,
  settled,
  startMachine,
  testLab,
} from "../kit/mod.ts";

const VLAN = 300;
const OTHER_VLAN = 301;

const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: {
    wire: { subnets: ["10.3.0.0/24", "fd03::/64"], vlan: VLAN },
    // The same prefixes behind another tag: nothing but the tag keeps them apart.
    twin: { subnets: ["10.3.0.0/24", "fd03::/64"], vlan: OTHER_VLAN },
  },
  workloads: {
    a: { kind: "container", host: "host1", network: "wire" },
    b: { kind: "container", host: "host2", network: "wire" },
    c: { kind: "container", host: "host1", network: "wire" },
    stranger: { kind: "container", host: "host2", network: "twin" },
  },
});

test("workloads of a provider network reach each other on one host and across hosts", async () => {
  assert.deepEqual(failures(await lab().reach()), []);
});

test("across hosts they speak with the network's tag on the wire, and without a tunnel", async () => {
  const host = lab().host("host2");
  const mac = lab().entry("a").port.mac_address;
  const filter = `ether src ${mac} and vlan ${VLAN} and icmp`;
  const capture = mustIn(host.netns, ["tcpdump", "-nei", "eth0", "-c", "3", "-Q", "in", filter], { timeoutMs: 10_000 });
  await new Promise((resolve) => setTimeout(resolve, 500)); // tcpdump needs a moment to open the device
  await lab()
    .workload("a")
    .run(`busybox ping -c 5 -i 0.2 ${lab().target("b").ips[0]}`);
  for (const line of (await capture).trim().split("\n")) assert.match(line, /802\.1Q.*echo request/);
});

test("another network with the same prefixes is another network", async () => {
  const cells = await reach([lab().workload("stranger")], [lab().target("a")], ["ping"]);
  assert.deepEqual(reachLines(cells), ["stranger → a IPv4 ping no", "stranger → a IPv6 ping no"]);
});

test("a machine on the wire that Cable knows nothing of is reached, and reaches once a rule lets it in", async () => {
  const netns = `${lab().name}-router`;
  const port = { id: "router", mac_address: "02:00:00:00:03:01" };
  const { wire, directory } = lab();
  const addresses = ["10.3.0.1/24", "fd03::1/64"];
  const router = await startMachine({ name: "router", netns, directory, wire, vlan: VLAN, port, addresses });
  const outside = { workload: router, ips: [ip("10.3.0.1"), ip("fd03::1")] };
  const inside = ["a", "b"].map((name) => lab().target(name));
  const outwards = () =>
    reach(
      inside.map(({ workload }) => workload),
      [outside],
    );
  assert.deepEqual(failures(await outwards()), [], "out to all, and its answers in");
  const refused = await reach([router], inside, ["ping"]);
  assert.deepEqual(failures(refused), reachLines(refused), "in from its own members only");
  const group = await defaultGroup(lab());
  await addRule(lab(), group, { remote_ip_prefix: "10.3.0.1/32" });
  await addRule(lab(), group, { ethertype: "IPv6", remote_ip_prefix: "fd03::1/128" });
  for (const host of lab().hosts.values()) await host.inStep();
  const cells = [...(await reach([router], inside)), ...(await outwards())];
  assert.equal(cells.length, 4 * 2 * REACH_TESTS.length);
  assert.deepEqual(failures(cells), []);
  await router.stop();
  await removeNetns(netns);
});

test("nothing changes when all is computed afresh", () => settled(lab()));
