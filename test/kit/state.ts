/** What a lab leaves on disk about itself, so that other processes can enter it, and remove it after a crash. */
import { readFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Underlay } from "./host.ts";
import { removeCgroups } from "./kubernetes/cgroups.ts";
import { listNetns, removeNetns } from "./netns.ts";
import { labDirectory } from "./place.ts";
import { run } from "./run.ts";

export interface LabState {
  name: string;
  pid: number;
  /** Tells the process from a later one with the same id. */
  processStart: string;
  /** The control node's link to the switch, in the namespace where the lab was started. */
  rootLink: string;
  /** Empty until the lab is up. */
  url: string;
  hosts: { name: string; netns: string; underlay: Underlay; socket: string }[];
  workloads: {
    name: string;
    kind: "vm" | "container" | "machine";
    host: string;
    network: string;
    netns: string;
    portId: string;
    mac: string;
    ips: string[];
  }[];
}

export function stateFile(name: string): string {
  return join(labDirectory(name), "lab.json");
}

export async function readState(name: string): Promise<LabState | undefined> {
  try {
    return JSON.parse(await readFile(stateFile(name), "utf8")) as LabState;
  } catch {
    return undefined; // not there, or a process was killed while writing it
  }
}

/** A process's start time, field 22 of proc(5)'s stat; the name before it may hold blanks and brackets. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

export function isRunning(state: LabState): boolean {
  return processStart(state.pid) === state.processStart;
}

/** Asks a running lab's process to end and waits for that; true when it has, or none was running. */
export async function endLab(name: string, timeoutMs = 30_000): Promise<boolean> {
  const state = await readState(name);
  if (state === undefined || !isRunning(state)) return true;
  process.kill(state.pid, "SIGTERM");
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(50)) {
    if (!isRunning(state)) return true;
  }
  return false;
}

/** Removes whatever carries the lab's name; nothing there is success. Its process must be gone, or be the caller. */
export async function removeLab(name: string): Promise<void> {
  const state = await readState(name);
  if (state !== undefined && state.rootLink !== "") await run(["ip", "link", "delete", "dev", state.rootLink]);
  for (const netns of await listNetns(`${name}-`)) await removeNetns(netns);
  await removeCgroups(name);
  const directory = labDirectory(name);
  for (const mount of await mountsUnder(directory)) await run(["umount", "-l", mount]);
  await rm(directory, { recursive: true, force: true });
}

async function mountsUnder(directory: string): Promise<string[]> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
  return mounts.filter((path) => path.startsWith(`${directory}/`)).reverse();
}

/** Removes the labs of killed tests: those whose name starts with `prefix` and whose process is gone. */
export async function removeDeadLabs(prefix: string): Promise<void> {
  for (const name of await readdir("/run")) {
    if (!name.startsWith(prefix)) continue;
    const state = await readState(name);
    if (state !== undefined && !isRunning(state)) await removeLab(name);
  }
}
