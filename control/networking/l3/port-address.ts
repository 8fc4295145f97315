/** Which of a port's addresses a local IP is, or is given to. */
import { fault, type Ip, type PortRecord } from "../../../model/mod.ts";

/** The port's address that is asked for, or its only one. @throws Fault LocalIPNoIP, LocalIPRequestedIPNotFound, LocalIPNoRequestedIP */
export function addressOnPort(port: PortRecord, wanted: Ip | null): Ip {
  const [only, ...others] = port.fixed_ips;
  if (wanted !== null && only !== undefined) {
    if (port.fixed_ips.some(({ ip_address }) => ip_address === wanted)) return wanted;
    throw fault("LocalIPRequestedIPNotFound", { port_id: port.id, ip: wanted });
  }
  if (only === undefined) throw fault("LocalIPNoIP", { port_id: port.id });
  if (others.length > 0) throw fault("LocalIPNoRequestedIP", { port_id: port.id });
  return only.ip_address;
}
