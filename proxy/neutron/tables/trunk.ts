/** The attributes of a trunk (neutron_lib/api/definitions/trunk.py). */
import { type Attributes, attribute } from "../attribute.ts";
import { toBoolean } from "../converters.ts";
import { IDENTITY, PROJECT, STANDARD } from "../standard.ts";
import { uuid } from "../validators.ts";
import { subports } from "../validators-trunk.ts";

export const TRUNK: Attributes = {
  ...IDENTITY,
  admin_state_up: attribute(["post", "put", "filter", "sort"], { default: true, convert: toBoolean }),
  ...PROJECT,
  port_id: attribute(["post", "filter", "sort"], { validate: uuid }),
  status: attribute(["filter", "sort"]),
  sub_ports: attribute(["post", "policy"], { default: [], validate: subports }),
  ...STANDARD,
};
