/** Security groups, their rules, and groups of addresses. */
import type { Cidr } from "../ip.ts";
import type { Id, Standard } from "./standard.ts";

export interface SecurityGroupRecord extends Standard {
  stateful: boolean; // user
  /** The one that a project's ports get when they name none. */
  is_default: boolean; // control
}

/**
 * Rewritten, without a look at what is there, with every rule that comes into a group or goes: the store counts the writes,
 * and the group's revision_number shows them. So any number of clients change one group's rules at once.
 */
export interface SecurityGroupChangeRecord {
  /** The group's. */
  id: Id; // control
  updated_at: string; // control
}

/** What a rule says, whatever it belongs to. */
export interface RuleMatch {
  direction: "ingress" | "egress"; // user
  ethertype: "IPv4" | "IPv6"; // user
  /** As the user wrote it, a name or a number; null: any. */
  protocol: string | null; // user
  port_range_min: number | null; // user; for ICMP the type
  port_range_max: number | null; // user; for ICMP the code
  /** As the user wrote it, which may have host bits. */
  remote_ip_prefix: string | null; // user
  remote_group_id: Id | null; // user
  remote_address_group_id: Id | null; // user
}

export interface SecurityGroupRuleRecord extends Standard, RuleMatch {
  security_group_id: Id; // user
  /** It came with its group, of a template: its description shows as null. */
  from_template?: true; // control
}

/** A rule that new groups get. `remote_group_id` "PARENT" means the group itself. */
export interface DefaultSecurityGroupRuleRecord extends Standard, RuleMatch {
  used_in_default_sg: boolean; // user
  used_in_non_default_sg: boolean; // user
}

export interface AddressGroupRecord extends Standard {
  addresses: Cidr[]; // user
}
