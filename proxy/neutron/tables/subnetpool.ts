/** The attributes of a subnet pool (neutron_lib/api/definitions/subnetpool.py, default_subnetpools.py). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { toBoolean, toInt } from "../converters.ts";
import { ID, PROJECT, STANDARD } from "../standard.ts";
import { nonNegative, notEmptyNameString, orNone, uuid } from "../validators.ts";
import { subnetList } from "../validators-ip.ts";
import { offered } from "./offered.ts";

const number = attribute(["post", "put", "filter", "sort"], { default: UNSET, convert: toInt, validate: nonNegative });

export const SUBNETPOOL: Attributes = offered(
  {
    id: ID,
    name: attribute(["post", "put", "filter", "sort"], { validate: notEmptyNameString() }),
    ...PROJECT,
    prefixes: attribute(["post", "put"], { validate: subnetList }),
    default_quota: number,
    ip_version: attribute(["filter", "sort"]),
    default_prefixlen: number,
    min_prefixlen: number,
    max_prefixlen: number,
    is_default: attribute(["post", "put", "filter", "sort", "policy"], { default: false, convert: toBoolean }),
    shared: attribute(["post", "filter", "sort", "policy"], { default: false, convert: toBoolean }),
    ...STANDARD,
  },
  {
    "address-scope": {
      address_scope_id: attribute(["post", "put", "filter", "sort"], { default: UNSET, validate: orNone(uuid) }),
    },
  },
);
