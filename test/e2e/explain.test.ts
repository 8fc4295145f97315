/** `cable trace`, `flows`, `drops`, `vif` and `route` on three hosts: what they say, and that packets then do it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { DropsAnswer, FlowFacts, Ip, TraceAnswer, TraceStep, VifFacts } from "../../model/mod.ts";
import {
  addFloatingIp,
  addGroup,
  addRouter,
  addRule,
  defaultGroup,
  run,
  setGateway,
  settled,
  startOutside,
  testLab,
  until,
  updateRouter,
  type Workload,
} from "../kit/mod.ts";

const CABLE = join(import.meta.dirname, "../../cable");
const VLAN = 410;
const FAR = "203.0.113.7";

const lab = testLab({
  hosts: { host1: {}, host2: {}, host3: { isOnWire: false } },
  networks: {
    outer: { vlan: VLAN, subnets: ["192.0.2.0/24"], attributes: { "router:external": true } },
    red: { subnets: ["10.1.0.0/24", "fd00:1::/64"] },
    blue: { subnets: ["10.2.0.0/24", "fd00:2::/64"] },
  },
  workloads: {
    red1: { kind: "container", host: "host1", network: "red" },
    red2: { kind: "container", host: "host2", network: "red" },
    red3: { kind: "container", host: "host3", network: "red" },
    blue1: { kind: "container", host: "host1", network: "blue" },
    blue3: { kind: "container", host: "host3", network: "blue" },
  },
});

let outside: Workload;
let router = "";
let group = "";

/** Runs the command on a host, as its operator would. */
async function cable(
  host: string,
  ...words: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [command = "", ...more] = words;
  return run([CABLE, command, "--socket", lab().host(host).socket, ...more], { timeoutMs: 30_000 });
}

async function said<T>(host: string, ...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await cable(host, ...words, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

const addressOf = (name: string, family: 4 | 6 = 4) =>
  lab()
    .target(name)
    .ips.find((each) => each.includes(":") === (family === 6)) as Ip;
const portOf = (name: string) => lab().entry(name).port.id;

/** The packet's own run, from a workload on a host. */
async function traced(host: string, from: string, ...words: string[]): Promise<TraceAnswer> {
  return said<TraceAnswer>(host, "trace", "--port", portOf(from), ...words);
}

const stepsOf = ({ runs }: TraceAnswer) => runs.findLast(({ what }) => what === "packet")?.steps ?? [];
const kindsOf = (answer: TraceAnswer) => stepsOf(answer).map(({ kind }) => kind);
const stepOf = <K extends TraceStep["kind"]>(answer: TraceAnswer, kind: K) =>
  stepsOf(answer).find((step) => step.kind === kind) as Extract<TraceStep, { kind: K }>;
const dropOf = (answer: TraceAnswer) => stepOf(answer, "dropped")?.reason;

const pings = async (from: Workload, to: string) => (await from.run(`busybox ping -q -c 1 -W 1 ${to}`)).code === 0;

test("the lab gets a router with a way outside, and open groups", async () => {
  group = await defaultGroup(lab());
  for (const ethertype of ["IPv4", "IPv6"]) await addRule(lab(), group, { ethertype });
  outside = await startOutside(lab(), { vlan: VLAN, addresses: ["192.0.2.1/24"], beyond: [`${FAR}/32`] });
  router = await addRouter(lab(), "router", ["red", "blue"]);
  await setGateway(lab(), router, "outer");
  await until("the world to be reached", async () => {
    if (await pings(lab().workload("red1"), FAR)) return true;
    throw new Error("not yet");
  });
});

test("a packet to the same network on another host: its next hop is asked, and the other host says the rest", async () => {
  for (const family of [4, 6] as const) {
    const to = addressOf("red2", family);
    const answer = await traced("host1", "red1", "--to", to, "--tcp", "80");
    assert.equal(answer.problem, null);
    assert.equal(answer.runs[0]?.steps.find((step) => step.kind === "answered")?.ip, to);
    const kinds = ["parsed", "flow", "source", "switched", "policy", "kept", "encapsulated", "sent"];
    assert.deepEqual(kindsOf(answer), kinds);
    const policy = stepOf(answer, "policy");
    assert.equal(policy.by, "rule");
    assert.equal(policy.rule?.group, group);
    const rules = await lab().neutron.list("security_group_rule", { security_group_id: group, direction: "egress" });
    assert.ok(rules.some(({ id }) => id === policy.rule?.id));
    const { vni, host } = stepOf(answer, "encapsulated");
    assert.equal(answer.labels[host], "host2");
    const frame = answer.runs.at(-1)?.frame ?? "";
    const there = await said<TraceAnswer>(
      "host2",
      ...["trace", "--in", "tunnel", "--vni", `${vni}`, "--peer", answer.tunnelIp, "--frame", frame],
    );
    assert.deepEqual(kindsOf(there), ["parsed", "flow", "switched", "policy", "kept", "local", "sent"]);
    assert.equal(stepOf(there, "local").port, portOf("red2"));
    assert.equal(await pings(lab().workload("red1"), to), true);
  }
});

test("a routed packet, on its own host and to another one", async () => {
  const here = await traced("host1", "red1", "--to", addressOf("blue1"), "--udp", "53");
  assert.equal(stepOf(here, "routed").router, router);
  assert.equal(stepOf(here, "local").port, portOf("blue1"));
  const both = stepsOf(here).filter((step) => step.kind === "policy");
  assert.deepEqual(
    both.map(({ direction, by }) => `${direction} ${by}`),
    ["egress rule", "ingress rule"],
  );
  const there = await traced("host1", "red1", "--to", addressOf("blue3", 6), "--icmp");
  assert.equal(there.labels[stepOf(there, "encapsulated").host], "host3");
  assert.equal(dropOf(await traced("host1", "red1", "--to", addressOf("blue1"), "--ttl", "1")), "ttl");
});

test("to the world: by NAT from the router's host, by way of it from another, and by a floating IP", async () => {
  const answers = await Promise.all(
    (["host1", "host2", "host3"] as const).map((host, at) => traced(host, `red${at + 1}`, "--to", FAR, "--tcp", "443")),
  );
  const [first, second, third] = answers as [TraceAnswer, TraceAnswer, TraceAnswer];
  const here = [first, second].filter((answer) => kindsOf(answer).includes("outside"));
  assert.equal(here.length, 1, "one of the two hosts with a card is the gateway");
  const nat = stepOf(here[0] as TraceAnswer, "nat");
  assert.match(nat.from.ip, /^192\.0\.2\./);
  assert.equal(stepOf(here[0] as TraceAnswer, "sent").device.length > 0, true);
  assert.match(third.labels[stepOf(third, "gateway").host ?? ""] ?? "", /^host[12]$/);
  const { floating_ip_address: floating } = await addFloatingIp(lab(), "outer", "red1");
  await until("it to be in force", async () => {
    const answer = await traced("host1", "red1", "--to", FAR);
    if (stepOf(answer, "nat")?.from.ip === floating) return true;
    throw new Error(JSON.stringify(kindsOf(answer)));
  });
  const outer = lab().networks.get("outer")?.network.id ?? "";
  const words = ["--in", "wire", "--network", outer, "--from", "192.0.2.1", "--to", floating, "--tcp", "22"];
  const inwards = await said<TraceAnswer>("host1", "trace", ...words);
  assert.deepEqual(
    [stepOf(inwards, "nat")?.to.ip, stepOf(inwards, "local")?.port],
    [addressOf("red1"), portOf("red1")],
  );
  assert.equal(await pings(outside, floating), true);
});

test("what would be dropped is dropped, and counted for that reason", async () => {
  const closed = await addGroup(lab(), "closed", [], { keepsEgress: true });
  await lab().neutron.update("port", portOf("red2"), { security_groups: [closed] });
  const blocked = await until("its host to drop it", async () => {
    const frame = await traced("host1", "red1", "--to", addressOf("red2"));
    const { vni } = stepOf(frame, "encapsulated");
    const words = ["--in", "tunnel", "--vni", `${vni}`, "--peer", frame.tunnelIp, "--frame"];
    const answer = await said<TraceAnswer>("host2", "trace", ...words, frame.runs.at(-1)?.frame ?? "");
    if (dropOf(answer) !== "policy_ingress") throw new Error(JSON.stringify(kindsOf(answer)));
    return answer;
  });
  assert.deepEqual(stepOf(blocked, "policy").groups, [closed]);
  assert.match(blocked.reasons.policy_ingress?.advice ?? "", /rule/);
  const count = async () => {
    const { drops } = await said<DropsAnswer>("host2", "drops");
    return drops.find(({ port, reason }) => port === portOf("red2") && reason === "policy_ingress")?.packets ?? 0;
  };
  const before = await count();
  assert.equal(await pings(lab().workload("red1"), addressOf("red2")), false);
  const following = run(["timeout", "5", CABLE, "drops", "--follow", "--socket", lab().host("host2").socket]);
  const again = `busybox ping -q -c 8 -i 0.5 -W 1 ${addressOf("red2")}`;
  assert.notEqual((await lab().workload("red1").run(again)).code, 0);
  assert.match((await following).stdout, /^\d\d:\d\d:\d\d {2}red2 .* policy_ingress {2}[\d.]+\/s$/m);
  assert.ok((await count()) > before);
  await lab().neutron.update("port", portOf("red2"), { security_groups: [group] });

  const rows: [reason: string, host: string, from: string, words: string[]][] = [
    [
      "spoofed_ip",
      "host1",
      "red1",
      ["--from", "10.1.0.99", "--to", addressOf("red2"), "--to-mac", "fa:16:3e:00:00:01"],
    ],
    ["spoofed_mac", "host1", "red1", ["--from-mac", "fa:16:3e:00:00:01", "--to", "255.255.255.255", "--udp", "1"]],
    ["dst_unknown", "host1", "red1", ["--to", "10.1.0.99", "--to-mac", "fa:16:3e:00:00:01"]],
    ["host_unknown", "host1", "red1", ["--to", "10.2.0.99"]],
    ["too_big", "host1", "red1", ["--to", addressOf("blue1"), "--bytes", "3000"]],
  ];
  for (const [reason, host, from, words] of rows)
    assert.equal(dropOf(await traced(host, from, ...words)), reason, words.join(" "));
  const nobody = await traced("host1", "red1", "--to", "10.1.0.99");
  assert.match(nobody.problem ?? "", /nobody answers for 10\.1\.0\.99/);
  await updateRouter(lab(), router, { admin_state_up: false });
  await until("the router to be down", async () => {
    const answer = await traced("host3", "red3", "--to", addressOf("blue3"));
    if (dropOf(answer) === "router_down") return true;
    throw new Error(JSON.stringify(kindsOf(answer)));
  });
  await updateRouter(lab(), router, { admin_state_up: true });
  await until("the router to be up again", async () => {
    if (await pings(lab().workload("red1"), addressOf("blue1"))) return true;
    throw new Error("not yet");
  });
});

test("flows, ports and routers are shown as they are", async () => {
  const three = `busybox ping -q -c 3 -i 0.2 ${addressOf("blue1")}`;
  assert.equal((await lab().workload("red1").run(three)).code, 0);
  const all = (await cable("host1", "flows", "--json", "--port", "red1")).stdout.trim().split("\n");
  const flows = all.slice(1).map((line) => JSON.parse(line) as FlowFacts);
  const flow = flows.find(({ to, there }) => to.ip === addressOf("blue1") && there.packets === 3);
  assert.ok(flow, all.join("\n"));
  assert.deepEqual(
    [flow.protocol, flow.from.ip, flow.came],
    [1, addressOf("red1"), { kind: "port", port: portOf("red1") }],
  );
  assert.deepEqual(flow.there.to, { kind: "port", port: portOf("blue1") });
  assert.deepEqual([flow.state, flow.back?.packets], ["answered", 3]);
  const ping = `busybox ping -q -c 1 ${FAR}`;
  assert.equal((await lab().workload("red1").run(ping)).code, 0);
  const table = (await cable("host1", "flows", "--port", portOf("red1"))).stdout;
  assert.match(table, /PROTOCOL .*\n/);
  assert.match(table, /icmp .* 192\.0\.2\.\d+:\d+ -> 203\.0\.113\.7:\d+/);

  const { vif } = await said<{ vif: VifFacts & { ips: string[] } }>("host1", "vif", portOf("red1").slice(0, 8));
  assert.deepEqual(
    [vif.port, vif.policy?.groups, vif.ips.includes(addressOf("red1"))],
    [portOf("red1"), [group], true],
  );
  assert.ok(vif.flags.includes("port_security"));
  assert.match((await cable("host1", "vif")).stdout, new RegExp(`${portOf("blue1").slice(0, 8)}`));

  const routes = (await cable("host1", "route", router)).stdout;
  assert.match(routes, /route +10\.2\.0\.0\/24 +connected/);
  assert.match(routes, /route +0\.0\.0\.0\/0 +outside 192\.0\.2\.\d+/);
  assert.match(routes, /gateway .*snat/);
});

test("errors say what to do", async () => {
  const none = await run([CABLE, "vif", "--socket", "/nowhere.sock"]);
  assert.deepEqual([none.code, /Is the agent running/.test(none.stderr)], [1, true], none.stderr);
  const unknown = await cable("host1", "vif", "red2");
  assert.match(unknown.stderr, /no port "red2"; near that are: .*red1/);
  const wrong = await cable("host1", "trace", "--port", "red1", "--to", "nowhere");
  assert.match(wrong.stderr, /to is no IP address: nowhere/);
  assert.equal((await cable("host1", "trace", "--tcp", "many")).code, 2);
});

test("everything stays as it is over restarts of the agents", () => settled(lab()));
