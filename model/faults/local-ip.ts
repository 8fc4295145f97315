/** Local IPs (neutron_lib/exceptions/local_ip.py). */
import { type FaultRow, row } from "./row.ts";

export const LOCAL_IP = {
  LocalIPNotFound: row(404, "Local IP %(id)s could not be found."),
  LocalIPInUse: row(409, "Local IP %(id)s is still associated with one or more ports."),
  LocalIPAssociationNotFound: row(
    404,
    "Local IP %(local_ip_id)s association with port %(port_id)s could not be found.",
  ),
  LocalIPPortOrNetworkRequired: row(400, "Either Port ID or Network ID must be specified for Local IP create."),
  LocalIPNoIP: row(400, "Specified Port %(port_id)s has no fixed IPs configured."),
  LocalIPNoRequestedIP: row(
    400,
    "Specified Port %(port_id)s has several IPs, should specify exact IP address to use for Local IP.",
  ),
  LocalIPRequestedIPNotFound: row(400, "Specified Port %(port_id)s does not have requested IP address: %(ip)s."),
} as const satisfies Record<string, FaultRow>;
