/** The attributes of an address scope (neutron_lib/api/definitions/address_scope.py). */
import { type Attributes, attribute } from "../attribute.ts";
import { toBoolean, toInt } from "../converters.ts";
import { IDENTITY, PROJECT } from "../standard.ts";
import { values } from "../validators.ts";

export const ADDRESS_SCOPE: Attributes = {
  ...IDENTITY,
  ...PROJECT,
  shared: attribute(["post", "put", "filter", "sort", "policy"], { default: false, convert: toBoolean }),
  ip_version: attribute(["post", "filter", "sort"], { convert: toInt, validate: values([4, 6]) }),
};
