/** Segments and the ranges of their ids (neutron_lib/api/definitions/{segment,standard_attr_segment,network_segment_range}.py). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { toBoolean, toInt } from "../converters.ts";
import { HIDDEN_PROJECT, ID, IDENTITY, PROJECT, SIZE, STANDARD, UNTAGGED } from "../standard.ts";
import { nameString, orNone, string, uuid, values } from "../validators.ts";
import { range } from "../validators-number.ts";

export const SEGMENT: Attributes = {
  id: ID,
  ...HIDDEN_PROJECT,
  network_id: attribute(["post", "filter", "sort"], { validate: uuid }),
  physical_network: attribute(["post", "filter", "sort"], { default: UNSET, validate: string(SIZE.physicalNetwork) }),
  network_type: attribute(["post", "filter", "sort"], { validate: string(32) }),
  segmentation_id: attribute(["post", "sort"], { default: UNSET, convert: toInt }),
  name: attribute(["post", "put", "filter", "sort"], { default: UNSET, validate: orNone(nameString(SIZE.name)) }),
  ...UNTAGGED,
};

/** From the least VLAN id to the largest key of GRE. */
const rangeEnd = attribute(["post", "put"], { convert: toInt, validate: range(1, 2 ** 32 - 1) });

export const NETWORK_SEGMENT_RANGE: Attributes = {
  ...IDENTITY,
  default: attribute([]),
  shared: attribute(["post"], { default: true, convert: toBoolean }),
  ...PROJECT,
  network_type: attribute(["post", "filter"], { default: UNSET, validate: values(["vlan", "vxlan", "gre", "geneve"]) }),
  physical_network: attribute(["post", "filter"], { default: UNSET, validate: string(SIZE.physicalNetwork) }),
  minimum: rangeEnd,
  maximum: rangeEnd,
  used: attribute([]),
  available: attribute([]),
  ...STANDARD,
};
