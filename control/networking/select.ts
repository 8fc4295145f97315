/** Where to look for the rows of a list: the smallest index that holds all which the caller may see and asks for. */
import type { Caller, ListHint, ResourceKind } from "../../api/mod.ts";
import type { Id } from "../../model/mod.ts";
import { isElevated } from "./access.ts";
import type { Env } from "./env.ts";

/** Ids in no order, each once; some may be gone or hidden from the caller, who has to look. */
export function candidateIds(env: Env, caller: Caller, kind: ResourceKind, hint: ListHint): Iterable<Id> {
  const { memory } = env;
  if (hint.id !== undefined) return new Set(hint.id);
  if (kind === "port" && hint.device_id !== undefined && !hint.device_id.includes("")) {
    return union(hint.device_id.map((id) => memory.portsOfDevice(id)));
  }
  if (kind !== "network" && hint.network_id !== undefined) {
    return union(
      hint.network_id.map((id) => (kind === "port" ? memory.portsOfNetwork(id) : memory.subnetsOfNetwork(id))),
    );
  }
  const hosts = hint["binding:host_id"];
  if (kind === "port" && hosts !== undefined && !hosts.includes("")) {
    return union(hosts.map((host) => memory.portsOfHost(host)));
  }
  if (hint.project_id !== undefined) return union(hint.project_id.map((id) => env.indexes.ownedBy(kind, id)));
  return isElevated(caller) ? all(env, kind) : visibleIds(env, caller, kind);
}

/** Own ones, those on own networks, and those that open networks show to everybody. */
function visibleIds(env: Env, caller: Caller, kind: ResourceKind): Iterable<Id> {
  const { indexes, memory } = env;
  const own = indexes.ownedBy(kind, caller.projectId);
  if (kind === "network") return union([own, indexes.openNetworks]);
  const ownNetworks = [...indexes.ownedBy("network", caller.projectId)];
  if (kind === "port") return union([own, ...ownNetworks.map((id) => memory.portsOfNetwork(id))]);
  const networks = [...ownNetworks, ...indexes.openNetworks];
  return union([own, ...networks.map((id) => memory.subnetsOfNetwork(id))]);
}

function union(sets: readonly ReadonlySet<Id>[]): ReadonlySet<Id> {
  const [only] = sets;
  if (sets.length === 1 && only !== undefined) return only;
  const ids = new Set<Id>();
  for (const set of sets) for (const id of set) ids.add(id);
  return ids;
}

function* all(env: Env, kind: ResourceKind): Iterable<Id> {
  for (const { record } of env.memory.all(kind)) yield record.id;
}
