/** Quality of service (neutron_lib/exceptions/qos.py). */
import { type FaultRow, row } from "./row.ts";

export const QOS = {
  QosPolicyNotFound: row(404, "QoS policy %(policy_id)s could not be found."),
  QosRuleNotFound: row(404, "QoS rule %(rule_id)s for policy %(policy_id)s could not be found."),
  QosPolicyInUse: row(409, "QoS Policy %(policy_id)s is used by %(object_type)s %(object_id)s."),
  QoSPolicyDefaultAlreadyExists: row(409, "A default QoS policy exists for project %(project_id)s."),
  PolicyRemoveAuthorizationError: row(
    403,
    "Failed to remove provided policy %(policy_id)s because you are not authorized.",
  ),
  QoSRuleParameterConflict: row(
    409,
    "Unable to add the rule with value %(rule_value)s to the policy %(policy_id)s as the existing rule of type %(existing_rule)s has value %(existing_value)s.",
  ),
  QoSRulesConflict: row(
    409,
    "Rule %(new_rule_type)s conflicts with rule %(rule_id)s which already exists in QoS Policy %(policy_id)s.",
  ),
  NotImplementedError: row(501, "%(msg)s"),
  QosRuleNotSupported: row(409, "Rule %(rule_type)s is not supported by port %(port_id)s"),
  QosRuleNotSupportedByNetwork: row(409, "Rule %(rule_type)s is not supported by network %(network_id)s"),
  QosPlacementAllocationConflict: row(
    409,
    "Allocation for consumer %(consumer)s is not possible on resource provider %(rp)s, the requested amount of bandwidth would exceed the capacity available.",
  ),
  QosPlacementAllocationUpdateConflict: row(
    409,
    "Updating placement allocation with %(alloc_diff)s for consumer %(consumer)s failed. The requested resources would exceed the capacity available.",
  ),

  // Bindings
  NetworkQosBindingNotFound: row(
    404,
    "QoS binding for network %(net_id)s and policy %(policy_id)s could not be found.",
  ),
  NetworkQosBindingError: row(
    500,
    "QoS binding for network %(net_id)s and policy %(policy_id)s could not be created: %(db_error)s.",
  ),
  PortQosBindingNotFound: row(404, "QoS binding for port %(port_id)s and policy %(policy_id)s could not be found."),
  PortQosBindingError: row(
    500,
    "QoS binding for port %(port_id)s and policy %(policy_id)s could not be created: %(db_error)s.",
  ),
  FloatingIPQosBindingNotFound: row(
    404,
    "QoS binding for floating IP %(fip_id)s and policy %(policy_id)s could not be found.",
  ),
  FloatingIPQosBindingError: row(
    500,
    "QoS binding for floating IP %(fip_id)s and policy %(policy_id)s could not be created: %(db_error)s.",
  ),
  RouterQosBindingNotFound: row(
    404,
    "QoS binding for router %(router_id)s gateway and policy %(policy_id)s could not be found.",
  ),
  RouterQosBindingError: row(
    500,
    "QoS binding for router %(router_id)s gateway and policy %(policy_id)s could not be created: %(db_error)s.",
  ),
} as const satisfies Record<string, FaultRow>;
