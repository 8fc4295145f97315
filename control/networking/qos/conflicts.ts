/** Which rules go together in one policy (neutron/objects/qos/qos_policy_validator.py). */
import { fault, type QosPolicyRecord, type QosRule } from "../../../model/mod.ts";

type Policy = QosPolicyRecord;

/** No more may be guaranteed than is allowed, in one direction, or in any where the request names none. */
export function checkBandwidths(policy: Policy, body: Readonly<Record<string, unknown>>): void {
  const refuse = (rule_value: number, rule: QosRule, existing_value: number) =>
    fault("QoSRuleParameterConflict", { rule_value, policy_id: policy.id, existing_rule: rule.type, existing_value });
  for (const rule of policy.rules) {
    if (rule.type !== "minimum_bandwidth" && rule.type !== "bandwidth_limit") continue;
    if (body.direction !== undefined && rule.direction !== body.direction) continue;
    if (rule.type === "minimum_bandwidth") {
      if (typeof body.max_kbps === "number" && rule.min_kbps > body.max_kbps) {
        throw refuse(body.max_kbps, rule, rule.min_kbps);
      }
    } else if (typeof body.min_kbps === "number" && rule.max_kbps < body.min_kbps) {
      throw refuse(body.min_kbps, rule, rule.max_kbps);
    }
  }
}

const directionOf = (rule: QosRule) => ("direction" in rule ? rule.direction : undefined);

/** Packet rates are guaranteed for both directions together or for each alone. */
export function checkPacketRates(policy: Policy, wanted: QosRule): void {
  if (wanted.type !== "minimum_packet_rate") return;
  for (const rule of policy.rules) {
    if (rule.type !== wanted.type || rule.id === wanted.id) continue;
    if ((rule.direction === "any") === (wanted.direction === "any")) continue;
    throw fault("QoSRuleParameterConflict", {
      rule_value: wanted.direction,
      policy_id: policy.id,
      existing_rule: rule.type,
      existing_value: rule.direction,
    });
  }
}

/** One rule of a type and direction. */
export function checkDuplicates(policy: Policy, wanted: QosRule): void {
  const same = policy.rules.find(
    (rule) => rule.id !== wanted.id && rule.type === wanted.type && directionOf(rule) === directionOf(wanted),
  );
  if (same === undefined) return;
  throw fault("QoSRulesConflict", { new_rule_type: wanted.type, rule_id: same.id, policy_id: policy.id });
}
