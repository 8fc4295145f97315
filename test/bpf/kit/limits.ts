/** QoS limits of ports as the driver would have them. */
import { type MapKey, type MapValue, RuleDirection, VifFlag, type VifNumber } from "../../../bpf/layout.gen.ts";
import { nextGeneration, number4 } from "./outside.ts";
import type { Plane } from "./plane.ts";
import { net, type Port, VLAN40 } from "./world.ts";

type Limit = MapValue<"limits">;
export type Direction = "egress" | "ingress";
export const ANY: Limit["bytes"] = { cost: 0n, burstNs: 0n };

const FLAGS = { egress: VifFlag.METER_OUT, ingress: VifFlag.METER_IN };
const DIRECTIONS = { egress: RuleDirection.EGRESS, ingress: RuleDirection.INGRESS };

export const portKey = (port: Port, direction: Direction): MapKey<"limits"> => ({
  ...{ net: net(0), ip: 0, vif: port.number },
  direction: DIRECTIONS[direction],
});

/** Limits an address outside; the bucket is full. */
export function setOutsideLimit(
  plane: Plane,
  address: string,
  direction: Direction,
  limit: Partial<Limit> | null,
): void {
  const key = { net: VLAN40, ip: number4(address), vif: 0 as VifNumber, direction: DIRECTIONS[direction] };
  plane.remove("limits", key);
  if (plane.get("meters", key) !== undefined) plane.remove("meters", key);
  if (limit !== null) plane.put("limits", key, { bytes: ANY, packets: ANY, ...limit });
  nextGeneration(plane);
}

/** So many nanoseconds a byte or packet, as struct rate has them. */
export const costs = (ns: bigint, burstNs: bigint): Limit["bytes"] => ({ cost: ns << 20n, burstNs });

/** Changes a port's flags. */
export function setFlag(plane: Plane, port: Port, flag: number, isOn: boolean, changes: { dscp?: number } = {}): void {
  const vif = plane.get("vifs", port.number)!;
  plane.put("vifs", port.number, { ...vif, ...changes, flags: isOn ? vif.flags | flag : vif.flags & ~flag });
}

/** Limits what a port sends or is sent; null: no more. The bucket is full. */
export function setLimit(plane: Plane, port: Port, direction: Direction, limit: Partial<Limit> | null): void {
  const key = portKey(port, direction);
  plane.remove("limits", key);
  if (plane.get("meters", key) !== undefined) plane.remove("meters", key);
  if (limit !== null) plane.put("limits", key, { bytes: ANY, packets: ANY, ...limit });
  setFlag(plane, port, FLAGS[direction], limit !== null);
}
