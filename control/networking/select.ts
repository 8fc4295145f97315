/** Where to look for the rows of a list: the smallest index that holds all which the caller may see and asks for. */
import type { Caller, ListHint, ResourceKind } from "../../api/mod.ts";
import type { Id, ResourceRecordKind } from "../../model/mod.ts";
import { isElevated } from "./access.ts";
import type { Env } from "./env.ts";
import type { ResourcePlan } from "./plan.ts";

/** Ids in no order, each once; some may be gone or hidden from the caller, who has to look. */
export function candidateIds<K extends ResourceKind & ResourceRecordKind>(
  env: Env,
  plan: ResourcePlan<K>,
  kind: K,
  caller: Caller,
  hint: ListHint,
): Iterable<Id> {
  if (hint.id !== undefined) return new Set(hint.id);
  const narrowed = byMemory(env, kind, hint);
  if (narrowed !== undefined) return narrowed;
  for (const [name, by] of Object.entries(plan.indexes ?? {})) {
    const keys = hint[name];
    // Records without a value are in no index, and "" asks for those.
    if (keys !== undefined && !keys.includes("")) return union(keys.map((key) => env.indexes.of(by, key)));
  }
  if (hint.project_id !== undefined) return union(hint.project_id.map((id) => env.indexes.ownedBy(kind, id)));
  if (isElevated(caller)) return all(env, kind);
  return plan.visible?.(caller) ?? env.indexes.ownedBy(kind, caller.projectId);
}

/** By the indexes that memory has of its own. */
function byMemory({ memory }: Env, kind: ResourceRecordKind, hint: ListHint): Iterable<Id> | undefined {
  const { device_id, network_id, "binding:host_id": hosts } = hint;
  if (kind === "port" && device_id !== undefined && !device_id.includes("")) {
    return union(device_id.map((id) => memory.portsOfDevice(id)));
  }
  if (network_id !== undefined && kind === "port") return union(network_id.map((id) => memory.portsOfNetwork(id)));
  if (network_id !== undefined && kind === "subnet") return union(network_id.map((id) => memory.subnetsOfNetwork(id)));
  if (kind === "port" && hosts !== undefined && !hosts.includes("")) {
    return union(hosts.map((host) => memory.portsOfHost(host)));
  }
  return undefined;
}

export function union(sets: readonly ReadonlySet<Id>[]): ReadonlySet<Id> {
  const [only] = sets;
  if (sets.length === 1 && only !== undefined) return only;
  const ids = new Set<Id>();
  for (const set of sets) for (const id of set) ids.add(id);
  return ids;
}

function* all(env: Env, kind: ResourceRecordKind): Iterable<Id> {
  for (const { record } of env.memory.all(kind)) yield record.id;
}
