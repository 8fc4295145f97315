/** What an agent does with a hundred thousand endpoints: how long others wait for it, and what its restart costs packets. */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type Host, type Lab, runIn, until } from "../kit/mod.ts";
import { type Row, row } from "./row.ts";

const PINGS = 10_000;

/** The longest that an agent's socket took to answer while `work` went on, in milliseconds. */
async function longestWait(host: Host, work: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  let longestMs = 0;
  const asking = (async () => {
    while (!isOver) {
      const beganMs = performance.now();
      await host.ask("/v1/status");
      longestMs = Math.max(longestMs, performance.now() - beganMs);
      await sleep(5);
    }
  })();
  await work();
  isOver = true;
  await asking;
  return longestMs;
}

/** The first port of a network on a host that knew nothing of it. */
async function joining(lab: Lab, host: string, network: string, endpoints: number): Promise<Row> {
  const join = async () => {
    await lab.addWorkload("late", { kind: "container", host, network });
    const known = async () => {
      const status = (await lab.host(host).ask("/v1/status")) as { endpoints: number };
      return status.endpoints >= endpoints || undefined;
    };
    await until("all endpoints", known, { timeoutMs: 60_000 });
    await lab.host(host).inStep();
  };
  const waitMs = await longestWait(lab.host(host), join);
  const what = `a host joins a network of ${endpoints} endpoints: longest wait for its agent`;
  return row(what, waitMs, "ms", { atMost: 1_000 });
}

async function restart(lab: Lab, from: string, to: string, endpoints: number): Promise<Row> {
  const host = lab.host(lab.entry(from).spec.host);
  const ping = `busybox ping -q -i 0.001 -c ${PINGS} ${lab.target(to).ips[0]}`;
  const pings = runIn(lab.entry(from).netns, ["busybox", "sh", "-c", ping], { timeoutMs: 120_000 });
  const UNDER_WAY_MS = 500;
  await sleep(UNDER_WAY_MS);
  await host.killAgent();
  const beganMs = performance.now();
  await host.startAgent();
  const tookMs = performance.now() - beganMs;
  const received = Number(/(\d+) packets received/.exec((await pings).stdout)?.[1] ?? Number.NaN);
  const note = `of ${PINGS} pings at 1 kHz; in step again after ${(tookMs / 1000).toFixed(1)} s`;
  return row(
    `agent killed and started with ${endpoints} endpoints: packets lost`,
    PINGS - received,
    "",
    { atMost: 0 },
    note,
  );
}

/** `from` and `to` are workloads of one host, `other` is a host without a port in their network. */
export async function agentRows(
  lab: Lab,
  { from, to, other, endpoints }: { from: string; to: string; other: string; endpoints: number },
): Promise<Row[]> {
  const lost = await restart(lab, from, to, endpoints);
  return [lost, await joining(lab, other, lab.entry(from).spec.network, endpoints)];
}
