/** The attributes of a port. */
import type { AddressPair, FixedIp, PortRecord } from "../../model/mod.ts";
import { DEFAULT_DNS_DOMAIN, dnsAssignment, parseCidr, parseIp } from "../../model/mod.ts";
import { type Attributes, attribute, type Row, UNSET } from "./attribute.ts";
import { keyValues, noneToEmptyList, toBoolean, toLowerCase, toMacIfNone } from "./converters.ts";
import { canonicalMac } from "./mac-text.ts";
import { IDENTITY, PROJECT, SIZE, STANDARD } from "./standard.ts";
import { canonicalFixedIps } from "./tables/canonical.ts";
import { offered } from "./tables/offered.ts";
import { PORT_EXTENSIONS } from "./tables/port-extensions.ts";
import { dictOrNone, type Json, orNone, string, uniqueStrings, uuid, uuidList, values } from "./validators.ts";
import { dnsDomainName, dnsHostName } from "./validators-dns.ts";
import { macAddress } from "./validators-ip.ts";
import { allowedAddressPairs, extraDhcpOpts, fixedIps } from "./validators-port.ts";

/** neutron_lib/api/definitions/portbindings.py. */
export const VNIC_TYPES = [
  "normal",
  "direct",
  "macvtap",
  "baremetal",
  "direct-physical",
  "virtio-forwarder",
  "smart-nic",
  "vdpa",
  "accelerator-direct",
  "accelerator-direct-physical",
  "remote-managed",
] as const;

const canonicalPairs = (value: unknown) =>
  (value as Record<string, string>[]).map(({ mac_address, ip_address = "" }) => ({
    ...(mac_address === undefined ? {} : { mac_address: canonicalMac(mac_address) }),
    ip_address: ip_address.includes("/") ? parseCidr(ip_address) : parseIp(ip_address),
  })) as Partial<AddressPair>[];

const canonicalDhcpOpts = (value: unknown) =>
  ((value ?? []) as Json[]).map((option) => ({ ...option, ip_version: Number(option.ip_version ?? 4) }));

/** `fixed_ips=ip_address=A&fixed_ips=subnet_id=S`: one address of the port must satisfy all of them. */
function matchFixedIps(values: string[]): (row: Row) => boolean {
  const wanted = keyValues(values);
  const addresses = wanted.get("ip_address")?.map((text) => parseIp(text) ?? text);
  const subnets = wanted.get("subnet_id");
  const parts = wanted.get("ip_address_substr");
  const matches = ({ ip_address, subnet_id }: FixedIp) =>
    (addresses?.includes(ip_address) ?? true) &&
    (subnets?.includes(subnet_id) ?? true) &&
    (parts?.some((part) => ip_address.includes(part)) ?? true);
  if (!addresses && !subnets && !parts) return () => true;
  return (row) => (row as unknown as PortRecord).fixed_ips.some(matches);
}

/** Nova looks into the profile for whether the port is trusted (neutron/db/port_trusted_db.py). */
function profileOf(row: Row): unknown {
  const { trusted, "binding:profile": profile } = row as unknown as PortRecord;
  return trusted === undefined || trusted === null ? profile : { ...profile, trusted };
}

/** Where the control node does not tell, it has Neutron's default domain. */
function readAssignment(row: Row): unknown {
  const { fixed_ips, dns_name, dns_assignment } = row as unknown as PortRecord & { dns_assignment?: unknown };
  return dns_assignment ?? dnsAssignment(fixed_ips, dns_name, DEFAULT_DNS_DOMAIN);
}

const OWN: Attributes = {
  ...IDENTITY,
  network_id: attribute(["post", "filter", "sort"], { validate: uuid }),
  admin_state_up: attribute(["post", "put", "filter", "sort"], { default: true, convert: toBoolean }),
  mac_address: attribute(["post", "put", "filter", "sort", "policy"], {
    default: UNSET,
    convert: toMacIfNone,
    validate: macAddress,
  }),
  fixed_ips: attribute(["post", "put", "filter", "policy"], {
    default: UNSET,
    validate: fixedIps,
    normalise: canonicalFixedIps,
    match: matchFixedIps,
  }),
  device_id: attribute(["post", "put", "filter", "sort", "policy"], { default: "", validate: string(SIZE.device) }),
  device_owner: attribute(["post", "put", "filter", "sort", "policy"], { default: "", validate: string(SIZE.device) }),
  ...PROJECT,
  status: attribute(["filter", "sort"]),
  // binding
  "binding:vif_type": attribute(["policy"], { default: UNSET }),
  "binding:vif_details": attribute(["policy"], { default: UNSET }),
  "binding:vnic_type": attribute(["post", "put", "policy"], { default: "normal", validate: values(VNIC_TYPES) }),
  // Neutron checks nothing here and its database fails on what is no name; null is how Nova unbinds a port.
  "binding:host_id": attribute(["post", "put", "filter", "policy"], {
    default: UNSET,
    validate: orNone(string(255)),
    normalise: (value) => value ?? "",
  }),
  "binding:profile": attribute(["post", "put", "policy"], {
    default: UNSET,
    validate: dictOrNone,
    normalise: (value) => value ?? {},
    read: profileOf,
  }),
  // port-security
  port_security_enabled: attribute(["post", "put", "policy"], { default: UNSET, convert: toBoolean }),
  // security-group, port-security-groups-filtering
  security_groups: attribute(["post", "put", "filter"], {
    default: UNSET,
    convert: noneToEmptyList,
    validate: uuidList,
  }),
  // allowed-address-pairs
  allowed_address_pairs: attribute(["post", "put", "policy"], {
    default: UNSET,
    convert: noneToEmptyList,
    validate: allowedAddressPairs,
    normalise: canonicalPairs,
  }),
  // extra_dhcp_opt
  extra_dhcp_opts: attribute(["post", "put"], {
    default: null,
    validate: extraDhcpOpts,
    normalise: canonicalDhcpOpts,
  }),
  // dns-integration, dns-domain-ports
  dns_name: attribute(["post", "put"], { default: "", convert: toLowerCase, validate: dnsHostName }),
  dns_domain: attribute(["post", "put"], { default: "", convert: toLowerCase, validate: dnsDomainName }),
  dns_assignment: attribute([], { read: readAssignment }),
  ip_allocation: attribute(["filter", "sort"], { read: (row) => row.ip_allocation ?? "immediate" }),
  ...STANDARD,
  // tag-ports-during-bulk-creation
  tags: { ...(STANDARD.tags as Attributes[string]), allowPost: true, default: [], validate: uniqueStrings(255) },
};

export const PORT: Attributes = offered(OWN, PORT_EXTENSIONS);
