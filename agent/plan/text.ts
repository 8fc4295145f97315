import type {
  Wanted,
  WantedBalancer,
  WantedEndpoint,
  WantedGateway,
  WantedGroup,
  WantedMirror,
  WantedNetwork,
  WantedRouter,
  WantedVif,
} from "../../datapath/mod.ts";
import type { Id, Segment, ViewQos } from "../../model/mod.ts";

/** A plan as sorted lines of text, for support and for tests. */
export function planText(wanted: Wanted, down: ReadonlyMap<Id, string>): string[] {
  return [
    ...sorted(wanted.networks, networkText),
    ...sorted(wanted.vifs, vifText),
    ...sorted(wanted.endpoints, endpointText),
    ...sorted(wanted.groups, groupText),
    ...sorted(wanted.routers, routerText),
    ...sorted(wanted.balancers, balancerText),
    ...[...down].map(([id, reason]) => `down ${id}: ${reason}`).sort(),
  ];
}

function sorted<V>(table: ReadonlyMap<Id, V>, text: (value: V) => (string | undefined)[]): string[] {
  return Array.from(table.values(), (value) =>
    text(value)
      .filter((word) => word !== undefined)
      .join(" "),
  ).sort();
}

const balancerText = ({ id, routerId, fronts }: WantedBalancer) => [
  "balancer",
  id,
  `router ${routerId}`,
  ...fronts.map(({ ips, protocol, port, affinitySeconds, localOnly, backends }) =>
    [
      `${ips.join(",")} ${protocol}/${port}`,
      affinitySeconds === null ? "" : ` affinity ${affinitySeconds}s`,
      localOnly ? " local" : "",
      ` to ${backends.map(({ ip, port: to, isLocal }) => `${ip}/${to}${isLocal ? "*" : ""}`).join(",") || "nobody"}`,
    ].join(""),
  ),
];

function segmentText(segment: Segment): string {
  switch (segment.kind) {
    case "vxlan":
      return `vxlan ${segment.vni}`;
    case "vlan":
      return `vlan ${segment.physicalNetwork} ${segment.vlan}`;
    case "flat":
      return `flat ${segment.physicalNetwork}`;
  }
}

const networkText = (network: WantedNetwork) => [
  "network",
  network.id,
  segmentText(network.segment),
  `mtu ${network.mtuBytes}`,
];

const vifText = (vif: WantedVif) => [
  "vif",
  vif.id,
  `on ${vif.device.name}(${vif.device.ifindex})`,
  vif.device.vlan === null ? undefined : `vlan ${vif.device.vlan}`,
  vif.mac,
  ...vif.ips,
  vif.adminUp ? "up" : "admin-down",
  vif.dhcp ? "dhcp" : undefined,
  vif.dhcp6 ? "dhcp6" : undefined,
  vif.ra ? "ra" : undefined,
  vif.groups === null || vif.groups.length === 0 ? undefined : `by ${vif.groups.join(" ")}`,
  ...qosText(vif.qos),
  vif.allowed === null ? "unchecked" : undefined,
  ...(vif.allowed ?? []).map(({ mac, cidr }) => `also ${mac} ${cidr}`),
  ...(vif.mirrors ?? []).map(mirrorText),
  ...(vif.taps ?? []).map(({ vni, hosts }) => `tap ${vni} of ${hosts.join(" ")}`),
];

const mirrorText = ({ direction, to }: WantedMirror) =>
  `${direction} to ${to.kind === "port" ? to.portId : `vxlan ${to.vni} at ${to.remote}`}`;

function qosText({ egress, ingress, dscp }: ViewQos = {}): string[] {
  const limits = Object.entries({ egress, ingress }).flatMap(([direction, of = {}]) =>
    Object.entries(of).map(([unit, rate]) => `${direction} ${rate.max}+${rate.burst} ${unit}`),
  );
  return dscp === undefined ? limits : [...limits, `dscp ${dscp}`];
}

function groupText(group: WantedGroup): (string | undefined)[] {
  const rules = group.rules.map(({ direction, family, protocol, ports, icmp, remote }) => {
    const what = [ports?.join("-"), icmp && `${icmp.type}/${icmp.code}`].filter((each) => each);
    const who = remote.kind === "group" ? remote.group : remote.kind === "any" ? "any" : remote.prefixes.join(" ");
    return `[${direction} IPv${family} ${protocol ?? "any"} ${what.join()} ${who}]`;
  });
  return ["group", group.id, group.stateful ? undefined : "stateless", ...rules.sort()];
}

function routerText(router: WantedRouter): (string | undefined)[] {
  return [
    "router",
    router.id,
    router.adminUp ? "up" : "admin-down",
    ...(router.gateway === null ? [] : gatewayText(router.gateway)),
    ...router.interfaces.map(({ networkId, mac, ips }) => `[${networkId} ${mac} ${ips.join(" ")}]`),
    ...router.routes.map(({ destination, nextHop }) => `${destination} via ${nextHop}`),
  ];
}

function gatewayText({ here, remote, ips, snat, floatings, forwards, proxies, qos }: WantedGateway): string[] {
  return [
    `outside ${ips.join(" ")} ${here ? "here" : `by ${remote ?? "nobody"}`}${snat ? "" : " without SNAT"}`,
    ...qosText(qos),
    ...floatings.map(({ ip, fixedIp, qos: own }) => [`${ip}=${fixedIp}`, ...qosText(own)].join(" ")),
    ...forwards.map(
      ({ ip, protocol, external, fixedIp, internal }) =>
        `${ip}:${protocol}:${external.join("-")}=${fixedIp}:${internal.join("-")}`,
    ),
    ...proxies.map((ip) => `proxy ${ip}`),
  ];
}

function endpointText(endpoint: WantedEndpoint): (string | undefined)[] {
  const { location, moreMacs, movableCidrs } = endpoint;
  return [
    "endpoint",
    endpoint.id,
    endpoint.mac,
    ...endpoint.ips,
    location.kind === "remote" ? `remote ${location.tunnelIp}` : location.kind,
    endpoint.groups.length === 0 ? undefined : `in ${endpoint.groups.join(" ")}`,
    moreMacs.length === 0 ? undefined : `macs ${moreMacs.join(" ")}`,
    movableCidrs.length === 0 ? undefined : `may hold ${movableCidrs.join(" ")}`,
  ];
}
