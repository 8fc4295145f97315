/** The attributes of an address group (neutron_lib/api/definitions/address_group.py). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { noneToEmptyList } from "../converters.ts";
import { IDENTITY, PROJECT, SIZE, UNTAGGED } from "../standard.ts";
import { string } from "../validators.ts";
import { subnetList } from "../validators-ip.ts";

export const ADDRESS_GROUP: Attributes = {
  ...IDENTITY,
  ...PROJECT,
  addresses: attribute(["post"], { default: UNSET, convert: noneToEmptyList, validate: subnetList }),
  shared: attribute(["hidden"]),
  ...UNTAGGED,
  // Of Neutron's 1024 characters its database keeps 255 only, and more are a failure there.
  description: attribute(["post", "put", "filter", "sort"], { default: "", validate: string(SIZE.description) }),
};
