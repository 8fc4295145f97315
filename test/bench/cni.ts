/** CNI ADD as a container runtime sees it, whole process, up to and at 110 containers on one host; then the agent at rest. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { callCni, Lab, makeNetns, removeNetns, uniqueName } from "../kit/mod.ts";
import { median, percentile, type Row, row, spread } from "./row.ts";

const PODS = 110;
const REST_PORTS = 200;
const REST_SECONDS = 20;
const NETWORK = "bench";

interface Container {
  netns: string;
  containerId: string;
  config: { port: string };
}

async function makeContainers(lab: Lab, tag: string, count: number): Promise<Container[]> {
  const network_id = lab.networks.get(NETWORK)?.network.id;
  const ports = Array.from({ length: count }, () => ({
    network_id,
    "binding:host_id": "a",
    device_owner: "cable:container",
  }));
  const reply = (await lab.neutron.request("POST", "/v2.0/ports", { ports })) as { ports: { id: string }[] };
  return Promise.all(
    reply.ports.map(async ({ id }, i) => {
      const netns = `${tag}-${i}`;
      await makeNetns(netns);
      return { netns, containerId: netns, config: { port: id } };
    }),
  );
}

async function timed(lab: Lab, command: "ADD" | "DEL", container: Container): Promise<number> {
  const began = performance.now();
  const outcome = await callCni(lab.host("a"), { ...container, command });
  const tookMs = performance.now() - began;
  if (outcome.code !== 0) throw new Error(`CNI ${command} failed: ${outcome.stdout}`);
  return tookMs;
}

/** CPU seconds that a process has used, and its resident size. */
function usage(pid: number): { cpuSeconds: number; residentMiB: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const TICKS_PER_SECOND = 100;
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    residentMiB: Number(resident) / 1024,
  };
}

async function atRest(lab: Lab, log: (line: string) => void): Promise<Row[]> {
  log(`the agent at rest for ${REST_SECONDS} s`);
  const { pid } = lab.host("a").agent();
  await sleep(3000);
  const before = usage(pid);
  await sleep(REST_SECONDS * 1000);
  const after = usage(pid);
  const cpuPercent = ((after.cpuSeconds - before.cpuSeconds) / REST_SECONDS) * 100;
  return [
    row(`agent at rest with ${REST_PORTS} ports: resident memory`, after.residentMiB, "MiB", { atMost: 120 }),
    row(`agent at rest with ${REST_PORTS} ports: CPU`, cpuPercent, "%", { atMost: 1 }),
  ];
}

export async function cniBench(log: (line: string) => void): Promise<Row[]> {
  const tag = uniqueName("cbc");
  const lab = await Lab.start(tag, {
    hosts: { a: {} },
    networks: { [NETWORK]: { subnets: ["10.9.0.0/16", "fd00:9::/64"] } },
    workloads: {},
  });
  const containers: Container[] = [];
  try {
    log(`making ${REST_PORTS} ports and namespaces`);
    containers.push(...(await makeContainers(lab, tag, REST_PORTS)));
    log(`CNI ADD of ${PODS} containers, one after the other`);
    for (const container of containers.slice(0, PODS)) await timed(lab, "ADD", container);
    const times: number[] = [];
    const last = containers[PODS - 1] as Container;
    for (let i = 0; i < 100; i++) {
      await timed(lab, "DEL", last);
      times.push(await timed(lab, "ADD", last));
    }
    log("the others, all at once");
    const began = performance.now();
    const together = await Promise.all(containers.slice(PODS).map((container) => timed(lab, "ADD", container)));
    const allMs = performance.now() - began;
    return [
      row(
        `CNI ADD at ${PODS} containers, whole process: median`,
        median(times),
        "ms",
        { atMost: 15 },
        `spread ${spread(times)}`,
      ),
      row(`CNI ADD at ${PODS} containers, whole process: 99th percentile`, percentile(times, 0.99), "ms", {
        atMost: 50,
      }),
      row(
        `CNI ADD of ${together.length} containers at once: all ready after`,
        allMs / 1000,
        "s",
        { atMost: 3 },
        `median ${median(together).toFixed(0)} ms`,
      ),
      ...(await atRest(lab, log)),
    ];
  } finally {
    for (const container of containers) {
      await callCni(lab.host("a"), { ...container, command: "DEL" });
      await removeNetns(container.netns);
    }
    await lab.down();
  }
}
