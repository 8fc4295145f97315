/** Conntrack helpers of a router (neutron_lib/api/definitions/l3_conntrack_helper.py). */
import { type Attributes, attribute } from "../attribute.ts";
import { TRANSPORT_PROTOCOLS, toInt, toProtocol, toText } from "../converters.ts";
import { HIDDEN_PROJECT, ID } from "../standard.ts";
import { string, values } from "../validators.ts";
import { range } from "../validators-number.ts";

export const CONNTRACK_HELPER: Attributes = {
  id: ID,
  ...HIDDEN_PROJECT,
  protocol: attribute(["post", "put", "filter", "sort"], {
    convert: toProtocol,
    validate: values(TRANSPORT_PROTOCOLS),
  }),
  port: attribute(["post", "put", "filter", "sort"], { convert: toInt, validate: range(1, 65_535) }),
  helper: attribute(["post", "put", "filter", "sort"], { convert: toText, validate: string(64) }),
};
