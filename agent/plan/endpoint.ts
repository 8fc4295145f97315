import type { WantedEndpoint } from "../../datapath/mod.ts";
import { type Cidr, type Mac, parseCidr, type ViewEndpoint, type ViewNetwork } from "../../model/mod.ts";
import { type Here, segmentHere } from "./vif.ts";

/**
 * A port of the network as the data plane's tables need it; undefined when it cannot be reached now: its host has not
 * told a tunnel address, or it is to be here and has no device.
 */
export function planEndpoint(
  endpoint: ViewEndpoint,
  network: ViewNetwork | undefined,
  isVifHere: boolean,
  here: Here,
): WantedEndpoint | undefined {
  const location = locate(endpoint, network, isVifHere, here);
  if (location === undefined) return undefined;
  const moreMacs = new Set<Mac>(endpoint.addressPairs.map((pair) => pair.mac_address));
  moreMacs.delete(endpoint.mac);
  return {
    id: endpoint.id,
    networkId: endpoint.networkId,
    mac: endpoint.mac,
    ips: endpoint.ips,
    moreMacs: [...moreMacs],
    groups: [...endpoint.securityGroups].sort(),
    movableCidrs: [...new Set(endpoint.addressPairs.map((pair) => parseCidr(pair.ip_address) as Cidr))],
    ...(endpoint.held !== undefined && { held: endpoint.held }),
    location,
  };
}

function locate(
  endpoint: ViewEndpoint,
  network: ViewNetwork | undefined,
  isVifHere: boolean,
  here: Here,
): WantedEndpoint["location"] | undefined {
  if (network === undefined) return undefined;
  const segment = segmentHere(network, here);
  if (segment === undefined) return undefined;
  if (isVifHere) return { kind: "local", vifId: endpoint.id };
  if (endpoint.host === here.host) return undefined;
  if (segment.kind !== "vxlan") return { kind: "wire" };
  return endpoint.tunnelIp === null ? undefined : { kind: "remote", tunnelIp: endpoint.tunnelIp };
}
