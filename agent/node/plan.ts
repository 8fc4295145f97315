/** What a host's own device on a network is given. Pure. */
import { type Cidr, type Ip, type Mac, prefix, type ViewNetwork, type ViewPort } from "../../model/mod.ts";

export interface NodeDevice {
  mac: Mac;
  mtuBytes: number;
  addresses: { ip: Ip; prefixLength: number }[];
  /** The network's own prefixes: what comes from them leaves the host under the host's address. */
  cidrs: Cidr[];
}

export function planNodeDevice(port: ViewPort, network: ViewNetwork): NodeDevice {
  const addresses = port.fixedIps.flatMap(({ ip, subnetId }) => {
    const subnet = network.subnets.find(({ id }) => id === subnetId);
    return subnet === undefined ? [] : [{ ip, prefixLength: prefix(subnet.cidr).length }];
  });
  return { mac: port.mac, mtuBytes: network.mtu, addresses, cidrs: network.subnets.map(({ cidr }) => cidr).sort() };
}
