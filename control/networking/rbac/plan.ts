/** RBAC policies themselves (neutron/db/rbac_db_mixin.py). A network's revision counts the changes of its policies. */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type NetworkRecord, type RbacObjectType, type RbacPolicyRecord } from "../../../model/mod.ts";
import { isElevated, projectOf } from "../access.ts";
import { attribute, given, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { releaseDefault } from "../external-default.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { BY_OBJECT, EXTERNAL, policiesOn, type RbacAction, SHARED } from "../sharing.ts";
import { revised, touched } from "../standard.ts";
import { checkNewGrant, checkRevoked, isGatewayNetwork } from "./dependants.ts";
import { addPolicy, claimGrant, type Grant, releaseGrant, removePolicy } from "./entries.ts";

const ACTIONS: Record<RbacObjectType, readonly RbacAction[]> = {
  network: [SHARED, EXTERNAL],
  qos_policy: [SHARED],
  security_group: [SHARED],
  address_scope: [SHARED],
  subnetpool: [SHARED],
  address_group: [SHARED],
};

const isObjectType = (name: string): name is RbacObjectType => Object.hasOwn(ACTIONS, name);
const isAction = (name: string): name is RbacAction => name === SHARED || name === EXTERNAL;

/** A tuple as Python prints it. */
const tuple = (names: readonly string[]) =>
  `(${names.map((name) => `'${name}'`).join(", ")}${names.length === 1 ? "," : ""})`;

function readGrant(body: Attributes): Grant {
  const type = attribute(body, "object_type", isText, "");
  if (!isObjectType(type)) {
    throw fault("InvalidInput", { error_message: `'${type}' is not a valid RBAC object type` });
  }
  const action = attribute(body, "action", isText, "");
  const target = given(body, "target_project", isText) ?? attribute(body, "target_tenant", isText, "");
  const grant = { object_type: type, object_id: attribute(body, "object_id", isText, ""), target_project: target };
  const isKnown = isAction(action) && ACTIONS[type].includes(action);
  if (isKnown) return { ...grant, action };
  throw fault("InvalidActionForType", { action, object_type: type, valid_actions: tuple(ACTIONS[type]) });
}

const NAMES: Record<RbacObjectType, (id: Id) => string> = {
  network: (id) => fault("NetworkNotFound", { net_id: id }).message,
  qos_policy: (id) => fault("QosPolicyNotFound", { policy_id: id }).message,
  security_group: (id) => fault("SecurityGroupNotFound", { id }).message,
  address_scope: (id) => fault("AddressScopeNotFound", { address_scope_id: id }).message,
  subnetpool: (id) => fault("SubnetPoolNotFound", { subnetpool_id: id }).message,
  address_group: (id) => fault("AddressGroupNotFound", { address_group_id: id }).message,
};

const refuse = (error_message: string) => fault("InvalidInput", { error_message });

/** The object of a policy that is to be made or changed. @throws Fault InvalidInput, as Neutron's callbacks end in */
function objectOf(draft: Draft, caller: Caller, { object_type: type, object_id: id }: Grant) {
  const object = draft.get(type, id);
  if (object === undefined) throw refuse(NAMES[type](id).replace(/\.$/, ""));
  if (isElevated(caller) || object.project_id === caller.projectId) return object;
  const what = type === "network" ? "networks" : "objects";
  throw refuse(`Only admins can manipulate policies on ${what} they do not own`);
}

/** What a change of its policies leaves on a network. */
function markNetwork(env: Env, draft: Draft, networkId: Id, changes: Partial<NetworkRecord> = {}): void {
  const network = draft.get("network", networkId);
  if (network !== undefined) draft.replace("network", networkId, touched(env, { ...network, ...changes }));
}

function createPolicy(env: Env, draft: Draft, caller: Caller, body: Attributes): RbacPolicyRecord {
  const grant = readGrant(body);
  objectOf(draft, caller, grant);
  checkNewGrant(draft, grant);
  const record = addPolicy(env, draft, projectOf(caller, body), grant);
  // Who may use a network as an external one makes it one.
  const change = grant.action === EXTERNAL ? { "router:external": true } : {};
  if (grant.object_type === "network") markNetwork(env, draft, grant.object_id, change);
  return record;
}

function updatePolicy(env: Env, draft: Draft, caller: Caller, current: RbacPolicyRecord, changes: Attributes) {
  const target =
    given(changes, "target_project", isText) ?? attribute(changes, "target_tenant", isText, current.target_project);
  objectOf(draft, caller, current);
  const record = revised(env, current, { ...current, target_project: target });
  if (record === current) return current;
  // Widening to everybody takes nothing from anyone; a network's ports are looked at all the same, as in Neutron.
  if (target !== "*" || current.object_type === "network") checkRevoked(draft, current);
  releaseGrant(draft, current);
  claimGrant(draft, current.id, record);
  draft.replace("rbac_policy", current.id, record);
  if (current.object_type === "network") markNetwork(env, draft, current.object_id);
  return record;
}

function removeOne(env: Env, draft: Draft, current: RbacPolicyRecord): Removal {
  const { object_type: type, object_id: id, action } = current;
  checkRevoked(draft, current);
  removePolicy(draft, current);
  if (type !== "network") return "done";
  const isLast = action === EXTERNAL && !policiesOn(draft, id).some((policy) => policy.action === EXTERNAL);
  const staysExternal = !isLast || isGatewayNetwork(draft, id);
  const network = draft.get("network", id);
  if (!staysExternal && network !== undefined) releaseDefault(draft, network);
  markNetwork(env, draft, id, staysExternal ? {} : { "router:external": false, is_default: false });
  return "done";
}

export function rbacPolicyPlan(env: Env): ResourcePlan<"rbac_policy"> {
  return {
    create: (draft, caller, body) => createPolicy(env, draft, caller, body),
    sees: (caller, record) => isElevated(caller) || record.project_id === caller.projectId,
    update: (draft, caller, current, changes) => updatePolicy(env, draft, caller, current, changes),
    remove: (draft, _caller, current) => removeOne(env, draft, current),
    indexes: { object_id: BY_OBJECT },
    notFound: (id) => fault("RbacPolicyNotFound", { object_type: "unknown", id }),
  };
}
