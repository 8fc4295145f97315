/** When two rules are the same (securitygroups_db.py _rule_to_key). */
import type { RuleMatch } from "../../../model/mod.ts";
import { canonicalProtocol, protocolKey } from "./protocols.ts";

const EVERYWHERE = new Set<string | null>([null, "0.0.0.0/0", "::/0"]);

/** Equal for rules of one group that say the same; fit for a part of a key in the store. */
export function ruleKey(rule: RuleMatch): string {
  const prefix = EVERYWHERE.has(rule.remote_ip_prefix) ? null : rule.remote_ip_prefix;
  return [
    rule.direction,
    rule.ethertype,
    rule.port_range_max ?? "+",
    rule.port_range_min ?? "+",
    protocolKey(canonicalProtocol(rule.protocol, rule.ethertype)),
    rule.remote_group_id ?? "+",
    rule.remote_address_group_id ?? "+",
    prefix ?? "+",
  ].join("_");
}
