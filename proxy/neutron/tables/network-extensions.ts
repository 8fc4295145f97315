/**
 * The attributes that extensions add to a network and to a subnet (neutron_lib/api/definitions, one file for each; not
 * project_default, which no plugin of Neutron has).
 */
import { attribute, UNSET } from "../attribute.ts";
import { toBoolean } from "../converters.ts";
import { orNone, uuid } from "../validators.ts";
import { canonicalSegments, networkSegments } from "../validators-segments.ts";
import type { ByAlias } from "./offered.ts";

export const NETWORK_EXTENSIONS: ByAlias = {
  "address-scope": { ipv4_address_scope: attribute([]), ipv6_address_scope: attribute([]) },
  l2_adjacency: { l2_adjacency: attribute([]) },
  // Shown instead of the provider attributes when there are several.
  "multi-provider": {
    segments: attribute(["post", "put", "policy"], {
      default: UNSET,
      validate: networkSegments,
      normalise: canonicalSegments,
    }),
  },
  network_availability_zone: { availability_zones: attribute([]) },
  // Neutron's own flag for the networks of its highly available routers; not kept.
  network_ha: { ha: attribute(["hidden", "post"], { default: false, convert: toBoolean }) },
  pvlan: { pvlan: attribute(["post", "put"], { default: false, convert: toBoolean }) },
  qinq: { qinq: attribute(["post", "filter"], { default: UNSET, convert: toBoolean }) },
  qos: {
    qos_policy_id: attribute(["post", "put", "policy"], {
      default: null,
      validate: orNone(uuid),
      read: (row) => row.qos_policy_id ?? null,
    }),
  },
  "vlan-transparent": { vlan_transparent: attribute(["post", "filter"], { default: UNSET, convert: toBoolean }) },
};

export const SUBNET_EXTENSIONS: ByAlias = {
  segment: { segment_id: attribute(["post", "filter", "sort"], { default: null, validate: orNone(uuid) }) },
  "subnet-segmentid-writable": {
    segment_id: attribute(["post", "put", "filter", "sort"], { default: null, validate: orNone(uuid) }),
  },
  // Of the subnet's network, as `shared` is.
  "subnet-external-network": { "router:external": attribute(["filter", "policy"], { convert: toBoolean }) },
};
