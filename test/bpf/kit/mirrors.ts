/** Mirrors in the data plane under test. */
import { MirrorDirection, MirrorKind, VifFlag, type VifNumber } from "../../../bpf/layout.gen.ts";
import { ip } from "../../../model/mod.ts";
import type { Plane } from "./plane.ts";
import type { Port } from "./world.ts";

const NO_VIF = 0 as VifNumber;

export interface Way {
  kind: number;
  vif: VifNumber;
  tunnel: number;
  remote: string;
}

export const toTap = ({ number }: Port): Way => ({ kind: MirrorKind.LOCAL, vif: number, tunnel: 0, remote: "::" });
export const toTunnel = (remote: string, tunnel: number): Way => ({
  kind: MirrorKind.VXLAN,
  vif: NO_VIF,
  tunnel,
  remote,
});

/** From now on these are the port's mirrors in that direction. */
export function setMirrors(plane: Plane, port: Port, which: "in" | "out", ways: readonly Way[]): void {
  const [direction, flag] =
    which === "in" ? [MirrorDirection.IN, VifFlag.MIRROR_IN] : [MirrorDirection.OUT, VifFlag.MIRROR_OUT];
  for (const [key] of plane.all("mirrors")) {
    if (key.vif === port.number && key.direction === direction) plane.remove("mirrors", key);
  }
  for (const [index, { remote, ...way }] of ways.entries()) {
    const more = index + 1 < ways.length ? 1 : 0;
    plane.put("mirrors", { vif: port.number, direction, index }, { ...way, more, remote: ip(remote), tag: 0 });
  }
  const vif = plane.get("vifs", port.number);
  if (vif === undefined) throw new RangeError(`no vif ${port.number}`);
  plane.put("vifs", port.number, { ...vif, flags: ways.length > 0 ? vif.flags | flag : vif.flags & ~flag });
}

/** Copies that other hosts send under this VNI are for the port. */
export function setTap(plane: Plane, vni: number, port: Port, hosts: readonly string[]): void {
  plane.put("taps", { vni }, { vif: port.number });
  for (const host of hosts) plane.put("peers", { net: vni as never, ip: ip(host) }, { flags: 0 });
}
