/**
 * The stored records, under Neutron's own names and attribute names, so that there is one model only; `host` is what
 * Neutron lacks.
 *
 * Who writes a field: "user" a caller of the API, "control" the control node, "agent" the agent of the bound host
 * (through its status report). The API refuses any other writer.
 */
import type { BalancerRecord } from "./records/balancer.ts";
import type { HostBeatRecord, HostRecord } from "./records/host.ts";
import type * as net from "./records/network.ts";
import type * as pool from "./records/pool.ts";
import type { PortRecord } from "./records/port.ts";
import type { QosPolicyRecord } from "./records/qos.ts";
import type * as l3 from "./records/router.ts";
import type * as sec from "./records/security.ts";
import type * as service from "./records/service.ts";

export type * from "./records/balancer.ts";
export type * from "./records/host.ts";
export type * from "./records/network.ts";
export type * from "./records/pool.ts";
export type * from "./records/port.ts";
export type * from "./records/qos.ts";
export type * from "./records/router.ts";
export type * from "./records/security.ts";
export type * from "./records/service.ts";
export type * from "./records/standard.ts";

/** The record types by the name of their collection, which is also their place in the store. */
export interface RecordTypes {
  host: HostRecord;
  host_beat: HostBeatRecord;
  network: net.NetworkRecord;
  subnet: net.SubnetRecord;
  segment: net.SegmentRecord;
  network_segment_range: net.NetworkSegmentRangeRecord;
  port: PortRecord;
  security_group: sec.SecurityGroupRecord;
  security_group_change: sec.SecurityGroupChangeRecord;
  security_group_rule: sec.SecurityGroupRuleRecord;
  default_security_group_rule: sec.DefaultSecurityGroupRuleRecord;
  address_group: sec.AddressGroupRecord;
  router: l3.RouterRecord;
  floatingip: l3.FloatingIpRecord;
  port_forwarding: l3.PortForwardingRecord;
  conntrack_helper: l3.ConntrackHelperRecord;
  ndp_proxy: l3.NdpProxyRecord;
  local_ip: l3.LocalIpRecord;
  local_ip_association: l3.LocalIpAssociationRecord;
  address_scope: pool.AddressScopeRecord;
  subnetpool: pool.SubnetPoolRecord;
  rbac_policy: pool.RbacPolicyRecord;
  quota: pool.QuotaRecord;
  quota_count: pool.QuotaCountRecord;
  auto_allocated_topology: pool.AutoAllocatedTopologyRecord;
  qos_policy: QosPolicyRecord;
  trunk: service.TrunkRecord;
  metering_label: service.MeteringLabelRecord;
  metering_label_rule: service.MeteringLabelRuleRecord;
  flavor: service.FlavorRecord;
  service_profile: service.ServiceProfileRecord;
  log: service.LogRecord;
  tap_service: service.TapServiceRecord;
  tap_flow: service.TapFlowRecord;
  tap_mirror: service.TapMirrorRecord;
  balancer: BalancerRecord;
}
export type Kind = keyof RecordTypes;

/** The kinds of Neutron's own resources, which all carry {@link Standard}'s attributes. */
export type ResourceRecordKind = Exclude<
  Kind,
  "host" | "host_beat" | "quota" | "quota_count" | "auto_allocated_topology" | "security_group_change"
>;
