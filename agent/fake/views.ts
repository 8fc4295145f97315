import {
  type Cidr,
  type HostView,
  type Ip,
  mac,
  type Place,
  parsePrefix,
  tapName,
  type ViewBalancer,
  type ViewEndpoint,
  type ViewGroup,
  type ViewNetwork,
  type ViewPort,
  type ViewRouter,
  type ViewRule,
} from "../../model/mod.ts";

/** A readable UUID: `uuid("b", 7)` is "bbbbbbbb-0000-4000-8000-000000000007". */
export function uuid(letter: string, n: number): string {
  return `${letter.repeat(8)}-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
}

export const networkId = (n: number) => uuid("a", n);
export const portId = (n: number) => uuid("b", n);
export const subnetId = (n: number, cidr: string) => uuid(cidr.includes(":") ? "6" : "4", n);

export function aNetwork(n: number, changes: Partial<ViewNetwork> = {}): ViewNetwork {
  return {
    id: networkId(n),
    projectId: "p",
    adminUp: true,
    mtu: 1450,
    segment: { kind: "vxlan", vni: n },
    dnsDomain: "",
    subnets: [aSubnet(n, `10.0.${n}.0/24`), aSubnet(n, `fd00:${n}::/64`)],
    ...changes,
  };
}

export function aSubnet(n: number, cidr: string, changes: Partial<ViewNetwork["subnets"][number]> = {}) {
  const v6 = cidr.includes(":");
  const mode = v6 ? ("slaac" as const) : null;
  const gateway = cidr.replace(v6 ? /\/.*/ : /\.\d+\/.*/, v6 ? "1" : ".1") as Ip;
  return {
    id: subnetId(n, cidr),
    cidr: parsePrefix(cidr)?.cidr as Cidr,
    gateway,
    dhcp: true,
    pools: [],
    dnsServers: [],
    routes: [],
    raMode: mode,
    addressMode: mode,
    ...changes,
  };
}

const macOf = (n: number) =>
  mac(`fa:16:3e:00:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 255).toString(16).padStart(2, "0")}`);
const ipsOf = (network: number, n: number) => [
  `10.0.${network}.${n}` as Ip,
  `fd00:${network}::${n.toString(16)}` as Ip,
];

export function aPort(
  n: number,
  network: number,
  place: "tap" | Place = "tap",
  changes: Partial<ViewPort> = {},
): ViewPort {
  const [ip4, ip6] = ipsOf(network, n) as [Ip, Ip];
  return {
    id: portId(n),
    networkId: networkId(network),
    projectId: "p",
    name: `port${n}`,
    mac: macOf(n),
    fixedIps: [
      { ip: ip4, subnetId: uuid("4", network) },
      { ip: ip6, subnetId: uuid("6", network) },
    ],
    adminUp: true,
    portSecurity: true,
    addressPairs: [],
    securityGroups: [],
    dhcpOptions: [],
    dnsName: "",
    deviceId: "",
    deviceOwner: "compute:nova",
    place: place === "tap" ? { kind: "tap", device: tapName(portId(n)) } : place,
    ...changes,
  };
}

export function anEndpoint(
  n: number,
  network: number,
  host: string,
  changes: Partial<ViewEndpoint> = {},
): ViewEndpoint {
  return {
    id: portId(n),
    networkId: networkId(network),
    mac: macOf(n),
    ips: ipsOf(network, n),
    addressPairs: [],
    securityGroups: [],
    host,
    tunnelIp: host === "h1" ? ("192.0.2.1" as Ip) : ("192.0.2.2" as Ip),
    ...changes,
  };
}

/** A group that lets everything pass. */
export function aGroup(n: number, changes: Partial<ViewGroup> = {}): ViewGroup {
  const rules = (["ingress", "egress"] as const).flatMap((direction) =>
    ([4, 6] as const).map(
      (family): ViewRule => ({
        id: uuid(direction === "ingress" ? "7" : "8", n * 10 + family),
        direction,
        family,
        protocol: null,
        ports: null,
        icmp: null,
        remote: { kind: "any" },
      }),
    ),
  );
  return { id: uuid("9", n), stateful: true, rules, ...changes };
}

/** Of TCP port 80, behind router 1, with backends at port 8080. */
export function aBalancer(n: number, backends: string[], changes: Partial<ViewBalancer> = {}): ViewBalancer {
  const front = {
    ips: [`10.96.0.${n}` as Ip],
    protocol: 6,
    port: 80,
    affinitySeconds: null,
    localOnly: false,
    backends: backends.map((ip) => ({ ip: ip as Ip, port: 8080 })),
  };
  return { id: uuid("c", n), name: `service${n}`, routerId: uuid("d", 1), fronts: [front], ...changes };
}

export function aView(
  networks: ViewNetwork[],
  ports: ViewPort[],
  endpoints: ViewEndpoint[],
  more: { groups?: ViewGroup[]; routers?: ViewRouter[]; balancers?: ViewBalancer[] } = {},
): HostView {
  const byId = <T extends { id: string }>(values: T[]) => new Map(values.map((value) => [value.id, value]));
  return {
    networks: byId(networks),
    ports: byId(ports),
    endpoints: byId(endpoints),
    groups: byId(more.groups ?? []),
    routers: byId(more.routers ?? []),
    balancers: byId(more.balancers ?? []),
  };
}
