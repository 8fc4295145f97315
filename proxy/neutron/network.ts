/** The attributes of a network. */
import { fault } from "../../model/mod.ts";
import { type Attributes, attribute, UNSET } from "./attribute.ts";
import { toBoolean, toInt, toLowerCase } from "./converters.ts";
import { IDENTITY, PROJECT, STANDARD } from "./standard.ts";
import { NETWORK_EXTENSIONS } from "./tables/network-extensions.ts";
import { offered } from "./tables/offered.ts";
import { availabilityZoneHints, nonNegative, string } from "./validators.ts";
import { dnsDomainName } from "./validators-dns.ts";

/** While the extension is not offered, asking for it fails as it does on a backend without it. */
function noVlanTransparency(value: unknown): undefined {
  if (value === true) throw fault("VlanTransparencyDriverError");
}

const OWN: Attributes = {
  ...IDENTITY,
  subnets: attribute([], { default: [] }),
  admin_state_up: attribute(["post", "put", "filter", "sort"], { default: true, convert: toBoolean }),
  status: attribute(["filter", "sort"]),
  ...PROJECT,
  shared: attribute(["post", "put", "filter", "policy"], { default: false, convert: toBoolean }),
  // provider
  "provider:network_type": attribute(["post", "put", "filter", "policy"], { default: UNSET, validate: string(32) }),
  "provider:physical_network": attribute(["post", "put", "filter", "policy"], { default: UNSET, validate: string(64) }),
  "provider:segmentation_id": attribute(["post", "put", "filter", "policy"], { default: UNSET, convert: toInt }),
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
  // vlan-transparent
  vlan_transparent: attribute(["post", "filter"], {
    default: UNSET,
    convert: toBoolean,
    validate: noVlanTransparency,
  }),
  ...STANDARD,
};

export const NETWORK: Attributes = offered(OWN, NETWORK_EXTENSIONS);
