/** Every resource that this control node offers, with its plan. */
import {
  agentNetworkPlan,
  agentPlan,
  agentRouterPlan,
  availabilityZonePlan,
  networkAgentPlan,
  routerAgentPlan,
} from "./agents/mod.ts";
import { balancerPlan } from "./balancers/mod.ts";
import type { Env } from "./env.ts";
import { bindingPlan, flavorPlan, nextProviderPlan, profilePlan, providerPlan } from "./flavors/mod.ts";
import { addressGroupPlan, groupPlan, rulePlan, templatePlan } from "./groups/mod.ts";
import { networkIpAvailabilityPlan } from "./ip-availability.ts";
import {
  conntrackHelperPlan,
  floatingIpPlan,
  floatingIpPoolPlan,
  forwardingPlan,
  localAssociationPlan,
  localIpPlan,
  ndpProxyPlan,
  routerPlan,
} from "./l3/mod.ts";
import { loggablePlan, logPlan } from "./logs/mod.ts";
import { labelPlan, labelRulePlan } from "./metering/mod.ts";
import { networkPlan } from "./network.ts";
import type { Plans } from "./plan.ts";
import { addressScopePlan, subnetPoolPlan } from "./pools/mod.ts";
import { portPlan } from "./port.ts";
import { portBindingPlan } from "./port-binding.ts";
import { qosPolicyPlan, qosRulePlan, qosRuleTypePlan } from "./qos/mod.ts";
import { quotaDefaultPlan, quotaDetailPlan, quotaPlan } from "./quota/mod.ts";
import { rbacPolicyPlan } from "./rbac/mod.ts";
import { segmentPlan } from "./segment.ts";
import { segmentRangePlan } from "./segments/mod.ts";
import { subnetPlan } from "./subnet.ts";
import { tapFlowPlan, tapMirrorPlan, tapServicePlan } from "./taps/mod.ts";
import { autoAllocatedTopologyPlan } from "./topology/mod.ts";
import { trunkPlan } from "./trunks/mod.ts";

export function makePlans(env: Env): Plans {
  const network = networkPlan(env);
  const subnet = subnetPlan(env);
  const router = routerPlan(env);
  return {
    network,
    subnet,
    subnetpool: subnetPoolPlan(env),
    address_scope: addressScopePlan(env),
    port: portPlan(env),
    security_group: groupPlan(env),
    security_group_rule: rulePlan(env),
    default_security_group_rule: templatePlan(env),
    address_group: addressGroupPlan(env),
    qos_policy: qosPolicyPlan(env),
    bandwidth_limit_rule: qosRulePlan(env, "bandwidth_limit"),
    dscp_marking_rule: qosRulePlan(env, "dscp_marking"),
    minimum_bandwidth_rule: qosRulePlan(env, "minimum_bandwidth"),
    minimum_packet_rate_rule: qosRulePlan(env, "minimum_packet_rate"),
    packet_rate_limit_rule: qosRulePlan(env, "packet_rate_limit"),
    qos_rule_type: qosRuleTypePlan(),
    quota: quotaPlan(env),
    quota_default: quotaDefaultPlan(env),
    quota_detail: quotaDetailPlan(env),
    router,
    auto_allocated_topology: autoAllocatedTopologyPlan(env, { network, subnet, router }),
    network_ip_availability: networkIpAvailabilityPlan(env),
    floatingip: floatingIpPlan(env),
    port_forwarding: forwardingPlan(env),
    floatingip_pool: floatingIpPoolPlan(env),
    conntrack_helper: conntrackHelperPlan(env),
    ndp_proxy: ndpProxyPlan(env),
    local_ip: localIpPlan(env),
    local_ip_association: localAssociationPlan(env),
    rbac_policy: rbacPolicyPlan(env),
    agent: agentPlan(env),
    agent_network: agentNetworkPlan(env, network),
    agent_router: agentRouterPlan(env, router),
    network_agent: networkAgentPlan(env),
    router_agent: routerAgentPlan(env),
    availability_zone: availabilityZonePlan(env),
    metering_label: labelPlan(env),
    metering_label_rule: labelRulePlan(env),
    flavor: flavorPlan(env),
    service_profile: profilePlan(env),
    flavor_service_profile: bindingPlan(env),
    next_provider: nextProviderPlan(),
    service_provider: providerPlan(),
    log: logPlan(env),
    loggable_resource: loggablePlan(),
    tap_service: tapServicePlan(env),
    tap_flow: tapFlowPlan(env),
    tap_mirror: tapMirrorPlan(env),
    balancer: balancerPlan(env),
    segment: segmentPlan(env),
    network_segment_range: segmentRangePlan(env),
    trunk: trunkPlan(env),
    port_binding: portBindingPlan(env),
  };
}
