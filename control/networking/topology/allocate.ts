/**
 * A project's network, ready to use: subnets of the default pools and a router to the default external network
 * (neutron/services/auto_allocate/db.py). All of it is one transaction, so there is nothing to clean up when a part of it
 * cannot be had, and a second request at the same time finds what the first one made.
 */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { Fault, fault, type NetworkRecord, type SubnetRecord } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import { defaultExternalNetwork } from "../external-default.ts";
import { index } from "../indexes.ts";
import { defaultPool } from "../pools/mod.ts";

/** What makes the parts, as if their owner had asked for them. */
export interface Makers {
  network(draft: Draft, caller: Caller, body: Attributes): NetworkRecord;
  subnet(draft: Draft, caller: Caller, body: Attributes): SubnetRecord;
  /** A router with its way out and its interfaces. */
  router(draft: Draft, caller: Caller, body: Attributes, subnets: readonly SubnetRecord[]): { id: string };
}

export const OF_NETWORK = index("auto_allocated_topology", ({ network_id }) => [network_id]);

const failure = (reason: string) => fault("AutoAllocationFailure", { reason });

/** Runs a part; what the project cannot help is told in one sentence. @throws Fault AutoAllocationFailure */
function provide<T>(what: string, part: () => T): T {
  try {
    return part();
  } catch (error) {
    const isUnmet =
      error instanceof Fault &&
      (error.status === 400 || error.status === 404 || error.code === "SubnetAllocationError");
    throw isUnmet ? failure(`Unable to provide ${what}`) : error;
  }
}

const defaultPools = (draft: Draft, caller: Caller) =>
  ([4, 6] as const).flatMap((version) => defaultPool(draft, caller, version) ?? []);

/** Whether a topology could be made. @throws Fault AutoAllocationFailure */
export function checkRequirements(draft: Draft, caller: Caller): NetworkRecord {
  const external = defaultExternalNetwork(draft);
  if (external === undefined) throw failure("No default router:external network");
  if (defaultPools(draft, caller).length === 0) throw failure("No default subnetpools defined");
  return external;
}

function makeNetwork(draft: Draft, caller: Caller, makers: Makers): SubnetRecord[] {
  const pools = defaultPools(draft, caller);
  if (pools.length === 0) throw failure("Unable to provide project private network");
  const network = makers.network(draft, caller, { name: "auto_allocated_network" });
  return pools.map(({ id: subnetpool_id, ip_version }) =>
    makers.subnet(draft, caller, {
      name: `auto_allocated_subnet_v${ip_version}`,
      network_id: network.id,
      ip_version,
      subnetpool_id,
    }),
  );
}

/** The id of the project's network, which is made if it is not there. @throws Fault AutoAllocationFailure */
export function allocateTopology(draft: Draft, asker: Caller, projectId: string, makers: Makers): string {
  const known = draft.get("auto_allocated_topology", projectId);
  if (known !== undefined) return known.network_id;
  const external = defaultExternalNetwork(draft);
  if (external === undefined) throw failure("No default router:external network");
  const caller = { ...asker, projectId };
  const subnets = provide("project private network", () => makeNetwork(draft, caller, makers));
  const networkId = subnets[0]?.network_id ?? "";
  const wish = { name: "auto_allocated_router", external_gateway_info: { network_id: external.id } };
  const router = provide("external connectivity", () => makers.router(draft, caller, wish, subnets));
  draft.create("auto_allocated_topology", projectId, { id: projectId, network_id: networkId, router_id: router.id });
  return networkId;
}

/** A topology ends with its network, whoever removes that. */
export function forgetTopology(draft: Draft, networkId: string): void {
  for (const { id } of draft.select(OF_NETWORK, networkId)) draft.remove("auto_allocated_topology", id);
}
