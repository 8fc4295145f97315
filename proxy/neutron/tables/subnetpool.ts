/** The attributes of a subnet pool (neutron_lib/api/definitions/subnetpool.py, default_subnetpools.py). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { toBoolean, toInt } from "../converters.ts";
import { ID, PROJECT, STANDARD } from "../standard.ts";
import { nonNegative, notEmptyNameString, orNone, uuid } from "../validators.ts";
import { subnetList } from "../validators-ip.ts";
import { offered } from "./offered.ts";

const details = { default: UNSET, convert: toInt, validate: nonNegative };

/** Neutron shows a length as text (db_base_plugin_common.py _make_subnetpool_dict). */
const length = (name: string) =>
  attribute(["post", "put", "filter", "sort"], {
    ...details,
    read: (row) => String(row[name]),
    order: (row) => row[name],
  });

export const SUBNETPOOL: Attributes = offered(
  {
    id: ID,
    name: attribute(["post", "put", "filter", "sort"], { validate: notEmptyNameString() }),
    ...PROJECT,
    prefixes: attribute(["post", "put"], { validate: subnetList }),
    default_quota: attribute(["post", "put", "filter", "sort"], details),
    ip_version: attribute(["filter", "sort"]),
    default_prefixlen: length("default_prefixlen"),
    min_prefixlen: length("min_prefixlen"),
    max_prefixlen: length("max_prefixlen"),
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
