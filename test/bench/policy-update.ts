/**
 * How soon a change of security groups is in force: from the API call until a datagram that it lets pass is answered on
 * every one of three hosts. A prober on one of them sends to a target on each every half millisecond.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tapName } from "../../model/mod.ts";
import { addGroup, addRule, ipBatch, Lab, type Running, uniqueName, until } from "../kit/mod.ts";
import { awaitAnswer, buildNetload, PORT, startServer } from "./netload.ts";
import { fillHost, ghostHost, mixedRules } from "./policy-fill.ts";
import { median, percentile, type Row, row, spread } from "./row.ts";

const HOSTS = ["a", "b", "c"];
const PORTS = 1_000;
const RULES = 1_000;
/** Of the group with other groups among the ports: each has all the rules. */
const COMBINATIONS = 10;
const MEMBERS = 10_000;
const ADDRESSES = 1_000;
const TRIES = 40;
const NETWORK = "bench";
/** Answers are let in by the group that lets the question in: nothing is closed before all have it. */
const OPEN = { protocol: "udp", port_range_min: PORT, port_range_max: PORT };

interface Bed {
  lab: Lab;
  /** The group of the thousand ports and of the targets, which is the one with the rules. */
  group: string;
  /** Of the prober alone: no rule names it. */
  own: string;
  /** Named by a rule: a group with ten thousand ports of another host, and an address group. */
  members: string;
  addresses: string;
  servers: Running[];
}

/** What is changed to let the prober in, and how that is undone. */
interface Change {
  make(): Promise<unknown>;
  undo(): Promise<unknown>;
}

/** The devices of virtual machines as Nova makes them. */
async function plugTaps(lab: Lab, host: string, ports: readonly { id: string }[]): Promise<void> {
  const devices = ports.map(({ id }) => tapName(id));
  await ipBatch(
    lab.host(host).netns,
    devices.map((name) => `tuntap add dev ${name} mode tap`),
  );
}

async function untilActive(lab: Lab, network_id: string, count: number): Promise<void> {
  await until(
    `${count} ports to be in force`,
    async () => {
      const active = await lab.neutron.list("port", { network_id, status: "ACTIVE", fields: "id" });
      if (active.length < count) throw new Error(`${active.length} are`);
      return true;
    },
    { timeoutMs: 120_000, everyMs: 500 },
  );
}

async function makeBed(log: (line: string) => void): Promise<Bed> {
  const container = (host: string) => ({ kind: "container" as const, host, network: NETWORK });
  const targets = Object.fromEntries(HOSTS.map((host) => [`target-${host}`, container(host)]));
  const lab = await Lab.start(uniqueName("cbp"), {
    hosts: Object.fromEntries(HOSTS.map((host) => [host, {}])),
    networks: { [NETWORK]: { subnets: ["10.8.0.0/14"] } },
    workloads: { prober: container("a"), ...targets },
  });
  const network_id = lab.networks.get(NETWORK)?.network.id ?? "";
  const [group, members, own] = [
    await addGroup(lab, "group", []),
    await addGroup(lab, "members", []),
    await addGroup(lab, "prober", []),
  ];
  log(`${RULES} rules, ${PORTS} ports with devices, ${MEMBERS} members`);
  await mixedRules(lab, group, RULES);
  const addresses = await addAddresses(lab);
  await addRule(lab, group, { remote_group_id: members, ...OPEN });
  await addRule(lab, group, { remote_address_group_id: addresses, ...OPEN });
  for (let n = 0; n < COMBINATIONS; n++) {
    const groups = [group, await addGroup(lab, `also-${n}`, [])];
    for (const host of HOSTS) {
      const count = Math.ceil(PORTS / HOSTS.length / COMBINATIONS);
      await plugTaps(lab, host, await fillHost(lab, { network_id, host, count, groups }));
    }
  }
  await fillHost(lab, { network_id, host: await ghostHost(lab), count: MEMBERS, groups: [members] });
  for (const host of HOSTS) await setGroups(lab, `target-${host}`, [group]);
  await setGroups(lab, "prober", [own]);
  await untilActive(lab, network_id, PORTS);
  const servers = HOSTS.map((host) => {
    const { netns } = lab.entry(`target-${host}`);
    return startServer(netns, join(lab.directory, "netload.log"));
  });
  return { lab, group, own, members, addresses, servers };
}

/** An address group with addresses that nobody has. */
async function addAddresses(lab: Lab): Promise<string> {
  const addresses = Array.from({ length: ADDRESSES }, (_, n) => `198.18.${n >> 8}.${n & 255}/32`);
  const body = { name: "addresses", addresses };
  return (await lab.neutron.create("address_group", body)).id;
}

function setGroups(lab: Lab, workload: string, security_groups: string[]): Promise<unknown> {
  return lab.neutron.update("port", lab.entry(workload).port.id, { security_groups });
}

/** Milliseconds from the call until the last of the hosts answers. */
async function oneTry({ lab }: Bed, change: Change): Promise<number> {
  const prober = lab.entry("prober").netns;
  const answers = HOSTS.map((host) => awaitAnswer(prober, lab.target(`target-${host}`).ips[0] ?? ""));
  const PROBERS_STARTED_MS = 60;
  await sleep(PROBERS_STARTED_MS);
  const beganNs = process.hrtime.bigint();
  const [, ...answeredNs] = await Promise.all([change.make(), ...answers]);
  const last = Math.max(...answeredNs.map((ns) => Number(ns - beganNs)));
  await change.undo();
  const UNDONE_MS = 300;
  await sleep(UNDONE_MS);
  return last / 1e6;
}

async function measure(bed: Bed, what: string, change: Change, atMost: number): Promise<Row> {
  const times: number[] = [];
  await oneTry(bed, change); // the first one also warms every program up
  while (times.length < TRIES) times.push(await oneTry(bed, change));
  const note = `95th percentile ${percentile(times, 0.95).toFixed(1)} ms; spread ${spread(times)}`;
  return row(`policy update, ${what}: median`, median(times), "ms", { atMost }, note);
}

function changesOf({ lab, group, own, members, addresses }: Bed) {
  const { port } = lab.entry("prober");
  let rule = "";
  return {
    rule: {
      make: async () => {
        rule = await addRule(lab, group, OPEN);
      },
      undo: () => lab.neutron.delete("security_group_rule", rule),
    },
    member: {
      make: () => setGroups(lab, "prober", [members]),
      undo: () => setGroups(lab, "prober", [own]),
    },
    address: {
      make: () => changeAddresses(lab, addresses, "add", port.fixed_ips[0]?.ip_address ?? ""),
      undo: () => changeAddresses(lab, addresses, "remove", port.fixed_ips[0]?.ip_address ?? ""),
    },
  };
}

function changeAddresses(lab: Lab, group: string, what: "add" | "remove", ip: string): Promise<unknown> {
  const body = { addresses: [`${ip}/32`] };
  return lab.neutron.request("PUT", `/v2.0/address-groups/${group}/${what}_addresses`, body);
}

export async function policyUpdateBench(log: (line: string) => void): Promise<Row[]> {
  await buildNetload();
  const bed = await makeBed(log);
  try {
    const { rule, member, address } = changesOf(bed);
    log(`${TRIES} tries of each`);
    const place = `${HOSTS.length} hosts`;
    return [
      await measure(bed, `a rule added to a group of ${RULES} rules and ${PORTS} ports on ${place}`, rule, 200),
      await measure(bed, `a member added to a group of ${MEMBERS}, seen by ${place}`, member, 50),
      await measure(bed, `an address added to an address group of ${ADDRESSES}, seen by ${place}`, address, 200),
    ];
  } finally {
    for (const server of bed.servers) await server.stop();
    await bed.lab.down();
  }
}
