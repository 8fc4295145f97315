/** Auto-allocated topologies as a resource: every project has one as soon as it is asked for. */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type RouterRecord, type SubnetRecord } from "../../../model/mod.ts";
import { isElevated, notFound } from "../access.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { interfacesOf } from "../l3/mod.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { allocateTopology, checkRequirements, type Makers } from "./allocate.ts";

/** The plans whose resources a topology is made of. */
export interface Parts {
  network: ResourcePlan<"network">;
  subnet: ResourcePlan<"subnet">;
  router: ResourcePlan<"router">;
}

type Make<R> = ((draft: Draft, caller: Caller, body: Attributes) => R) | undefined;

function make<R>(create: Make<R>, draft: Draft, caller: Caller, body: Attributes): R {
  if (create === undefined) throw fault("HTTPNotFound");
  return create(draft, caller, body);
}

function makersOf({ network, subnet, router }: Parts): Makers {
  return {
    network: (draft, caller, body) => make(network.create, draft, caller, body),
    subnet: (draft, caller, body) => make(subnet.create, draft, caller, body),
    router: (draft, caller, body, subnets) => {
      const made = make(router.create, draft, caller, body);
      for (const { id } of subnets) attach(router, draft, caller, made.id, id);
      return made;
    },
  };
}

function attach(router: Parts["router"], draft: Draft, caller: Caller, routerId: string, subnet_id: string): void {
  const current = draft.get("router", routerId);
  if (current !== undefined) router.actions?.add_router_interface?.(draft, caller, current, { subnet_id });
}

/** Router first, as its ports keep the network; then the network, unless anything else is plugged into it. */
function removeTopology(env: Env, parts: Parts, draft: Draft, asker: Caller, projectId: string): Removal {
  const topology = draft.get("auto_allocated_topology", projectId);
  const network = topology && draft.get("network", topology.network_id);
  if (topology === undefined || network === undefined) return "done";
  const caller = { ...asker, projectId };
  const router = draft.get("router", topology.router_id);
  if (router === undefined) return parts.network.remove?.(draft, caller, network) ?? "done";
  checkUnused(env, draft, network.id, router);
  const subnets = draft.subnetsOf(network.id);
  for (const subnet of subnets) detach(parts.router, draft, caller, topology.router_id, subnet);
  const left = draft.get("router", topology.router_id);
  if (left !== undefined) parts.router.remove?.(draft, caller, left);
  return "again";
}

function detach(plan: Parts["router"], draft: Draft, caller: Caller, routerId: string, subnet: SubnetRecord): void {
  const router = draft.get("router", routerId);
  const ports = router === undefined ? [] : interfacesOf(draft, routerId);
  if (router === undefined || !ports.some((port) => port.fixed_ips.some((ip) => ip.subnet_id === subnet.id))) return;
  plan.actions?.remove_router_interface?.(draft, caller, router, { subnet_id: subnet.id });
}

/** @throws Fault NetworkInUse before anything is taken away */
function checkUnused(env: Env, draft: Draft, networkId: string, router: RouterRecord): void {
  const ports = [...env.memory.portsOfNetwork(networkId)].flatMap((id) => draft.get("port", id) ?? []);
  const users = ports.filter(
    ({ device_id, device_owner }) => device_id !== router.id && device_owner !== "network:dhcp",
  );
  if (users.length === 0) return;
  const reason = `There are one or more ports still in use on the network, id for these ports is: ${users[0]?.id}`;
  throw fault("NetworkInUse", { net_id: networkId, reason });
}

export function autoAllocatedTopologyPlan(env: Env, parts: Parts): ResourcePlan<"auto_allocated_topology"> {
  const makers = makersOf(parts);
  const rowOf = (id: string, project_id: unknown) => ({ id, project_id });
  return {
    sees: (caller, { project_id }) => isElevated(caller) || project_id === caller.projectId,
    notFound: (id) => notFound("network", id),
    derived: { get: (_reader, projectId) => rowOf(projectId, projectId), list: () => [] },
    remove: (draft, caller, { project_id }) => removeTopology(env, parts, draft, caller, String(project_id)),
    actions: {
      allocate: (draft, caller, { project_id }) =>
        rowOf(allocateTopology(draft, caller, String(project_id), makers), project_id),
      check: (draft, caller, { project_id }) => {
        checkRequirements(draft, caller);
        return rowOf("dry-run=pass", project_id);
      },
    },
  };
}
