/** Floating IPs and their port forwardings (neutron_lib/exceptions/l3.py, neutron/services/portforwarding/common/exceptions.py). */
import { type FaultRow, row } from "./row.ts";

export const FLOATINGIP = {
  FloatingIPNotFound: row(404, "Floating IP %(floatingip_id)s could not be found"),
  FloatingIPPortAlreadyAssociated: row(
    409,
    "Cannot associate floating IP %(floating_ip_address)s (%(fip_id)s) with port %(port_id)s using fixed IP %(fixed_ip)s, as that fixed IP already has a floating IP on external network %(net_id)s.",
  ),
  FipAssociated: row(
    409,
    "Unable to complete the operation on port %(port_id)s because the port still has an associated floating IP.",
  ),
  ExternalGatewayForFloatingIPNotFound: row(
    404,
    "External network %(external_network_id)s is not reachable from subnet %(subnet_id)s.  Therefore, cannot associate Port %(port_id)s with a Floating IP.",
  ),

  // Port forwarding
  PortForwardingNotFound: row(404, "Port Forwarding %(id)s could not be found."),
  PortForwardingNotSupportFilterField: row(400, "Port Forwarding filter %(filter)s is not supported."),
  FipInUseByPortForwarding: row(409, "Floating IP %(id)s in use by Port Forwarding resources."),
  PortHasPortForwarding: row(
    400,
    "Cannot associate floating IP to port %(port_id)s because it already has a Port Forwarding binding.",
  ),
  PortHasBindingFloatingIP: row(
    409,
    "Cannot create port forwarding to floating IP %(floating_ip_address)s (%(fip_id)s) with port %(port_id)s using fixed IP %(fixed_ip)s, as that port already has a binding floating IP.",
  ),
} as const satisfies Record<string, FaultRow>;
