/** Security groups in the data plane under test: rules as the driver makes entries of them, and who is in which set. */
import type { MapName, SetNumber, VifNumber } from "../../../bpf/layout.gen.ts";
import type { WantedGroup } from "../../../datapath/datapath.ts";
import { policyEntries } from "../../../datapath/ebpf/rules.ts";
import { ip, linkLocalAddress, mac, type ViewRule } from "../../../model/mod.ts";
import type { Plane } from "./plane.ts";
import { net, type Port } from "./world.ts";

export const set = (number: number) => number as SetNumber;

/** A rule that lets everything of IPv4 in, but for what is said otherwise. */
export const rule = (changes: Partial<ViewRule>): ViewRule => ({
  id: "0a0b0c0d-0000-4000-8000-000000000000",
  direction: "ingress",
  family: 4,
  protocol: null,
  ports: null,
  icmp: null,
  remote: { kind: "any" },
  ...changes,
});

/** All that flows remember is to be decided again. */
export function bump(plane: Plane): void {
  const settings = plane.get("settings", 0);
  if (settings !== undefined) plane.put("settings", 0, { ...settings, generation: settings.generation + 1 });
}

/** From now on `policy` means these groups; `members`: the sets that have a remote group. */
export function setGroups(
  plane: Plane,
  policy: SetNumber,
  groups: readonly WantedGroup[],
  members: Record<string, SetNumber[]> = {},
): void {
  for (const map of ["rules", "classes"] as const)
    for (const [key] of plane.all(map)) if (key.policy === policy) plane.remove(map, key);
  const context = {
    groups: new Map(groups.map((group) => [group.id, group])),
    setsWith: (group: string) => members[group] ?? [],
  };
  const ids = groups.map(({ id }) => id);
  for (const { map, key, value } of policyEntries(policy, ids, context)) plane.put(map as MapName, key, value);
  bump(plane);
}

/** One group of these rules. */
export function setRules(
  plane: Plane,
  policy: SetNumber,
  rules: readonly Partial<ViewRule>[],
  options: { stateful?: boolean; members?: Record<string, SetNumber[]> } = {},
): void {
  const { stateful = true, members } = options;
  setGroups(plane, policy, [{ id: "g", stateful, rules: rules.map(rule) }], members);
}

/** Whose rules hold for a port; 0: all passes. */
export function setPolicy(plane: Plane, port: Port, policy: SetNumber): void {
  const vif = plane.get("vifs", port.number as VifNumber);
  if (vif !== undefined) plane.put("vifs", port.number, { ...vif, policy });
  bump(plane);
}

/** The set that an endpoint is in. */
export function setMember(
  plane: Plane,
  on: number,
  at: { mac: string; ip4: string; ip6: string },
  of: SetNumber,
): void {
  for (const address of [at.ip4, at.ip6, linkLocalAddress(mac(at.mac))]) {
    const key = { net: net(on), ip: ip(address) };
    const entry = plane.get("ips", key);
    if (entry !== undefined) plane.put("ips", key, { ...entry, set: of });
  }
  bump(plane);
}
