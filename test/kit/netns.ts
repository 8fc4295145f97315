/** Network namespaces and the links between them. */
import { readdir } from "node:fs/promises";
import { must, type Outcome, type RunOptions, run } from "./run.ts";

const NETNS_DIR = "/run/netns";

export function netnsPath(name: string): string {
  return `${NETNS_DIR}/${name}`;
}

/**
 * The command, run in a namespace. By nsenter and not `ip netns exec`, which also gives the command mounts of its own:
 * a bpf file system mounted there, with the data plane pinned in it, would vanish with the process.
 */
export function inNetns(name: string | undefined, command: readonly string[]): string[] {
  return name === undefined ? [...command] : ["nsenter", `--net=${netnsPath(name)}`, ...command];
}

export function runIn(netns: string, command: readonly string[], options?: RunOptions): Promise<Outcome> {
  return run(inNetns(netns, command), options);
}

export function mustIn(netns: string, command: readonly string[], options?: RunOptions): Promise<string> {
  return must(inNetns(netns, command), options);
}

/** Several `ip` commands in one process; the first that fails ends it. */
export function ipBatch(netns: string | undefined, lines: readonly string[]): Promise<string> {
  return must(inNetns(netns, ["ip", "-batch", "-"]), { input: `${lines.join("\n")}\n` });
}

/** A namespace with its loopback up. */
export async function makeNetns(name: string): Promise<void> {
  await must(["ip", "netns", "add", name]);
  await ipBatch(name, ["link set lo up"]);
}

/** Removing one that is not there is success. Its links, and their peers elsewhere, go with it. */
export async function removeNetns(name: string): Promise<void> {
  const outcome = await run(["ip", "netns", "delete", name]);
  if (outcome.code !== 0 && (await listNetns(name)).includes(name)) {
    throw new Error(`cannot delete the namespace ${name}: ${outcome.stderr.trim()}`);
  }
}

/** The namespaces whose name starts with `prefix`. */
export async function listNetns(prefix: string): Promise<string[]> {
  const names = await readdir(NETNS_DIR).catch(() => []);
  return names.filter((name) => name.startsWith(prefix));
}

export interface VethEnd {
  /** Undefined: the namespace that the caller is in. */
  netns: string | undefined;
  name: string;
}

/** A veth pair, each end born in its namespace under its final name. */
export async function makeVeth(a: VethEnd, b: VethEnd): Promise<void> {
  const peer = b.netns === undefined ? `name ${b.name} netns ${process.pid}` : `name ${b.name} netns ${b.netns}`;
  await ipBatch(a.netns, [`link add name ${a.name} type veth peer ${peer}`]);
}
