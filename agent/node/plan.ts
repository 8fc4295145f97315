/** What a host's own device on a network is given. Pure. */
import {
  type Cidr,
  type Ip,
  type Mac,
  prefix,
  prefixContains,
  type ViewNetwork,
  type ViewPort,
} from "../../model/mod.ts";

export interface NodeDevice {
  mac: Mac;
  mtuBytes: number;
  addresses: { ip: Ip; prefixLength: number }[];
  /** Beyond its own prefixes: of services, say, by way of the gateway. */
  routes: { destination: Cidr; gateway: Ip }[];
  /** The network's own prefixes: what comes from them leaves the host under the host's address. */
  cidrs: Cidr[];
}

export function planNodeDevice(port: ViewPort, network: ViewNetwork): NodeDevice {
  const addresses = port.fixedIps.flatMap(({ ip, subnetId }) => {
    const subnet = network.subnets.find(({ id }) => id === subnetId);
    return subnet === undefined ? [] : [{ ip, prefixLength: prefix(subnet.cidr).length }];
  });
  const routes = network.subnets
    .flatMap((subnet) => subnet.routes.filter(({ nextHop }) => prefixContains(prefix(subnet.cidr), nextHop)))
    .map(({ destination, nextHop }) => ({ destination, gateway: nextHop }));
  return {
    mac: port.mac,
    mtuBytes: network.mtu,
    addresses,
    routes,
    cidrs: network.subnets.map(({ cidr }) => cidr).sort(),
  };
}
