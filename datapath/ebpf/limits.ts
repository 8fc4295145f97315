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

/** A bucket of so many units a second. A rate is a whole number, as Neutron has it. */
function bucket(rate: ViewRate | undefined, unitsInOne: { numerator: bigint; denominator: bigint }): Limit["bytes"] {
  if (rate === undefined || rate.max <= 0) return ANY;
  const max = BigInt(rate.max) * unitsInOne.numerator;
  return {
    cost: ((NS_PER_SECOND << COST_SHIFT) * unitsInOne.denominator) / max,
    burstNs: (BigInt(rate.burst) * NS_PER_SECOND) / BigInt(rate.max),
  };
}

/** Bytes in a kilobit, packets in a thousand. */
const KILOBIT = { numerator: 1000n, denominator: 8n };
const THOUSAND = { numerator: 1000n, denominator: 1n };

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
