/** QoS policies, as a lab's administrator handles them. */
import type { Lab } from "./lab.ts";
import type { Attributes } from "./neutron.ts";

type RuleType = "bandwidth_limit" | "packet_rate_limit" | "dscp_marking";

/** A policy of no rules yet; its id. */
export async function addQosPolicy(lab: Lab, name: string): Promise<string> {
  const reply = await lab.neutron.request("POST", "/v2.0/qos/policies", { policy: { name } });
  return (reply as { policy: { id: string } }).policy.id;
}

/** Adds a rule to a policy; its path, by which it is changed and deleted. */
export async function addQosRule(lab: Lab, policy: string, type: RuleType, attributes: Attributes): Promise<string> {
  const path = `/v2.0/qos/policies/${policy}/${type}_rules`;
  const reply = await lab.neutron.request("POST", path, { [`${type}_rule`]: attributes });
  return `${path}/${(reply as Record<string, { id: string }>)[`${type}_rule`]?.id}`;
}
