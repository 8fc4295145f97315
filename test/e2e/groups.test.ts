/** Security groups on three hosts: who reaches a server as its groups change, and what runs already changes with them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Attributes,
  addGroup,
  addRule,
  failures,
  ofFamily,
  REACH_TESTS,
  reach,
  reachLines,
  settled,
  startStream,
  testLab,
  until,
} from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {}, host2: {}, host3: {} },
  networks: { tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] } },
  workloads: {
    server: { kind: "container", host: "host1", network: "tenant" },
    friend: { kind: "container", host: "host1", network: "tenant" },
    peer: { kind: "container", host: "host2", network: "tenant" },
    stranger: { kind: "container", host: "host3", network: "tenant" },
  },
});

const CLIENTS = ["friend", "peer", "stranger"] as const;
type Client = (typeof CLIENTS)[number];
const FAMILIES = ["IPv4", "IPv6"] as const;
type Cell = `${(typeof FAMILIES)[number]} ${"ping" | "tcp"}`;
const EVERYTHING: Cell[] = ["IPv4 ping", "IPv4 tcp", "IPv6 ping", "IPv6 tcp"];

const groups = new Map<string, string>();
const groupOf = (name: string) => groups.get(name) ?? assert.fail(`no group ${name}`);
const setGroups = (workload: string, names: string[], more: Attributes = {}) =>
  lab().neutron.update("port", lab().entry(workload).port.id, { security_groups: names.map(groupOf), ...more });

/** What the server's group lets in is these rules, from now on. */
async function serverRules(rules: Attributes[], group = "web"): Promise<void> {
  const id = groupOf(group);
  const old = await lab().neutron.list("security_group_rule", { security_group_id: id, direction: "ingress" });
  for (const rule of old) await lab().neutron.delete("security_group_rule", rule.id);
  for (const rule of rules) await addRule(lab(), id, rule);
}

/** Who reaches the server by ping and TCP, as a table; at once, or within the moment that a change takes. */
async function serves(reachable: Partial<Record<Client, Cell[]>>): Promise<void> {
  const expected = CLIENTS.flatMap((client) =>
    EVERYTHING.map((cell) => `${client} → server ${cell} ${reachable[client]?.includes(cell) ? "yes" : "no"}`),
  ).sort();
  const from = CLIENTS.map((name) => lab().workload(name));
  const ask = async () => reachLines(await reach(from, [lab().target("server")], ["ping", "tcp"]));
  let seen: string[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    seen = await ask();
    if (seen.join() === expected.join()) return;
  }
  assert.deepEqual(seen, expected);
}

const both = (rule: Attributes): Attributes[] => FAMILIES.map((ethertype) => ({ ethertype, ...rule }));

test("in the default group everyone reaches everyone", async () => {
  assert.deepEqual(failures(await lab().reach([...REACH_TESTS])), []);
});

test("a group without a rule lets nobody in, and its members out, with their answers", async () => {
  groups.set("web", await addGroup(lab(), "web", []));
  groups.set("clients", await addGroup(lab(), "clients", []));
  groups.set("strangers", await addGroup(lab(), "strangers", both({ protocol: null })));
  await setGroups("server", ["web"]);
  await setGroups("friend", ["clients"]);
  await setGroups("peer", ["clients"]);
  await setGroups("stranger", ["strangers"]);
  await serves({});
  const outwards = await reach([lab().workload("server")], [lab().target("stranger")]);
  assert.deepEqual(failures(outwards), []);
});

test("a remote group lets in its members, whatever host they are on", async () => {
  await serverRules(both({ remote_group_id: groupOf("clients") }));
  await serves({ friend: EVERYTHING, peer: EVERYTHING });
  await setGroups("stranger", ["strangers", "clients"]);
  await setGroups("friend", ["strangers"]);
  await serves({ peer: EVERYTHING, stranger: EVERYTHING });
  await setGroups("stranger", ["strangers"]);
  await setGroups("friend", ["clients"]);
});

test("a prefix lets in its addresses", async () => {
  const { ips } = lab().target("stranger");
  await serverRules([
    { remote_ip_prefix: `${ofFamily(ips, 4)}/32` },
    { ethertype: "IPv6", remote_ip_prefix: "fd00:1::/64", protocol: "tcp" },
  ]);
  const six: Cell[] = ["IPv6 tcp"];
  await serves({ friend: six, peer: six, stranger: ["IPv4 ping", "IPv4 tcp", ...six] });
});

test("ICMP types are told apart, and so are ports", async () => {
  await serverRules([
    { protocol: "icmp", port_range_min: 8 },
    { protocol: "tcp", port_range_min: 1, port_range_max: 79 },
    { ethertype: "IPv6", protocol: "ipv6-icmp", port_range_min: 129 },
    { ethertype: "IPv6", protocol: "tcp", port_range_min: 79, port_range_max: 443 },
  ]);
  const cells: Cell[] = ["IPv4 ping", "IPv6 tcp"];
  await serves({ friend: cells, peer: cells, stranger: cells });
});

test("without state answers need a rule of their own", async () => {
  const rules = both({ protocol: "tcp", port_range_min: 80, port_range_max: 80 });
  groups.set("stateless", await addGroup(lab(), "stateless", rules, { stateful: false, keepsEgress: false }));
  await setGroups("server", ["stateless"]);
  await serves({});
  for (const rule of both({ direction: "egress", protocol: "tcp" })) await addRule(lab(), groupOf("stateless"), rule);
  const cells: Cell[] = ["IPv4 tcp", "IPv6 tcp"];
  await serves({ friend: cells, peer: cells, stranger: cells });
  await setGroups("server", ["web"]);
});

test("a rule that is removed stops a running connection, and one that is added lets it go on", async () => {
  await serverRules(both({ remote_group_id: groupOf("clients") }));
  await serves({ friend: EVERYTHING, peer: EVERYTHING });
  const stream = await startStream({
    directory: lab().directory,
    from: lab().entry("peer").netns,
    to: lab().entry("server").netns,
    address: ofFamily(lab().target("server").ips, 4) as never,
  });
  await sleep(500);
  const before = await refused();
  await serverRules([]);
  await until("the connection's packets to be refused", async () => ((await refused()) > before ? true : undefined));
  await sleep(2_000);
  await serverRules(both({ remote_group_id: groupOf("clients") }));
  await sleep(5_000);
  const { bytes, wrong, longestGapMs, error } = await stream.finish();
  assert.deepEqual({ wrong, error }, { wrong: 0, error: "" });
  assert.ok(longestGapMs > 1_900, `the longest gap was ${longestGapMs} ms`);
  assert.ok(bytes > 1 << 20, `only ${bytes} bytes came`);
});

/** Packets to the server that no rule let in. */
async function refused(): Promise<number> {
  const state = (await lab()
    .host("host1")
    .ask(`/v1/ports/${lab().entry("server").port.id}`)) as {
    counters: { drops: Record<string, number> };
  };
  return state.counters.drops.policy_ingress ?? 0;
}

test("without port security everything passes, and without a group nothing", async () => {
  await setGroups("server", [], { port_security_enabled: false });
  await serves({ friend: EVERYTHING, peer: EVERYTHING, stranger: EVERYTHING });
  await setGroups("server", [], { port_security_enabled: true });
  await serves({});
  const outwards = await reach([lab().workload("server")], [lab().target("stranger")], ["ping"]);
  assert.deepEqual(failures(outwards), reachLines(outwards));
});

test("nothing changes when all is computed afresh", () => settled(lab()));
