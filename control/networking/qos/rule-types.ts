/** The types of QoS rules: what each says, and the list of them (neutron/objects/qos/{rule,rule_type}.py). */
import type { DerivedRow } from "../../../api/mod.ts";
import { fault, type Id, type QosRule } from "../../../model/mod.ts";
import type { ResourcePlan } from "../plan.ts";

type RuleType = QosRule["type"];

/** In Neutron's order (neutron_lib/services/qos/constants.py VALID_RULE_TYPES). */
export const RULE_TYPES = [
  "bandwidth_limit",
  "dscp_marking",
  "minimum_bandwidth",
  "minimum_packet_rate",
  "packet_rate_limit",
] as const satisfies readonly RuleType[];

/** neutron_lib/constants.py VALID_DSCP_MARKS. */
const DSCP_MARKS = [0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 44, 46, 48, 56] as const;

const WAYS = ["ingress", "egress"];

/** Of each type, its members: the values they may have, or "rate" for any 32-bit number. */
export const MEMBERS: Readonly<Record<RuleType, Readonly<Record<string, "rate" | readonly unknown[]>>>> = {
  bandwidth_limit: { max_kbps: "rate", max_burst_kbps: "rate", direction: WAYS },
  dscp_marking: { dscp_mark: DSCP_MARKS },
  minimum_bandwidth: { min_kbps: "rate", direction: WAYS },
  minimum_packet_rate: { min_kpps: "rate", direction: ["any", ...WAYS] },
  packet_rate_limit: { max_kpps: "rate", max_burst_kpps: "rate", direction: WAYS },
};

/** A rule as it is shown, within its policy and alone. */
export const ruleRow = (policyId: Id, rule: QosRule): QosRule & { qos_policy_id: Id } => ({
  ...rule,
  qos_policy_id: policyId,
});

const isType = (name: string): name is RuleType => Object.hasOwn(MEMBERS, name);

/** As neutron/services/qos/drivers/manager.py supported_rule_type_details has them. */
const parametersOf = (type: RuleType) =>
  Object.entries(MEMBERS[type]).map(([parameter_name, values]) =>
    values === "rate"
      ? { parameter_name, parameter_type: "range", parameter_values: { start: 0, end: 2 ** 31 - 1 } }
      : { parameter_name, parameter_type: "choices", parameter_values: values },
  );

const detailsOf = (type: RuleType): DerivedRow => ({
  type,
  drivers: [{ name: "cable", supported_parameters: parametersOf(type) }],
});

/** Every type is supported, whichever way the list is asked for; its details are shown one by one. */
export function qosRuleTypePlan(): ResourcePlan<"qos_rule_type"> {
  return {
    // The list is everybody's, details are not; that is no rule of Neutron's policy, but the plugin's own.
    sees(caller, row) {
      if (row.drivers !== undefined && !caller.isAdmin) throw fault("NotAuthorized");
      return true;
    },
    notFound: () => fault("HTTPNotFound"),
    derived: {
      get: (_reader, name) => (isType(name) ? detailsOf(name) : undefined),
      list: () => RULE_TYPES.map((type) => ({ type })),
    },
  };
}
