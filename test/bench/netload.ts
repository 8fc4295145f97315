/** Runs the load generator between two namespaces. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUILD, mustIn, type Running, runIn, start, until } from "../kit/mod.ts";
import { buildProgram } from "./program.ts";

const PROGRAM = join(BUILD, "bench/netload");
export const PORT = 7000;

/**
 * The server stays on one CPU. Tests of latency have their client on the same one: else the scheduler's choice, which
 * changes from one second to the next, doubles or halves the figure. Tests of throughput have theirs on the other.
 */
const SERVER_CPU = "0";
const CLIENT_CPU: Record<LoadTest, string> = { stream: "1", rr: "0", crr: "0", udp: "1" };

export type LoadTest = "stream" | "rr" | "crr" | "udp";
export const LOAD_TESTS: readonly LoadTest[] = ["stream", "rr", "crr", "udp"];

/** Two workloads on some data plane, and how the first reaches the second. */
export interface Path {
  name: string;
  clientNetns: string;
  serverNetns: string;
  serverIp: string;
  /** Where the client asks, if it is not the server's own. */
  port?: number;
}

export interface Load {
  /** Bytes, transactions or datagrams per second, as received. */
  perSecond: number;
  /** CPU seconds of the whole machine per unit of the above (a byte, a transaction, a datagram). */
  cpuSecondsPerUnit: number;
}

export const buildNetload = () => buildProgram("netload");

/** Seconds that the CPUs were busy since boot. */
function busySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync("/proc/stat", "utf8").split("\n")[0] ?? ""
  )
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const TICKS_PER_SECOND = 100;
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** The server in a namespace; it may not be ready yet. */
export function startServer(netns: string, logFile: string): Running {
  const command = ["taskset", "-c", SERVER_CPU, PROGRAM, "server", String(PORT)];
  return start({ name: `netload in ${netns}`, command, logFile, netns });
}

/** Resolves when the path's server answers. */
export function untilCarrying(path: Path, server: Running): Promise<true> {
  const oneShort = [PROGRAM, "rr", path.serverIp, String(path.port ?? PORT), "0.01"];
  const ask = async () => ((await runIn(path.clientNetns, oneShort)).code === 0 ? (true as const) : undefined);
  return until(`${path.name} to carry a connection`, ask, { process: server });
}

/** Asks every half millisecond until the server answers; when that was, in nanoseconds of CLOCK_MONOTONIC. */
export async function awaitAnswer(clientNetns: string, serverIp: string): Promise<bigint> {
  const line = await mustIn(clientNetns, [PROGRAM, "await", serverIp, String(PORT), "10"]);
  return BigInt((JSON.parse(line) as { answered_ns: number }).answered_ns);
}

export async function measure(path: Path, test: LoadTest, seconds: number): Promise<Load> {
  const size = test === "udp" ? ["64"] : [];
  const before = busySeconds();
  const command = [
    "taskset",
    "-c",
    CLIENT_CPU[test],
    PROGRAM,
    test,
    path.serverIp,
    String(path.port ?? PORT),
    String(seconds),
    ...size,
  ];
  const line = await mustIn(path.clientNetns, command);
  const { per_s: perSecond, errors } = JSON.parse(line) as { per_s: number; errors: number };
  if (errors > 0) throw new Error(`${path.name}: ${errors} connections of test ${test} failed`);
  return { perSecond, cpuSecondsPerUnit: (busySeconds() - before) / (perSecond * seconds) };
}

/** What a server has received so far; asked within its own namespace, where no limit stands between. */
export interface Received {
  ns: number;
  datagrams: number;
  /** Of TCP streams. */
  bytes: number;
}

export async function received(serverNetns: string): Promise<Received> {
  return JSON.parse(await mustIn(serverNetns, [PROGRAM, "count", "::1", String(PORT)])) as Received;
}

/** Load that goes on while others look on: so many processes at once, for so many seconds. */
export async function load(
  path: Path,
  test: LoadTest,
  seconds: number,
  options: { size?: number; segments?: number; times?: number } = {},
) {
  const size = test === "udp" ? [String(options.size ?? 64), String(options.segments ?? 1)] : [];
  const command = [PROGRAM, test, path.serverIp, String(PORT), String(seconds), ...size];
  await Promise.all(Array.from({ length: options.times ?? 1 }, () => mustIn(path.clientNetns, command)));
}
