/** The types of what is only shown, which no validator tells: by attribute, or by resource and attribute. */
import { nullable, type Schema } from "../json-schema.ts";

const TEXT: Schema = { type: "string" };
const ID: Schema = { type: "string", format: "uuid" };
const TIME: Schema = { type: "string", format: "date-time" };
const FLAG: Schema = { type: "boolean" };
const NUMBER: Schema = { type: "integer" };
const OBJECT: Schema = { type: "object" };
const listOf = (items: Schema): Schema => ({ type: "array", items });

export const SHOWN: Readonly<Record<string, Schema>> = {
  status: TEXT,
  created_at: TIME,
  updated_at: TIME,
  revision_number: NUMBER,
  tags: listOf(TEXT),
  id: ID,
  name: nullable(TEXT),
  description: nullable(TEXT),
  tenant_id: nullable(TEXT),
  project_id: nullable(TEXT),
  host: TEXT,
  subnets: listOf(ID),
  "network.shared": FLAG,
  "subnet.shared": FLAG,
  "router:external": FLAG,
  mtu: NUMBER,
  availability_zones: listOf(TEXT),
  availability_zone_hints: listOf(TEXT),
  ipv4_address_scope: nullable(ID),
  ipv6_address_scope: nullable(ID),
  l2_adjacency: FLAG,
  vlan_transparent: nullable(FLAG),
  "binding:vif_type": TEXT,
  "binding:vif_details": OBJECT,
  "binding:profile": OBJECT,
  dns_assignment: listOf(OBJECT),
  ip_allocation: { type: "string", enum: ["immediate", "deferred", "none"] },
  ip_version: { type: "integer", enum: [4, 6] },
  extra_dhcp_opts: listOf(OBJECT),
  fixed_ips: listOf(OBJECT),
  service_types: listOf(TEXT),
  security_groups: listOf(ID),
  security_group_rules: listOf(OBJECT),
  addresses: listOf(TEXT),
  shared: FLAG,
  is_default: FLAG,
  qos_network_policy_id: nullable(ID),
  normalized_cidr: nullable(TEXT),
  belongs_to_default_sg: nullable(FLAG),
  router_id: nullable(ID),
  port_details: nullable(OBJECT),
  port_forwardings: listOf(OBJECT),
  resource_request: nullable(OBJECT),
  trunk_details: OBJECT,
  external_gateways: listOf(OBJECT),
  flavor_id: nullable(ID),
  rules: listOf(OBJECT),
  metainfo: TEXT,
};
