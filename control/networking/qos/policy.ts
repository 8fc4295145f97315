/** QoS policies (neutron/services/qos/qos_plugin.py, neutron/objects/qos/policy.py). Their rules are part of them. */
import type { Attributes, Caller, NetworkingTypes } from "../../../api/mod.ts";
import { fault, type Id, type QosPolicyRecord } from "../../../model/mod.ts";
import { keys } from "../../../store/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, isFlag } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { type Index, index } from "../indexes.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { changeShared, removePolicies, shareNew } from "../rbac/mod.ts";
import type { Reader } from "../reader.ts";
import { isShared, seesShared, visibleIds } from "../sharing.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { RULE_TYPES, ruleRow } from "./rule-types.ts";

type Policy = QosPolicyRecord;

const DEFAULTS = index("qos_policy", (policy) => (policy.is_default ? [policy.project_id] : []));
export const QOS_PORTS = index("port", ({ qos_policy_id }) => [qos_policy_id]);
export const QOS_NETWORKS = index("network", ({ qos_policy_id }) => [qos_policy_id]);

/** Who may have a policy, under the names and in the order of Neutron's check (binding_models). */
const USERS: readonly [name: string, by: Index][] = [
  ["port", QOS_PORTS as unknown as Index],
  ["network", QOS_NETWORKS as unknown as Index],
  ["fip", index("floatingip", ({ qos_policy_id }) => [qos_policy_id]) as unknown as Index],
  ["router", index("router", ({ gateways }) => gateways.map((gateway) => gateway.qos_policy_id)) as unknown as Index],
];

/** The policy that a project's new networks get. */
export function defaultPolicyOf(reader: Reader, projectId: string): Policy | undefined {
  return reader.select(DEFAULTS, projectId)[0];
}

/** A project has one default policy, by a key of the store. @throws Fault QoSPolicyDefaultAlreadyExists */
function claimDefault(draft: Draft, projectId: string, id: Id): void {
  const other = defaultPolicyOf(draft, projectId);
  if (other !== undefined && other.id !== id) throw fault("QoSPolicyDefaultAlreadyExists", { project_id: projectId });
  draft.claim(keys.defaultQosPolicy(projectId), id);
}

function createPolicy(env: Env, draft: Draft, caller: Caller, body: Attributes): Policy {
  const standard = newStandard(env, projectOf(caller, body), body);
  const is_default = attribute(body, "is_default", isFlag, false);
  // Being the default one is a change of its own there.
  const record: Policy = { ...standard, revision_number: is_default ? 1 : 0, is_default, rules: [] };
  if (is_default) claimDefault(draft, record.project_id, record.id);
  draft.create("qos_policy", record.id, record);
  if (attribute(body, "shared", isFlag, false)) shareNew(env, draft, "qos_policy", record);
  return record;
}

function updatePolicy(env: Env, draft: Draft, caller: Caller, current: Policy, changes: Attributes): Policy {
  const is_default = attribute(changes, "is_default", isFlag, current.is_default);
  if (is_default && !current.is_default) claimDefault(draft, current.project_id, current.id);
  if (!is_default && current.is_default) draft.release(keys.defaultQosPolicy(current.project_id));
  const record = { ...current, ...standardChanges(current, changes), is_default };
  changeShared(env, draft, caller, "qos_policy", current, changes);
  const after = revised(env, current, record);
  if (after !== current) draft.replace("qos_policy", current.id, after);
  return after;
}

function removePolicy(env: Env, draft: Draft, current: Policy): Removal {
  const { id } = current;
  for (const [object_type, by] of USERS) {
    const [object_id] = env.indexes.of(by, id);
    if (object_id !== undefined) throw fault("QosPolicyInUse", { policy_id: id, object_type, object_id });
  }
  draft.sameUsers("qos_policy", id);
  for (const name of ["ports", "networks"]) draft.unuse("qos_policy", id, name);
  removePolicies(draft, id);
  if (current.is_default) draft.release(keys.defaultQosPolicy(current.project_id));
  draft.remove("qos_policy", id);
  return "done";
}

/** Rules in the order of their types, as Neutron reads them from one table after the other. */
function showPolicy(record: Policy, caller: Caller, reader: Reader): NetworkingTypes["qos_policy"] {
  const rules = RULE_TYPES.flatMap((type) => record.rules.filter((rule) => rule.type === type));
  return {
    ...record,
    rules: rules.map((rule) => ruleRow(record.id, rule)),
    shared: isShared(reader, record.id, caller.projectId),
  };
}

export function qosPolicyPlan(env: Env): ResourcePlan<"qos_policy"> {
  return {
    create: (draft, caller, body) => createPolicy(env, draft, caller, body),
    sees: seesShared,
    visible: (caller) => visibleIds(env, "qos_policy", caller),
    notFound: (id) => fault("QosPolicyNotFound", { policy_id: id }),
    show: showPolicy,
    update: (draft, caller, current, changes) => updatePolicy(env, draft, caller, current, changes),
    remove: (draft, _caller, current) => removePolicy(env, draft, current),
  };
}
