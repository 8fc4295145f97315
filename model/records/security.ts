/** Security groups, their rules, and groups of addresses. */
import type { Cidr } from "../ip.ts";
import type { Id, Standard } from "./standard.ts";

export interface SecurityGroupRecord extends Standard {
  stateful: boolean; // user
  /** The one that a project's ports get when they name none. */
  is_default: boolean; // control
}

/** What a rule says, whatever it belongs to. */
export interface RuleMatch {
  direction: "ingress" | "egress"; // user
  ethertype: "IPv4" | "IPv6"; // user
  /** As the user wrote it, a name or a number; null: any. */
  protocol: string | null; // user
  port_range_min: number | null; // user; for ICMP the type
  port_range_max: number | null; // user; for ICMP the code
  remote_ip_prefix: Cidr | null; // user
  remote_group_id: Id | null; // user
  remote_address_group_id: Id | null; // user
}

export interface SecurityGroupRuleRecord extends Standard, RuleMatch {
  security_group_id: Id; // user
}

/** A rule that new groups get. `remote_group_id` "PARENT" means the group itself. */
export interface DefaultSecurityGroupRuleRecord extends Standard, RuleMatch {
  used_in_default_sg: boolean; // user
  used_in_non_default_sg: boolean; // user
}

export interface AddressGroupRecord extends Standard {
  addresses: Cidr[]; // user
}
