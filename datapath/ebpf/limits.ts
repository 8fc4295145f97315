/** QoS as the data plane has it: limits as token buckets. Pure. */
import {
  type MapKey,
  type MapValue,
  type NetNumber,
  RuleDirection,
  VifFlag,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import type { ViewLimits, ViewQos, ViewRate } from "../../model/mod.ts";
import { type Entry, entry } from "./entry.ts";

type Limit = MapValue<"limits">;

const ANY: Limit["bytes"] = { cost: 0n, burstNs: 0n };
const NS_PER_SECOND = 1_000_000_000n;
/** Of struct rate's cost. */
const COST_SHIFT = 20n;

/** How many of what a bucket counts are in one of what a rate does: bytes in a kilobit, packets in a thousand. */
interface Unit {
  numerator: bigint;
  denominator: bigint;
}
const KILOBIT: Unit = { numerator: 1000n, denominator: 8n };
const THOUSAND: Unit = { numerator: 1000n, denominator: 1n };

/** So many nanoseconds in a second as a cost has them, per unit. */
const secondOf = ({ numerator, denominator }: Unit) => ((NS_PER_SECOND << COST_SHIFT) * denominator) / numerator;

/** A rate is of whole numbers, as Neutron has it. */
function bucket(rate: ViewRate | undefined, unit: Unit): Limit["bytes"] {
  if (rate === undefined || rate.max <= 0) return ANY;
  return {
    cost: secondOf(unit) / BigInt(rate.max),
    burstNs: (BigInt(rate.burst) * NS_PER_SECOND) / BigInt(rate.max),
  };
}

/** The rate that a bucket is of; above 2 Gbit/s near it, since a cost is a whole number. */
function rateOf({ cost, burstNs }: Limit["bytes"], unit: Unit): ViewRate | undefined {
  if (cost === 0n) return undefined;
  const max = Math.round(Number(secondOf(unit)) / Number(cost));
  return { max, burst: Math.round((Number(burstNs) * max) / Number(NS_PER_SECOND)) };
}

const DIRECTIONS = { egress: RuleDirection.EGRESS, ingress: RuleDirection.INGRESS } as const;

const isLimited = (limits: ViewLimits | undefined): boolean => (limits?.kbps ?? limits?.kpps) !== undefined;

type Whose = Omit<MapKey<"limits">, "direction">;

export const ofVif = (vif: VifNumber): Whose => ({ net: 0 as NetNumber, ip: 0, vif });

/** An address on an external network. */
export const ofAddress = (net: NetNumber, ip: number): Whose => ({ net, ip, vif: 0 as VifNumber });

/** The limits of whose they are in both directions. */
export function limitEntries(qos: ViewQos | undefined, of: Whose): Entry[] {
  return (["egress", "ingress"] as const).flatMap((name) => {
    const limits = qos?.[name];
    if (limits === undefined || !isLimited(limits)) return [];
    const value = { bytes: bucket(limits.kbps, KILOBIT), packets: bucket(limits.kpps, THOUSAND) };
    return [entry("limits", { ...of, direction: DIRECTIONS[name] }, value)];
  });
}

/** The enum vif_flag of a port with that policy. */
export const qosFlags = (qos: ViewQos = {}): number =>
  (isLimited(qos.egress) ? VifFlag.METER_OUT : 0) |
  (isLimited(qos.ingress) ? VifFlag.METER_IN : 0) |
  (qos.dscp === undefined ? 0 : VifFlag.MARK);

/** What the data plane has of a port: its vif, and its limits in each direction. Undefined if nothing. */
export function qosOf(
  vif: Pick<MapValue<"vifs">, "flags" | "dscp">,
  limits: Partial<Record<keyof typeof DIRECTIONS, Limit>>,
): ViewQos | undefined {
  const of = (limit: Limit): ViewLimits => {
    const [kbps, kpps] = [rateOf(limit.bytes, KILOBIT), rateOf(limit.packets, THOUSAND)];
    return { ...(kbps && { kbps }), ...(kpps && { kpps }) };
  };
  const { egress, ingress } = limits;
  const isMarked = (vif.flags & VifFlag.MARK) !== 0;
  if (egress === undefined && ingress === undefined && !isMarked) return undefined;
  return {
    ...(egress && { egress: of(egress) }),
    ...(ingress && { ingress: of(ingress) }),
    ...(isMarked && { dscp: vif.dscp }),
  };
}

/** The keys of a port's limits. */
export const limitKeys = (vif: VifNumber) =>
  (["egress", "ingress"] as const).map((name) => [name, { ...ofVif(vif), direction: DIRECTIONS[name] }] as const);
