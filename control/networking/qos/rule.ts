/** The rules of a QoS policy as resources: below their policy, or by their id alone (neutron/services/qos/qos_plugin.py). */
import type { Attributes, Caller, DerivedRow } from "../../../api/mod.ts";
import { type FaultCode, fault, type Id, type QosPolicyRecord, type QosRule } from "../../../model/mod.ts";
import { attribute, isText, isWhole, oneOf } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { seesShared } from "../sharing.ts";
import { revised, touched } from "../standard.ts";
import { checkBandwidths, checkDuplicates, checkPacketRates } from "./conflicts.ts";
import { QOS_NETWORKS, QOS_PORTS } from "./policy.ts";
import { MEMBERS, ruleRow } from "./rule-types.ts";

type Policy = QosPolicyRecord;
type RuleType = QosRule["type"];
type RuleKind = `${RuleType}_rule`;

const POLICY_OF_RULE = index("qos_policy", ({ rules }) => rules.map(({ id }) => id));

/** What the body says, over what the rule said before. @throws Fault InvalidInput */
function readRule(type: RuleType, id: Id, body: Attributes, before: Attributes): QosRule {
  const members = Object.entries(MEMBERS[type]).map(([name, values]) => {
    const isDirection = name === "direction";
    const fallback = before[name] ?? (isDirection ? "egress" : 0);
    if (!isDirection) return [name, attribute(body, name, isWhole, fallback as number)];
    return [name, attribute(body, name, oneOf(...(values as string[])), fallback as string)];
  });
  return { type, id, ...Object.fromEntries(members) } as QosRule;
}

/** Of a guarantee, Placement has given servers their share by now. @throws Fault NotImplementedError */
function checkUnplaced(env: Env, draft: Draft, policyId: Id, type: RuleType): void {
  if (type !== "minimum_bandwidth" && type !== "minimum_packet_rate") return;
  const ofServer = (id: Id, isOwn: boolean) => {
    const port = draft.get("port", id);
    return port?.device_owner.startsWith("compute:") && (isOwn || !port.qos_policy_id);
  };
  const { indexes, memory } = env;
  const isPlaced =
    [...indexes.of(QOS_PORTS, policyId)].some((id) => ofServer(id, true)) ||
    [...indexes.of(QOS_NETWORKS, policyId)].some((network) =>
      [...memory.portsOfNetwork(network)].some((id) => ofServer(id, false)),
    );
  if (!isPlaced) return;
  const msg = "Cannot update QoS policies/rules backed by resources tracked in Placement";
  throw fault("NotImplementedError" satisfies FaultCode, { msg });
}

function putRules(env: Env, draft: Draft, policy: Policy, rules: QosRule[]): void {
  const after = revised(env, policy, { ...policy, rules });
  if (after !== policy) draft.replace("qos_policy", policy.id, after);
}

/** @throws Fault QosPolicyNotFound */
function policyOf(reader: Reader, id: Id): Policy {
  const policy = reader.get("qos_policy", id);
  if (policy === undefined) throw fault("QosPolicyNotFound", { policy_id: id });
  return policy;
}

const idsOf = (row: DerivedRow) => ({ id: String(row.id), policyId: String(row.qos_policy_id) });

function setRule(env: Env, draft: Draft, policy: Policy, rule: QosRule): DerivedRow {
  checkPacketRates(policy, rule);
  checkDuplicates(policy, rule);
  checkUnplaced(env, draft, policy.id, rule.type);
  const isNew = !policy.rules.some(({ id }) => id === rule.id);
  const rules = isNew ? [...policy.rules, rule] : policy.rules.map((other) => (other.id === rule.id ? rule : other));
  putRules(env, draft, policy, rules);
  return ruleRow(policy.id, rule);
}

function createRule(env: Env, draft: Draft, type: RuleType, body: Attributes): DerivedRow {
  const policy = policyOf(draft, attribute(body, "qos_policy_id", isText, ""));
  const rule = readRule(type, env.newId(), body, {});
  checkBandwidths(policy, { ...rule });
  return setRule(env, draft, policy, rule);
}

function updateRule(env: Env, draft: Draft, type: RuleType, current: DerivedRow, changes: Attributes): DerivedRow {
  const { id, policyId } = idsOf(current);
  const policy = policyOf(draft, policyId);
  checkBandwidths(policy, changes);
  return setRule(env, draft, policy, readRule(type, id, changes, current));
}

function removeRule(env: Env, draft: Draft, type: RuleType, current: DerivedRow): void {
  const { id, policyId } = idsOf(current);
  const policy = policyOf(draft, policyId);
  checkUnplaced(env, draft, policyId, type);
  const rules = policy.rules.filter((rule) => rule.id !== id);
  draft.replace("qos_policy", policyId, touched(env, { ...policy, rules }));
}

function findRule(reader: Reader, type: RuleType, id: Id): DerivedRow | undefined {
  const [policy] = reader.select(POLICY_OF_RULE, id);
  const rule = policy?.rules.find((each) => each.id === id && each.type === type);
  return policy && rule && ruleRow(policy.id, rule);
}

/** @throws Fault QosPolicyNotFound also for one that the caller does not see */
function seenPolicy(reader: Reader, caller: Caller, id: Id): Policy {
  const policy = policyOf(reader, id);
  if (!seesShared(caller, policy, reader)) throw fault("QosPolicyNotFound", { policy_id: id });
  return policy;
}

function* rulesOf(reader: Reader, caller: Caller, type: RuleType, policyIds: readonly Id[]): Iterable<DerivedRow> {
  for (const policyId of policyIds) {
    const { rules } = seenPolicy(reader, caller, policyId);
    for (const rule of rules) if (rule.type === type) yield ruleRow(policyId, rule);
  }
}

/** Whoever sees the policy sees its rules; what of them may be shown is the door's policy. */
export function qosRulePlan(env: Env, type: RuleType): ResourcePlan<RuleKind> {
  return {
    parent: "qos_policy_id",
    sees: (caller, row, reader) => seenPolicy(reader, caller, idsOf(row).policyId) !== undefined,
    notFound: (id, policyId) => fault("QosRuleNotFound", { policy_id: policyId, rule_id: id }),
    derived: {
      get: (reader, id) => findRule(reader, type, id),
      list: (reader, caller, hint) => rulesOf(reader, caller, type, hint.qos_policy_id ?? []),
    },
    create: (draft, _caller, body) => createRule(env, draft, type, body),
    update: (draft, _caller, current, changes) => updateRule(env, draft, type, current, changes),
    remove(draft, _caller, current) {
      removeRule(env, draft, type, current);
      return "done";
    },
  };
}
