/** Routers. */
import { type Extension, row } from "./row.ts";

export const ROUTER: readonly Extension[] = [
  row(
    "dvr",
    "Distributed Virtual Router",
    "2014-06-1T10:00:00-00:00",
    "Enables configuration of Distributed Virtual Routers.",
  ),
  row(
    "ecmp_routes",
    "Equal Cost Multipath Routing",
    "2020-11-26T18:00:00-00:00",
    "Allows traffic to reach thesame destination via multiple different links ",
  ),
  row(
    "enable-default-route-bfd",
    "Enable Default Route BFD",
    "2023-02-27T00:00:00-00:00",
    "Enables configurable BFD behavior for default routes",
  ),
  row(
    "enable-default-route-ecmp",
    "Enable Default Route ECMP",
    "2023-02-27T00:00:00-00:00",
    "Enables configurable ECMP behavior for default routes",
  ),
  row(
    "expose-l3-conntrack-helper",
    "Expose CT target rules for conntrack helper",
    "2019-04-04T10:00:00-00:00",
    "Expose allow adding CT target rules for conntrack helper",
  ),
  row(
    "ext-gw-mode",
    "Neutron L3 Configurable external gateway mode",
    "2013-03-28T10:00:00-00:00",
    "Extension of the router abstraction for specifying whether SNAT should occur on the external gateway",
  ),
  row(
    "external-gateway-multihoming",
    "Neutron L3 External Gateway Multihoming",
    "2023-01-18T00:00:00-00:00",
    "Allow multiple external gateway ports per router",
  ),
  row("extraroute", "Neutron Extra Route", "2013-02-01T10:00:00-00:00", "Extra routes configuration for L3 router"),
  row(
    "extraroute-atomic",
    "Atomically add/remove extra routes",
    "2019-07-10T00:00:00+00:00",
    "Edit extra routes of a router on server side by atomically adding/removing extra routes",
  ),
  row(
    "l3-conntrack-helper",
    "L3 Conntrack helper",
    "2019-04-04T10:00:00-00:00",
    "Allow adding CT target rules for conntrack helper",
  ),
  row(
    "l3-ext-ndp-proxy",
    "Router support to enable NDP proxy",
    "2020-08-25T00:00:00-00:00",
    "Router extension to enable ndp proxy",
  ),
  row("l3-flavors", "Router Flavor Extension", "2016-05-17T00:00:00-00:00", "Flavor support for routers."),
  row("l3-ha", "HA Router extension", "2014-04-26T00:00:00-00:00", "Adds HA capability to routers."),
  // Its name and description are these words in Neutron too, by a slip there.
  row("l3-ndp-proxy", "name", "2021-06-29T10:00:00-00:00", "description"),
  row(
    "l3-port-ip-change-not-allowed",
    "Prevent L3 router ports IP address change extension",
    "2018-10-09T10:00:00-00:00",
    "Prevent change of IP address for some L3 router ports",
  ),
  row(
    "router",
    "Neutron L3 Router",
    "2012-07-20T10:00:00-00:00",
    "Router abstraction for basic L3 forwarding between L2 Neutron networks and access to external networks via a NAT gateway.",
  ),
  row(
    "router-admin-state-down-before-update",
    "Enforce Router's Admin State Down Before Update Extension",
    "2019-07-02T15:56:00",
    "Ensure that the admin state of a router is DOWN (admin_state_up=False) before updating the distributed attribute",
  ),
  row(
    "router-enable-snat",
    'Exposes the router "enable_snat" read-only configuration flag',
    "2025-09-18T18:00:00-00:00",
    'Exposes the router "enable_snat" read-only configuration flag',
  ),
  row("router-service-type", "Router Service Type", "2013-01-29T00:00:00-00:00", "Provides router service type"),
];
