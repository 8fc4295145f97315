/** The attributes of a network. */
import { type Attributes, attribute, type Row, UNSET } from "./attribute.ts";
import { toBoolean, toInt, toLowerCase } from "./converters.ts";
import { IDENTITY, PROJECT, STANDARD } from "./standard.ts";
import { NETWORK_EXTENSIONS } from "./tables/network-extensions.ts";
import { offered } from "./tables/offered.ts";
import { availabilityZoneHints, nonNegative, string } from "./validators.ts";
import { dnsDomainName } from "./validators-dns.ts";

/** A filter that one of the network's segments must fulfil; with several, these are in a list. */
const anySegment = (name: string) => (values: string[]) => {
  const isWanted = (row: Row) => row[name] !== null && row[name] !== undefined && values.includes(String(row[name]));
  return (row: Row) => isWanted(row) || ((row.segments as Row[] | undefined)?.some(isWanted) ?? false);
};

const OWN: Attributes = {
  ...IDENTITY,
  subnets: attribute([], { default: [] }),
  admin_state_up: attribute(["post", "put", "filter", "sort"], { default: true, convert: toBoolean }),
  status: attribute(["filter", "sort"]),
  ...PROJECT,
  shared: attribute(["post", "put", "filter", "policy"], { default: false, convert: toBoolean }),
  // provider
  "provider:network_type": attribute(["post", "put", "filter", "policy"], {
    default: UNSET,
    validate: string(32),
    match: anySegment("provider:network_type"),
  }),
  "provider:physical_network": attribute(["post", "put", "filter", "policy"], {
    default: UNSET,
    validate: string(64),
    match: anySegment("provider:physical_network"),
  }),
  "provider:segmentation_id": attribute(["post", "put", "filter", "policy"], {
    default: UNSET,
    convert: toInt,
    match: anySegment("provider:segmentation_id"),
  }),
  // external-net, auto-allocated-topology: a default matters, and is shown, on external networks only
  "router:external": attribute(["post", "put", "filter", "policy"], { default: false, convert: toBoolean }),
  is_default: attribute(["post", "put", "filter", "policy"], {
    default: false,
    convert: toBoolean,
    read: (row) => (row["router:external"] === true ? row.is_default : undefined),
  }),
  // port-security
  port_security_enabled: attribute(["post", "put", "policy"], { default: true, convert: toBoolean }),
  // net-mtu-writable: 0 asks for the largest that the underlay allows
  mtu: attribute(["post", "put", "filter", "sort", "policy"], { default: 0, convert: toInt, validate: nonNegative }),
  // dns-integration
  dns_domain: attribute(["post", "put"], { default: "", convert: toLowerCase, validate: dnsDomainName }),
  // network_availability_zone
  availability_zone_hints: attribute(["post", "sort"], { default: [], validate: availabilityZoneHints }),
  ...STANDARD,
};

export const NETWORK: Attributes = offered(OWN, NETWORK_EXTENSIONS);
