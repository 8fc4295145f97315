/**
 * How far what QoS limits let pass is from the limit: bandwidth in both directions, of a UDP flood and of TCP streams, and
 * packet rates. Counted from when the burst is used up, in bytes as they are on the wire from the Ethernet header on.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addQosPolicy, addQosRule, Lab, uniqueName } from "../kit/mod.ts";
import { buildNetload, type Path, startServer, untilCarrying } from "./netload.ts";
import { median, type Row, row } from "./row.ts";
import { FAST_FLOOD, FLOOD, type Kind, SMALL_FLOOD, steadyRates, streams } from "./steady.ts";

const SECONDS = 4;
/** The median of so many times that counts: a sender that gets no CPU for a while has its burst again, and may. */
const TIMES = 3;
/** The default burst is 0.8 s worth, and TCP that lost packets when it ended needs a moment to find its pace. */
const WARM_UP_SECONDS = 3;
/** Until a changed policy is in force; it takes some milliseconds. */
const CHANGE_MS = 500;
const PROMISED = { atMost: 0.05 };

interface Case {
  limit: string;
  rule: ["bandwidth_limit", { max_kbps: number }] | ["packet_rate_limit", { max_kpps: number }];
  /** What the limit is in a second, in units of the kinds' amounts. */
  perSecond: number;
  kinds: Kind[];
}

const bandwidth = (megabits: number, kinds: Kind[]): Case => ({
  limit: `${megabits} Mbit/s`,
  rule: ["bandwidth_limit", { max_kbps: megabits * 1000 }],
  perSecond: (megabits * 1e6) / 8,
  kinds,
});
const packets = (max_kpps: number): Case => ({
  limit: `${max_kpps} kpps`,
  rule: ["packet_rate_limit", { max_kpps }],
  perSecond: max_kpps * 1000,
  kinds: [SMALL_FLOOD],
});

const CASES: readonly Case[] = [
  bandwidth(10, [FLOOD, streams(1), streams(4)]),
  bandwidth(100, [FLOOD, streams(1), streams(4)]),
  bandwidth(1000, [FAST_FLOOD, streams(1), streams(4)]),
  packets(1),
  packets(10),
];

/** The limit lies on the sender for egress, on the receiver for ingress. */
async function measureCase(lab: Lab, limited: Case, direction: "egress" | "ingress", path: Path): Promise<Row[]> {
  const portId = lab.entry(direction === "egress" ? "client" : "server").port.id;
  const policy = await addQosPolicy(lab, `${limited.limit} ${direction}`);
  const [type, attributes] = limited.rule;
  await addQosRule(lab, policy, type, { ...attributes, direction });
  await lab.neutron.update("port", portId, { qos_policy_id: policy });
  await sleep(CHANGE_MS);
  const rows: Row[] = [];
  for (const kind of limited.kinds) {
    const part = median(await steadyRates(path, kind, WARM_UP_SECONDS, SECONDS, TIMES)) / limited.perSecond;
    const name = `${limited.limit} ${direction}, ${kind.name}: off by`;
    rows.push(row(name, Math.abs(part - 1), "x", PROMISED, `passes ${part.toFixed(3)} of the limit`));
  }
  await lab.neutron.update("port", portId, { qos_policy_id: null });
  await sleep(CHANGE_MS);
  return rows;
}

export async function qosBench(log: (line: string) => void): Promise<Row[]> {
  await buildNetload();
  const directory = await mkdtemp(join(tmpdir(), "cable-bench-"));
  log("making cable");
  const container = (host: string) => ({ kind: "container" as const, host, network: "bench" });
  const lab = await Lab.start(uniqueName("cbq"), {
    hosts: { a: {}, b: {} },
    networks: { bench: { subnets: ["10.9.0.0/24"] } },
    workloads: { client: container("a"), server: container("b") },
  });
  const path: Path = {
    name: "across hosts",
    clientNetns: lab.entry("client").netns,
    serverNetns: lab.entry("server").netns,
    serverIp: lab.target("server").ips[0] ?? "",
  };
  const server = startServer(path.serverNetns, join(directory, "netload.log"));
  try {
    await untilCarrying(path, server);
    const rows: Row[] = [];
    for (const limited of CASES) {
      for (const direction of ["egress", "ingress"] as const) {
        log(`${limited.limit} ${direction}`);
        rows.push(...(await measureCase(lab, limited, direction, path)));
      }
    }
    return rows;
  } finally {
    await server.stop();
    await lab.down();
    await rm(directory, { recursive: true });
  }
}
