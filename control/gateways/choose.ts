/** Which hosts are a router's way outside. Pure. */
import { createHash } from "node:crypto";
import type { HostBeatRecord, HostRecord, NetworkRecord } from "../../model/mod.ts";

/** The host that is the way, and the one that would be next. */
export const HOSTS_A_GATEWAY = 2;

/** Not seen for so long: no new choice; and, later, so that control nodes with other clocks agree, no choice any more. */
const FRESH_MS = 75_000;
const STALE_MS = 120_000;

export type Liveness = "fresh" | "doubtful" | "gone";

/** How sure it is that a host's agent is there. */
export function livenessOf(beat: HostBeatRecord | undefined, nowMs: number): Liveness {
  if (beat === undefined || beat.gone_at !== undefined) return "gone";
  const ageMs = nowMs - Date.parse(beat.seen_at);
  if (ageMs <= FRESH_MS) return "fresh";
  return ageMs <= STALE_MS ? "doubtful" : "gone";
}

/** Whether the host can be a way to the network: it has a card there, and nobody has taken it out of service. */
export function canServe({ facts, agents }: HostRecord, network: NetworkRecord): boolean {
  const physical = network["provider:physical_network"];
  if (physical === null || facts === null || !(agents?.l3?.admin_state_up ?? true)) return false;
  return Object.hasOwn(facts.physical_networks, physical);
}

export interface Candidate {
  name: string;
  liveness: Liveness;
  /** How many gateways it is, or would be next, already. */
  load: number;
}

/** Of equal load, each router has an order of its own, so that many of them spread, and the same at every control node. */
function rank(routerId: string, host: string): string {
  return createHash("sha256").update(`${routerId}/${host}`).digest("hex");
}

/**
 * Those that are there stay, in their order, so that a standby moves up and nothing moves back; the places that are left
 * go to whoever has least to do. With nobody there it stays as it was.
 */
export function chooseHosts(routerId: string, current: readonly string[], candidates: readonly Candidate[]): string[] {
  const kept = current.filter((name) => candidates.some((each) => each.name === name && each.liveness !== "gone"));
  if (kept.length >= HOSTS_A_GATEWAY) return kept.slice(0, HOSTS_A_GATEWAY);
  const others = candidates
    .filter(({ name, liveness }) => liveness === "fresh" && !kept.includes(name))
    .map((each) => ({ ...each, rank: rank(routerId, each.name) }))
    .sort((a, b) => a.load - b.load || (a.rank < b.rank ? -1 : 1));
  const chosen = [...kept, ...others.map(({ name }) => name)].slice(0, HOSTS_A_GATEWAY);
  return chosen.length === 0 ? [...current] : chosen;
}
