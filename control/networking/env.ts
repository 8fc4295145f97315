/** What the plans of all resources share: options, clock, chance, indexes. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { DEFAULT_QUOTAS, type QuotaLimits } from "../../api/mod.ts";
import { DEFAULT_DNS_DOMAIN, type NetworkType } from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import { Indexes } from "./indexes.ts";

/** What is needed of a logger. */
export type Log = Pick<Logger, "debug" | "warn">;

/** The operator's choices; the defaults are Neutron's where it has them. */
export interface NetworkingOptions {
  /** What a network becomes when its creator does not say: the first of these of which something is free. */
  projectNetworkTypes: readonly NetworkType[];
  /** VNIs given by Cable; those below stay free for operators, who may ask for any. */
  vxlanRanges: readonly (readonly [number, number])[];
  /** VLANs that Cable may give by itself, per physical network; of one without ranges, none. */
  vlanRanges: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  /** What ports' names are in, unless their network or they themselves say; Neutron's option of this name. */
  dnsDomain: string;
  /** Of the underlay while no host has reported its own. */
  underlayMtuBytes: number;
  baseMac: string;
  maxDnsNameservers: number;
  maxHostRoutes: number;
  /** Extra routes of a router. */
  maxRoutes: number;
  maxAddressPairs: number;
  maxFixedIpsPerPort: number;
  /** Of projects without limits of their own. */
  quotas: QuotaLimits;
  /** etcd's --max-txn-ops as the launcher sets it. */
  maxTransactionOperations: number;
  /** Under etcd's --max-request-bytes of 1.5 MiB, with room for its own framing. */
  maxTransactionBytes: number;
}

export const DEFAULT_OPTIONS: NetworkingOptions = {
  projectNetworkTypes: ["vxlan"],
  vxlanRanges: [[4096, 16777215]],
  vlanRanges: {},
  dnsDomain: DEFAULT_DNS_DOMAIN,
  underlayMtuBytes: 1500,
  baseMac: "fa:16:3e",
  maxDnsNameservers: 5,
  maxHostRoutes: 20,
  maxRoutes: 30,
  maxAddressPairs: 10,
  maxFixedIpsPerPort: 100,
  quotas: DEFAULT_QUOTAS,
  maxTransactionOperations: 10_000,
  maxTransactionBytes: 1_400_000,
};

export interface Env {
  options: NetworkingOptions;
  memory: Memory;
  indexes: Indexes;
  /** When this control node started, as {@link now} writes it. */
  startedAt: string;
  /** ISO 8601 in UTC with seconds, as Neutron's timestamps. */
  now(): string;
  random(): number;
  newId(): string;
}

let second = 0;
let text = "";

/** The same text for all that happens within a second: written once, and held once. */
function now(): string {
  const current = Math.floor(Date.now() / 1000);
  if (current !== second) {
    second = current;
    text = `${new Date(current * 1000).toISOString().slice(0, 19)}Z`;
  }
  return text;
}

export function makeEnv(memory: Memory, options: Partial<NetworkingOptions>): Env {
  return {
    options: { ...DEFAULT_OPTIONS, ...options },
    memory,
    indexes: new Indexes(memory),
    startedAt: now(),
    now,
    random: Math.random,
    newId: randomUUID,
  };
}
