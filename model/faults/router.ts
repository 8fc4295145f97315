/** Routers (neutron_lib/exceptions/{l3,extraroute,l3_ext_gw_multihoming,l3_ext_ha_mode,dvr}.py). */
import { type FaultRow, row } from "./row.ts";

export const ROUTER = {
  RouterNotFound: row(404, "Router %(router_id)s could not be found"),
  RouterInUse: row(409, "Router %(router_id)s %(reason)s", { reason: "still has ports" }),
  RouterInterfaceNotFound: row(404, "Router %(router_id)s does not have an interface with id %(port_id)s"),
  RouterInterfaceNotFoundForSubnet: row(404, "Router %(router_id)s has no interface on subnet %(subnet_id)s"),
  RouterInterfaceAttachmentConflict: row(409, "Error %(reason)s while attempting the operation."),
  RouterExternalGatewayInUseByFloatingIp: row(
    409,
    "Gateway cannot be updated for router %(router_id)s, since a gateway to external network %(net_id)s is required by one or more floating IPs.",
  ),
  RouterInterfaceInUseByFloatingIP: row(
    409,
    "Router interface for subnet %(subnet_id)s on router %(router_id)s cannot be deleted, as it is required by one or more floating IPs.",
  ),

  // extraroute
  InvalidRoutes: row(400, "Invalid format for routes: %(routes)s, %(reason)s"),
  RoutesExhausted: row(
    400,
    "Unable to complete operation for %(router_id)s. The number of routes exceeds the maximum %(quota)s.",
  ),
  RouterInterfaceInUseByRoute: row(
    409,
    "Router interface for subnet %(subnet_id)s on router %(router_id)s cannot be deleted, as it is required by one or more routes.",
  ),

  // external-gateway-multihoming. Neutron forgot their base class and answers 500 without the reason that it gives them,
  // although they are the caller's mistakes.
  UnableToAddExtraGateways: row(400, "Unable to add extra gateways to a router %(router_id)s: %(reason)s"),
  UnableToMatchGateways: row(
    400,
    "Unable to match a requested gateway port to existing gateway ports for router %(router_id)s: %(reason)s",
  ),
  UnableToRemoveGateways: row(400, "Unable to remove extra gateways from a router %(router_id)s: %(reason)s"),

  // l3-ha, dvr
  DuplicatedHANetwork: row(409, "Project %(project_id)s already has a HA network."),
  HANetworkConcurrentDeletion: row(409, "Network for project %(project_id)s concurrently deleted."),
  NoVRIDAvailable: row(
    409,
    "No more Virtual Router Identifier (VRID) available when creating router %(router_id)s. The limit of number of HA Routers per project is 254.",
  ),
  MaxVRIDAllocationTriesReached: row(
    500,
    "Failed to allocate a VRID in the network %(network_id)s for the router %(router_id)s after %(max_tries)s tries.",
  ),
  DVRMacAddressNotFound: row(404, "Distributed Virtual Router Mac Address for host %(host)s does not exist."),

  // l3-conntrack-helper (neutron/services/conntrack_helper/common/exceptions.py)
  ConntrackHelperNotFound: row(404, "Conntrack Helper %(id)s could not be found."),
  ConntrackHelperNotAllowed: row(400, "Conntrack Helper %(helper)s is not allowed."),
  InvalidProtocolForHelper: row(
    400,
    "Conntrack Helper %(helper)s does not support: %(protocol)s. Supported protocols are: %(supported_protocols)s",
  ),

  // l3-ndp-proxy (neutron/services/ndp_proxy/exceptions.py)
  NDPProxyNotFound: row(404, "Ndp proxy %(id)s could not be found."),
  InvalidAddress: row(400, "The address %(address)s is invalid, reason: %(reason)s."),
  AddressScopeConflict: row(
    409,
    "The IPv6 address scope %(ext_address_scope)s of external network conflict with internal network's IPv6 address scope %(internal_address_scope)s.",
  ),
  PortUnreachableRouter: row(409, "The port %(port_id)s cannot reach the router %(router_id)s by IPv6 subnet."),
  RouterNDPProxyNotEnable: row(
    409,
    "The enable_ndp_proxy parameter of router %(router_id)s must be set as True while create ndp proxy entry on it.",
  ),
  RouterGatewayNotValid: row(409, "Can not enable ndp proxy on router %(router_id)s, %(reason)s."),
  RouterGatewayInUseByNDPProxy: row(
    409,
    "Unable to unset external gateway of router %(router_id)s, There are one or more ndp proxies still in use on the router.",
  ),
  RouterIPv6GatewayInUse: row(
    409,
    "Can't remove the IPv6 subnet from external gateway of router %(router_id)s, the IPv6 subnet in use by the router's ndp proxy.",
  ),
  RouterInterfaceInUseByNDPProxy: row(
    409,
    "Unable to remove subnet %(subnet_id)s from router %(router_id)s, There are one or more ndp proxies still in use on the subnet.",
  ),
} as const satisfies Record<string, FaultRow>;
