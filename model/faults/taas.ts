/** Tap as a service (neutron_lib/exceptions/taas.py; the double spaces are theirs). */
import { type FaultRow, row } from "./row.ts";

export const TAAS = {
  TapServiceNotFound: row(404, "Tap Service  %(tap_id)s does not exist"),
  TapServiceLimitReached: row(409, "Reached the maximum quota for Tap Services"),
  TapServiceNotBelongToProject: row(403, "Specified Tap Service does not belong to the project"),
  TapServiceNotBelongToTenant: row(403, "Specified Tap Service does not belong to the tenant"),
  TapFlowNotFound: row(404, "Tap Flow  %(flow_id)s does not exist"),
  TapMirrorNotFound: row(404, "Tap Mirror %(mirror_id)s does not exist"),
  TapMirrorTunnelConflict: row(409, "Tap Mirror with tunnel_id %(tunnel_id)s already exists"),
  InvalidSourcePort: row(404, "Source Port  %(port)s does not exist"),
  InvalidDestinationPort: row(404, "Destination Port %(port)s does not exist"),
  PortDoesNotBelongToProject: row(403, "The specified port does not belong to the project"),
  PortDoesNotBelongToTenant: row(403, "The specified port does not belong to the tenant"),
} as const satisfies Record<string, FaultRow>;
