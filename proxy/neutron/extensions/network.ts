/** Networks, their segments and what is known of their addresses. */
import { type Extension, row } from "./row.ts";

export const NETWORK: readonly Extension[] = [
  row(
    "auto-allocated-topology",
    "Auto Allocated Topology Services",
    "2016-01-01T00:00:00-00:00",
    "Auto Allocated Topology Services.",
  ),
  row(
    "external-net",
    "Neutron external network",
    "2013-01-14T10:00:00-00:00",
    "Adds external network attribute to network resource.",
  ),
  row("l2_adjacency", "L2 Adjacency", "2016-04-12T16:00:00-00:00", "Display L2 Adjacency for Neutron Networks."),
  row(
    "multi-provider",
    "Multi Provider Network",
    "2013-06-27T10:00:00-00:00",
    "Expose mapping of virtual networks to multiple physical networks",
  ),
  row("net-mtu", "Network MTU", "2015-03-25T10:00:00-00:00", "Provides MTU attribute for a network resource."),
  row(
    "net-mtu-writable",
    "Network MTU (writable)",
    "2017-07-12T00:00:00-00:00",
    "Provides a writable MTU attribute for a network resource.",
  ),
  row(
    "network-ip-availability",
    "Network IP Availability",
    "2015-09-24T00:00:00-00:00",
    "Provides IP availability data for each network and subnet.",
  ),
  row(
    "network-ip-availability-details",
    "Network IP Availability Details Extension",
    "2025-10-31T00:00:00-00:00",
    "Add ip_availability_details attribute to network-ip-availabilities resource.",
  ),
  row(
    "network-segment-range",
    "Neutron Network Segment Range",
    "2018-11-29T00:00:00-00:00",
    "Provides support for the network segment range management",
  ),
  row(
    "network_ha",
    "Network HA creation flag",
    "2023-04-27T10:00:00-00:00",
    "Network high availability creation flag.",
  ),
  row(
    "provider",
    "Provider Network",
    "2012-09-07T10:00:00-00:00",
    "Expose mapping of virtual networks to physical networks",
  ),
  row("pvlan", "Private VLAN", "2026-02-03T10:00:00-00:00", "The Private VLAN semantics extension."),
  row(
    "qinq",
    "QinQ networks",
    "2024-12-02T10:00:00-00:00",
    "Expose network 'qinq' attribute in the API. This allows to configure network to allow vlan in vlan configuration using 0x88a8 ethertype (QinQ).",
  ),
  row("segment", "Segment", "2016-02-24T17:00:00-00:00", "Segments extension."),
  row(
    "segments-peer-subnet-host-routes",
    "Segments peer-subnet host routes",
    "2018-06-12T10:00:00-00:00",
    "Add host routes to subnets on a routed network (segments)",
  ),
  row(
    "standard-attr-segment",
    "Standard Attribute Segment Extension",
    "2018-04-09T10:00:00-00:00",
    "Add standard attributes to Segment resource",
  ),
  row("vlan-transparent", "Vlantransparent", "2015-03-23T09:00:00-00:00", "Provides Vlan Transparent Networks"),
];
