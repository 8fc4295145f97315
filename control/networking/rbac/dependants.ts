/** What rests on a policy, so that it stays (get_bound_project_ids of the objects in neutron/objects). */
import { fault, type Id, type RbacObjectType, type RbacPolicyRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import type { Draft } from "../draft.ts";
import { index } from "../indexes.ts";
import { EVERYBODY, EXTERNAL, isShared, policiesOn, policyFor, SHARED } from "../sharing.ts";

type Grant = Pick<RbacPolicyRecord, "object_type" | "object_id" | "action" | "target_project">;

/** Everything that a QoS policy can hang on. */
const QOS_NETWORKS = index("network", ({ qos_policy_id }) => [qos_policy_id]);
const QOS_PORTS = index("port", ({ qos_policy_id }) => [qos_policy_id]);
const QOS_FLOATING_IPS = index("floatingip", ({ qos_policy_id }) => [qos_policy_id]);
const QOS_ROUTERS = index("router", ({ gateways }) => gateways.map(({ qos_policy_id }) => qos_policy_id));
const GROUP_PORTS = index("port", ({ security_groups }) => security_groups);
const ADDRESS_GROUP_RULES = index("security_group_rule", (rule) => [rule.remote_address_group_id]);
const SCOPE_POOLS = index("subnetpool", ({ address_scope_id }) => [address_scope_id]);
const POOL_SUBNETS = index("subnet", ({ subnetpool_id }) => [subnetpool_id]);
const GATEWAY_ROUTERS = index("router", ({ gateways }) => gateways.map(({ network_id }) => network_id));

/** The projects whose resources use an object. Networks have checks of their own. */
const USERS: Record<Exclude<RbacObjectType, "network">, (draft: Draft, id: Id) => { project_id: string }[]> = {
  qos_policy: (draft, id) => {
    draft.sameUsers("qos_policy", id);
    return [
      ...draft.select(QOS_NETWORKS, id),
      ...draft.select(QOS_PORTS, id),
      ...draft.select(QOS_FLOATING_IPS, id),
      ...draft.select(QOS_ROUTERS, id),
    ];
  },
  security_group: (draft, id) => {
    draft.sameUsers("security_group", id);
    return draft.select(GROUP_PORTS, id);
  },
  address_group: (draft, id) => {
    draft.sameUsers("address_group", id);
    return draft.select(ADDRESS_GROUP_RULES, id);
  },
  // Who joins a scope rewrites it: the record unchanged means no new user.
  address_scope: (draft, id) => {
    draft.dependOn("address_scope", id);
    return draft.select(SCOPE_POOLS, id);
  },
  subnetpool: (draft, id) => {
    draft.quietUnder(keys.rangesIn(id, ""));
    return draft.select(POOL_SUBNETS, id);
  },
};

const inUse = (object_id: Id, details: string) => fault("RbacPolicyInUse", { object_id, details });

/** The projects that have an entry of their own, with which they do without the one for everybody. */
function otherTargets(draft: Draft, { object_id, action }: Grant): Set<string> {
  const policies = policiesOn(draft, object_id).filter((policy) => policy.action === action);
  return new Set(policies.map((policy) => policy.target_project).filter((target) => target !== EVERYBODY));
}

/** @throws Fault RbacPolicyInUse when somebody would lose an object that it uses (rbac_db.py _validate_rbac_policy_delete) */
export function checkRevoked(draft: Draft, grant: Grant): void {
  const { object_type: type } = grant;
  if (type !== "network") checkUsersKeep(draft, type, grant);
  else if (grant.action === EXTERNAL) checkExternalRevoked(draft, grant);
  else checkPortsRevoked(draft, grant);
}

function checkUsersKeep(draft: Draft, type: keyof typeof USERS, grant: Grant): void {
  const { object_id: id, target_project: target } = grant;
  if (draft.get(type, id)?.project_id === target) return;
  const isForAll = target === EVERYBODY;
  if (!isForAll && policyFor(draft, id, SHARED, EVERYBODY) !== undefined) return;
  const users = new Set(USERS[type](draft, id).map(({ project_id }) => project_id));
  const others = isForAll ? otherTargets(draft, grant) : new Set<string>();
  const loses = isForAll ? [...users].some((project) => !others.has(project)) : users.has(target);
  if (loses) throw inUse(id, `project_id=${target}`);
}

/** Ports of other projects stay where these may be (db_base_plugin_v2.py ensure_no_project_ports_on_network). */
function checkPortsRevoked(draft: Draft, grant: Grant): void {
  const { object_id: id, target_project: target } = grant;
  const owner = draft.get("network", id)?.project_id ?? "";
  if (owner === target) return;
  const isForAll = target === EVERYBODY;
  if (!isForAll && policyFor(draft, id, SHARED, EVERYBODY) !== undefined) return;
  const allowed = isForAll ? otherTargets(draft, grant).add(owner).add("") : new Set<string>();
  draft.quietUnder(keys.macsOf(id));
  for (const portId of draft.memory.portsOfNetwork(id)) {
    const project = draft.get("port", portId)?.project_id;
    if (project === undefined || (isForAll ? allowed.has(project) : project !== target)) continue;
    throw inUse(id, fault("InvalidSharedSetting", { network: id }).message);
  }
}

/** Routers keep the way out that they have (external_net_db.py _validate_ext_not_in_use_by_project). */
function checkExternalRevoked(draft: Draft, grant: Grant): void {
  const { object_id: id, target_project: target } = grant;
  const isForAll = target === EVERYBODY;
  if (isForAll && draft.get("network", id)?.is_default) {
    throw inUse(id, "Default external networks must be shared to everyone.");
  }
  if (!isForAll && policyFor(draft, id, EXTERNAL, EVERYBODY) !== undefined) return;
  const others = otherTargets(draft, grant);
  // Each gateway has a port on the network.
  draft.quietUnder(keys.macsOf(id));
  const isHit = (project: string) => (isForAll ? !others.has(project) : project === target);
  if (!draft.select(GATEWAY_ROUTERS, id).some((router) => isHit(router.project_id))) return;
  throw inUse(id, "There are routers attached to this network that depend on this policy for access.");
}

/** True while a router has its way out through the network. */
export function isGatewayNetwork(draft: Draft, networkId: Id): boolean {
  return draft.select(GATEWAY_ROUTERS, networkId).length > 0;
}

/** Who is given a pool must also have its address scope (objects/subnetpool.py validate_rbac_policy_create). */
export function checkNewGrant(draft: Draft, { object_type: type, object_id: id, target_project }: Grant): void {
  const scopeId = type === "subnetpool" ? draft.get("subnetpool", id)?.address_scope_id : undefined;
  if (!scopeId || isShared(draft, scopeId, target_project)) return;
  const reason = "target project doesn't have access to associated address scope";
  const { message } = fault("RbacPolicyInitError", { object_id: id, reason });
  throw fault("InvalidInput", { error_message: message.replace(/\.$/, "") });
}
