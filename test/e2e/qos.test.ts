/** QoS on hosts: limits of ports and floating IPs in both directions, for UDP and TCP and both families, and the DSCP mark. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { buildNetload, type Path, startServer, untilCarrying } from "../bench/netload.ts";
import { FLOOD, type Kind, rateNow, SMALL_FLOOD, steadyRates, streams } from "../bench/steady.ts";
import {
  type Attributes,
  addFloatingIp,
  addQosPolicy,
  addQosRule,
  addRouter,
  addRule,
  defaultGroup,
  mustIn,
  ofFamily,
  type Running,
  setGateway,
  settled,
  testLab,
  until,
} from "../kit/mod.ts";

const container = (host: string) => ({ kind: "container" as const, host, network: "tenant" });
const lab = testLab({
  hosts: { host1: {}, host2: {} },
  networks: {
    outer: { vlan: 400, subnets: ["192.0.2.0/24"], attributes: { "router:external": true } },
    tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] },
  },
  workloads: { client: container("host1"), near: container("host1"), far: container("host2") },
});

const MEGABIT = 1e6 / 8;

const servers: Running[] = [];
test("without a policy nothing is limited", async () => {
  await buildNetload();
  for (const name of ["near", "far"])
    servers.push(startServer(lab().entry(name).netns, join(lab().directory, "netload.log")));
  await untilCarrying(pathTo("far"), servers[1] as Running);
  await untilCarrying(pathTo("near"), servers[0] as Running);
  assert.ok((await steadyRate(pathTo("far"), streams(1), 1, 2)) > 60 * MEGABIT);
});
after(async () => {
  for (const server of servers) await server.stop();
});

function pathTo(
  name: string,
  family: 4 | 6 = 4,
  serverIp: string = ofFamily(lab().target(name).ips, family) ?? "",
): Path {
  return { name, clientNetns: lab().entry("client").netns, serverNetns: lab().entry(name).netns, serverIp };
}

const setPolicy = (workload: string, qos_policy_id: string | null) =>
  lab().neutron.update("port", lab().entry(workload).port.id, { qos_policy_id });

async function policyOf(...rules: [Parameters<typeof addQosRule>[2], Attributes][]): Promise<string> {
  const policy = await addQosPolicy(lab(), "policy");
  for (const [type, attributes] of rules) await addQosRule(lab(), policy, type, attributes);
  return policy;
}

/** What the host's data plane says of limits now has so many entries. */
const limitsInForce = (host: string, count: number) =>
  until(`${count} limits to be in force on ${host}`, async () => {
    const lines = await lab().host(host).dump();
    return lines.filter((line) => line.startsWith("limits[")).length === count ? true : undefined;
  });

async function steadyRate(path: Path, kind: Kind, warmUpSeconds: number, seconds: number): Promise<number> {
  const [rate] = await steadyRates(path, kind, warmUpSeconds, seconds, 1);
  return rate ?? 0;
}

/** Of the limit; wide, since the machine may be busy. SPEC.md's figure is the bench's to hold. */
function assertNear(rate: number, limit: number, what: string): void {
  const part = rate / limit;
  assert.ok(part > 0.75 && part < 1.2, `${what}: ${part.toFixed(3)} of the limit`);
}

const SECONDS = 4;
const WARM_UP_SECONDS = 2;
const limited: [Kind, 4 | 6, direction: "egress" | "ingress", server: string][] = [
  [FLOOD, 4, "egress", "far"],
  [streams(1), 6, "egress", "far"],
  [FLOOD, 6, "ingress", "far"],
  [streams(2), 4, "ingress", "far"],
  [FLOOD, 4, "ingress", "near"],
];
for (const [kind, family, direction, server] of limited) {
  test(`${direction} is limited: ${kind.name} over IPv${family}, to ${server}`, async () => {
    const [workload, host] = direction === "egress" ? ["client", "host1"] : [server, lab().entry(server).spec.host];
    await setPolicy(workload, await policyOf(["bandwidth_limit", { max_kbps: 20_000, direction }]));
    await limitsInForce(host, 1);
    assertNear(await steadyRate(pathTo(server, family), kind, WARM_UP_SECONDS, SECONDS), 20 * MEGABIT, kind.name);
    await setPolicy(workload, null);
    await limitsInForce(host, 0);
  });
}

test("a limit that is changed, and taken away, holds for what runs", async () => {
  const policy = await addQosPolicy(lab(), "changing");
  const rule = await addQosRule(lab(), policy, "bandwidth_limit", { max_kbps: 10_000, direction: "egress" });
  await setPolicy("client", policy);
  await limitsInForce("host1", 1);
  const path = pathTo("far");
  const kind = streams(1);
  const loading = kind.start(path, 18);
  await sleep(WARM_UP_SECONDS * 1000);
  assertNear(await rateNow(path, kind, SECONDS), 10 * MEGABIT, "at first");
  await lab().neutron.request("PUT", rule, { bandwidth_limit_rule: { max_kbps: 30_000 } });
  await sleep(WARM_UP_SECONDS * 1000);
  assertNear(await rateNow(path, kind, SECONDS), 30 * MEGABIT, "changed");
  await lab().neutron.request("DELETE", rule);
  await limitsInForce("host1", 0);
  await sleep(1000);
  const free = await rateNow(path, kind, 2);
  assert.ok(free > 60 * MEGABIT, `without a limit ${free / MEGABIT} Mbit/s`);
  await loading;
  await setPolicy("client", null);
});

test("packets are limited by their number", async () => {
  await setPolicy("client", await policyOf(["packet_rate_limit", { max_kpps: 2, direction: "egress" }]));
  await limitsInForce("host1", 1);
  assertNear(await steadyRate(pathTo("far"), SMALL_FLOOD, WARM_UP_SECONDS, SECONDS), 2000, "2 kpps");
  const { id } = lab().entry("client").port;
  const { vif } = (await lab().host("host1").ask(`/v1/vifs/${id}`)) as { vif: { qos?: object } };
  assert.deepEqual(vif.qos, { egress: { kpps: { max: 2, burst: 2 } } });
  await setPolicy("client", null);
  await limitsInForce("host1", 0);
});

test("what a network's policy says holds for its ports, until one has its own", async () => {
  const id = lab().networks.get("tenant")?.network.id ?? "";
  const mine = await policyOf(["bandwidth_limit", { max_kbps: 5_000, direction: "ingress" }]);
  const whole = await policyOf(["bandwidth_limit", { max_kbps: 20_000, direction: "egress" }]);
  await lab().neutron.update("network", id, { qos_policy_id: whole });
  await limitsInForce("host1", 2);
  await limitsInForce("host2", 1);
  await setPolicy("near", mine);
  const line = await until("the port's own limit", async () =>
    (await lab().host("host1").dump()).find((each) => each.startsWith("limits[") && each.includes("direction=1")),
  );
  assert.match(line, /bytes=\{cost=/);
  await setPolicy("near", null);
  await lab().neutron.update("network", id, { qos_policy_id: null });
  await limitsInForce("host1", 0);
});

/** The traffic class of an echo request as it arrives. */
async function classSeen(family: 4 | 6): Promise<string> {
  const to = ofFamily(lab().target("far").ips, family) ?? "";
  const filter = family === 4 ? "icmp[0] == 8" : "icmp6 and ip6[40] == 128";
  const command = ["tcpdump", "-nlvi", "eth0", "-c", "1", "-Q", "in", filter];
  const capture = mustIn(lab().entry("far").netns, command, { timeoutMs: 20_000 });
  await sleep(500); // tcpdump needs a moment to open the device
  await lab().workload("client").run(`busybox ping -q -c 3 -i 0.2 -W 3 ${to}`);
  const text = await capture;
  return /\((?:tos|class) (0x[0-9a-f]+)/.exec(text)?.[1] ?? "0x0";
}

test("the receiver sees the sender's DSCP mark, and none once it is taken away", async () => {
  const policy = await policyOf(["dscp_marking", { dscp_mark: 46 }]);
  await setPolicy("client", policy);
  const classes = async () => [await classSeen(4), await classSeen(6)];
  await until("the mark to be set", async () => ((await classSeen(4)) === "0xb8" ? true : undefined));
  assert.deepEqual(await classes(), ["0xb8", "0xb8"]);
  await setPolicy("client", null);
  await until("the mark to be gone", async () => ((await classSeen(4)) === "0x0" ? true : undefined));
  assert.deepEqual(await classes(), ["0x0", "0x0"]);
});

test("a floating IP has limits of its own, in both directions, and its port's other traffic none", async () => {
  await addRule(lab(), await defaultGroup(lab()), {});
  const router = await addRouter(lab(), "router", ["tenant"]);
  await setGateway(lab(), router, "outer");
  await addFloatingIp(lab(), "outer", "client");
  const floating = await addFloatingIp(lab(), "outer", "far");
  const path = pathTo("far", 4, floating.floating_ip_address);
  await untilCarrying(path, servers[1] as Running);
  const policy = await policyOf(["bandwidth_limit", { max_kbps: 20_000, direction: "ingress" }]);
  await lab().neutron.update("floatingip", floating.id, { qos_policy_id: policy });
  await limitsInForce("host2", 1);
  assertNear(await steadyRate(path, FLOOD, WARM_UP_SECONDS, SECONDS), 20 * MEGABIT, "by the floating IP");
  const direct = await steadyRate(pathTo("far"), streams(1), 1, 2);
  assert.ok(direct > 60 * MEGABIT, `by its own address ${direct / MEGABIT} Mbit/s`);
  await addQosRule(lab(), policy, "bandwidth_limit", { max_kbps: 10_000, direction: "egress" });
  await limitsInForce("host2", 2);
});

test("in the end all is as it should be", () => settled(lab()));
