/** Mirrors on three hosts: to a tap port here and elsewhere and to a collector, in both families, without loops, as ports come and go. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Attributes,
  failures,
  makeNetns,
  mustIn,
  ofFamily,
  reach,
  removeNetns,
  settled,
  startContainer,
  testLab,
  until,
} from "../kit/mod.ts";

const lab = testLab({
  hosts: { host1: {}, host2: {}, host3: {} },
  networks: {
    tenant: { subnets: ["10.0.0.0/24", "fd00:1::/64"] },
    watch: { subnets: ["10.9.0.0/24"] },
  },
  workloads: {
    client: { kind: "container", host: "host1", network: "tenant" },
    near: { kind: "container", host: "host1", network: "tenant" },
    far: { kind: "container", host: "host2", network: "tenant" },
    ids1: { kind: "container", host: "host1", network: "watch" },
    ids3: { kind: "container", host: "host3", network: "watch" },
  },
});

const portOf = (name: string) => lab().entry(name).port;
const at = (name: string, family: 4 | 6) => ofFamily(lab().target(name).ips, family) ?? assert.fail(name);
const SNIFF_MS = 20_000;

interface Counters {
  mirroredPackets: number;
  tappedPackets: number;
  drops: Record<string, number>;
}
const counters = async (name: string) => {
  const { host } = lab().entry(name).spec;
  return (
    (await lab()
      .host(host)
      .ask(`/v1/ports/${portOf(name).id}`)) as { counters: Counters }
  ).counters;
};

/** What tcpdump tells of the first packets that come in meanwhile. */
async function sniffed(netns: string, filter: string, count: number, act: () => Promise<unknown>): Promise<string> {
  const what = ["tcpdump", "-nlvvi", "eth0", "-c", String(count), "-Q", "in", filter];
  const capture = mustIn(netns, what, { timeoutMs: SNIFF_MS });
  await sleep(500); // tcpdump needs a moment to open the device
  await act();
  return capture;
}

/** Echoes, as "10.0.0.2 > 10.0.0.3 request". */
async function seen(netns: string, filter: string, count: number, act: () => Promise<unknown>): Promise<string[]> {
  const text = await sniffed(netns, filter, count, act);
  const found = [...text.matchAll(/([0-9a-f.:]+) > ([0-9a-f.:]+): .*ICMP6?,? echo (request|reply)/g)];
  return found.map(([, from, to, kind]) => `${from} > ${to} ${kind}`);
}

const PINGS = 3;
const ping = (from: string, to: string, family: 4 | 6) =>
  lab()
    .workload(from)
    .run(`busybox ping -q -c ${PINGS} -i 0.2 -W 3 ${at(to, family)}`);
const echoes = (from: string, to: string, family: 4 | 6) => {
  const [a, b] = [at(from, family), at(to, family)];
  return Array.from({ length: PINGS }, () => [`${a} > ${b} request`, `${b} > ${a} reply`]);
};
const ICMP = "icmp[icmptype] == 8 or icmp[icmptype] == 0 or (icmp6 and (ip6[40] == 128 or ip6[40] == 129))";

async function addService(name: string): Promise<string> {
  return (await lab().neutron.create("tap_service", { name, port_id: portOf(name).id })).id;
}

/** Resolves when it is in force. */
async function addFlow(service: string, source: string, direction: string, more: Attributes = {}): Promise<string> {
  const about = { tap_service_id: service, source_port: portOf(source).id, direction, ...more };
  const { id } = await lab().neutron.create("tap_flow", about);
  await untilStatus(id, "ACTIVE");
  return id;
}

const untilStatus = (flow: string, wanted: string) =>
  until(`the flow to be ${wanted}`, async () => (await lab().neutron.show("tap_flow", flow)).status === wanted);

const removeFlow = (id: string) => lab().neutron.delete("tap_flow", id);
let here = "";
let there = "";

test("services are in force with their ports", async () => {
  here = await addService("ids1");
  there = await addService("ids3");
  for (const id of [here, there]) assert.equal((await lab().neutron.show("tap_service", id)).status, "ACTIVE");
});

for (const [where, tap, peer] of [
  ["on the same host, of traffic within it", "ids1", "near"],
  ["on the same host, of traffic to another", "ids1", "far"],
  ["on another host, of traffic within the first", "ids3", "near"],
  ["on another host, of traffic to a third", "ids3", "far"],
] as const) {
  test(`a port is mirrored to a tap ${where}: in, out and both, of both families`, async () => {
    for (const direction of ["IN", "OUT", "BOTH"]) {
      const flow = await addFlow(tap === "ids1" ? here : there, "client", direction);
      for (const family of [4, 6] as const) {
        const wanted = echoes("client", peer, family).flatMap(([request, reply]) =>
          direction === "IN" ? [reply] : direction === "OUT" ? [request] : [request, reply],
        );
        const got = await seen(lab().entry(tap).netns, ICMP, wanted.length, () => ping("client", peer, family));
        assert.deepEqual(got.sort(), wanted.sort(), `${direction} IPv${family}`);
      }
      await removeFlow(flow);
    }
  });
}

test("large transfers pass beside their copies, and come whole", async () => {
  const flows = [await addFlow(here, "client", "BOTH"), await addFlow(there, "client", "BOTH")];
  const before = await counters("client");
  const cells = await reach([lab().workload("client")], [lab().target("near"), lab().target("far")]);
  assert.deepEqual(failures(cells), []);
  const after = await counters("client");
  assert.ok(after.mirroredPackets > before.mirroredPackets);
  assert.deepEqual(after.drops, before.drops, "no copy was lost, and nothing else");
  for (const flow of flows) await removeFlow(flow);
});

test("ports that mirror each other, and taps that are mirrored, make no loop", async () => {
  const [toClient, toNear] = [await addService("client"), await addService("near")];
  const flows = [
    await addFlow(toClient, "near", "BOTH"),
    await addFlow(toNear, "client", "BOTH"),
    await addFlow(here, "client", "BOTH"),
    await addFlow(there, "ids1", "BOTH"),
  ];
  const names = ["client", "near", "ids1", "ids3"];
  const before = await Promise.all(names.map(counters));
  await ping("client", "near", 4);
  await sleep(1_000);
  const after = await Promise.all(names.map(counters));
  const moved = names.map((name, i) => {
    const [was, is] = [before[i], after[i]] as [Counters, Counters];
    return [name, is.mirroredPackets - was.mirroredPackets, is.tappedPackets - was.tappedPackets] as const;
  });
  // Each of the six packets and a few of ARP and neighbour discovery, once for each flow that it is in.
  const most = 4 * (2 * PINGS + 20);
  for (const [name, mirrored, tapped] of moved)
    assert.ok(mirrored <= most && tapped <= most, `${name} ${mirrored} ${tapped}`);
  const [client, near, , ids3] = moved.map(([, mirrored, tapped]) => ({ mirrored, tapped }));
  assert.ok(client !== undefined && client.mirrored >= 2 * 2 * PINGS && client.tapped >= 2 * PINGS);
  assert.ok(near !== undefined && near.mirrored >= 2 * PINGS);
  assert.ok(ids3 !== undefined && ids3.tapped < 2 * PINGS, "copies to a mirrored tap are not copied again");
  for (const flow of flows) await removeFlow(flow);
  for (const service of [toClient, toNear]) await lab().neutron.delete("tap_service", service);
});

test("copies follow a tap port that moves to another host, and stop when it dies", async () => {
  const flow = await addFlow(here, "client", "BOTH");
  const { workload, port, netns } = lab().entry("ids1");
  await workload.stop();
  lab().workloads.delete("ids1");
  await untilStatus(flow, "DOWN");
  assert.deepEqual(failures(await reach([lab().workload("client")], [lab().target("near")])), []);
  await lab().neutron.update("port", port.id, { "binding:host_id": "host2" });
  const common = { name: "ids1", directory: lab().directory, port };
  const moved = await startContainer({ ...common, netns, host: lab().host("host2") });
  lab().workloads.set("ids1", {
    workload: moved,
    spec: { kind: "container", host: "host2", network: "watch" },
    port,
    netns,
  });
  await untilStatus(flow, "ACTIVE");
  const wanted = echoes("client", "near", 4).flat();
  const got = await seen(netns, ICMP, wanted.length, () => ping("client", "near", 4));
  assert.deepEqual(got.sort(), wanted.sort());
  await lab().removeWorkload("ids1");
  await assert.rejects(lab().neutron.show("tap_flow", flow), /404/, "it goes with its service, and that with its port");
  const before = await counters("client");
  await ping("client", "near", 4);
  assert.equal((await counters("client")).mirroredPackets, before.mirroredPackets);
});

/** A machine in the underlay that is no host of ours. */
async function startCollector(): Promise<{ netns: string; ips: string[] }> {
  const netns = `${lab().name}-collector`;
  await makeNetns(netns);
  await lab().wire.plug({ netns, name: "eth0" });
  const { ip4, ip6 } = lab().host("host1").underlay;
  const ips = [ip4.replace(/\d+$/, "200"), ip6.replace(/[^:]+$/, "200")];
  await mustIn(netns, ["ip", "addr", "add", `${ips[0]}/24`, "dev", "eth0"]);
  await mustIn(netns, ["ip", "addr", "add", `${ips[1]}/64`, "dev", "eth0", "nodad"]);
  return { netns, ips };
}

test("a port mirrored to a collector is in tunnels of its own, until the mirror goes", async () => {
  const { netns, ips } = await startCollector();
  after(() => removeNetns(netns));
  for (const [index, remote_ip] of ips.entries()) {
    const directions = { IN: 70_001 + index * 10, OUT: 70_002 + index * 10 };
    const about = { port_id: portOf("client").id, directions, remote_ip, mirror_type: "vxlan" };
    const mirror = await lab().neutron.create("tap_mirror", about);
    await lab().host("host1").inStep();
    const text = await sniffed(netns, "udp port 4789", 2 * PINGS, () => ping("client", "far", 4));
    const found = [...text.matchAll(/vni (\d+)\n[^\n]*\n? *([0-9.]+) > ([0-9.]+): ICMP echo (request|reply)/g)];
    const wanted = echoes("client", "far", 4).flatMap(([request, reply]) => [
      `${directions.OUT} ${request}`,
      `${directions.IN} ${reply}`,
    ]);
    assert.deepEqual(found.map(([, vni, from, to, kind]) => `${vni} ${from} > ${to} ${kind}`).sort(), wanted.sort());
    await lab().neutron.delete("tap_mirror", mirror.id);
  }
  const gone = async () => (await lab().host("host1").dump()).every((line) => !line.startsWith("mirrors["));
  await until("the mirrors to be gone", gone);
});

test("it settles", async () => {
  await settled(lab());
});
