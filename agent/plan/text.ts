import type { Wanted, WantedEndpoint, WantedNetwork, WantedVif } from "../../datapath/mod.ts";
import type { Id, Segment } from "../../model/mod.ts";

/** A plan as sorted lines of text, for support and for tests. */
export function planText(wanted: Wanted, down: ReadonlyMap<Id, string>): string[] {
  return [
    ...sorted(wanted.networks, networkText),
    ...sorted(wanted.vifs, vifText),
    ...sorted(wanted.endpoints, endpointText),
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
  vif.ra ? "ra" : undefined,
  vif.allowed === null ? "unchecked" : undefined,
  ...(vif.allowed ?? []).map(({ mac, cidr }) => `also ${mac} ${cidr}`),
];

function endpointText(endpoint: WantedEndpoint): (string | undefined)[] {
  const { location, moreMacs, movableCidrs } = endpoint;
  return [
    "endpoint",
    endpoint.id,
    endpoint.mac,
    ...endpoint.ips,
    location.kind === "remote" ? `remote ${location.tunnelIp}` : location.kind,
    moreMacs.length === 0 ? undefined : `macs ${moreMacs.join(" ")}`,
    movableCidrs.length === 0 ? undefined : `may hold ${movableCidrs.join(" ")}`,
  ];
}
