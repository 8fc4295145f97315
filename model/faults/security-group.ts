/** Security groups, their rules and the templates of those (neutron/extensions/{securitygroup,security_groups_default_rules}.py). */
import { type FaultRow, row } from "./row.ts";

export const SECURITY_GROUP = {
  SecurityGroupNotFound: row(404, "Security group %(id)s does not exist"),
  SecurityGroupInUse: row(409, "Security Group %(id)s %(reason)s.", { reason: "in use" }),
  SecurityGroupCannotRemoveDefault: row(409, "Insufficient rights for removing default security group."),
  SecurityGroupCannotUpdateDefault: row(409, "Updating default security group not allowed."),
  SecurityGroupDefaultAlreadyExists: row(409, "Default security group already exists."),
  SecurityGroupConflict: row(409, "Error %(reason)s while attempting the operation."),
  SecurityGroupDefaultStatefulnessNotFound: row(404, "Security group default statefulness %(id)s could not be found."),
  SecurityGroupDefaultStatefulnessAlreadyExists: row(
    409,
    "A security group default statefulness setting already exists for project '%(project_id)s'.",
  ),

  // Rules
  SecurityGroupRuleNotFound: row(404, "Security group rule %(id)s does not exist"),
  SecurityGroupRuleExists: row(409, "Security group rule already exists. Rule id is %(rule_id)s."),
  SecurityGroupRuleInUse: row(409, "Security Group Rule %(id)s %(reason)s.", { reason: "in use" }),
  DuplicateSecurityGroupRuleInPost: row(409, "Duplicate Security Group Rule in POST."),
  SecurityGroupNotSingleGroupRules: row(400, "Only allowed to update rules for one security profile at a time"),
  SecurityGroupRulesNotSingleProject: row(400, "Multiple project_ids in bulk security group rule create not allowed"),
  SecurityGroupRuleParameterConflict: row(400, "Conflicting value ethertype %(ethertype)s for CIDR %(cidr)s"),
  SecurityGroupMultipleRemoteEntites: row(
    400,
    "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
  ),
  SecurityGroupRuleInvalidEtherType: row(
    400,
    "Security group rule for ethertype '%(ethertype)s' not supported. Allowed values are %(values)s.",
  ),
  SecurityGroupEthertypeConflictWithProtocol: row(400, "Invalid ethertype %(ethertype)s for protocol %(protocol)s."),
  SecurityGroupRuleInvalidProtocol: row(
    400,
    "Security group rule protocol %(protocol)s not supported. Only protocol values %(values)s and integer representations [0 to 255] are supported.",
  ),
  SecurityGroupProtocolRequiredWithPorts: row(400, "Must also specify protocol if port range is given."),
  SecurityGroupInvalidProtocolForPort: row(
    400,
    "Ports cannot be specified for protocol %(protocol)s. Ports are only supported for %(valid_port_protocols)s.",
  ),
  SecurityGroupInvalidPortRange: row(400, "For TCP/UDP protocols, port_range_min must be <= port_range_max"),
  SecurityGroupInvalidPortValue: row(400, "Invalid value for port %(port)s"),
  SecurityGroupInvalidIcmpValue: row(
    400,
    "Invalid value for ICMP %(field)s (%(attr)s) %(value)s. It must be 0 to 255.",
  ),
  SecurityGroupMissingIcmpType: row(
    400,
    "ICMP code (port-range-max) %(value)s is provided but ICMP type (port-range-min) is missing.",
  ),

  // Templates
  DefaultSecurityGroupRuleNotFound: row(404, "Default Security Group rule %(id)s does not exist"),
  DefaultSecurityGroupRuleExists: row(409, "Default Security group rule already exists. Rule id is %(rule_id)s."),
  DuplicateDefaultSgRuleInPost: row(409, "Duplicate Default Security Group Rule in POST."),
} as const satisfies Record<string, FaultRow>;
