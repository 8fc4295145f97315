/** Metering labels and rules (neutron_lib/api/definitions/metering*.py). */
import { type Attributes, attribute } from "../attribute.ts";
import { toBoolean } from "../converters.ts";
import { HIDDEN_PROJECT, PROJECT, SIZE } from "../standard.ts";
import { nameString, string, uuid, values } from "../validators.ts";
import { offered } from "./offered.ts";

const id = attribute(["filter", "sort"]);

export const METERING_LABEL: Attributes = {
  id,
  name: attribute(["post", "filter", "sort"], { default: "", validate: nameString(SIZE.name) }),
  description: attribute(["post", "filter", "sort"], { default: "", validate: string(SIZE.longDescription) }),
  ...PROJECT,
  shared: attribute(["post", "filter", "sort"], { default: false, convert: toBoolean }),
};

// Prefixes are checked behind the door, where they are compared with those of other rules.
const prefix = attribute(["post", "put", "filter", "sort"], { default: null });

export const METERING_LABEL_RULE: Attributes = offered(
  {
    id,
    metering_label_id: attribute(["post", "filter", "sort"], { validate: uuid }),
    direction: attribute(["post", "filter", "sort"], { validate: values(["ingress", "egress"]) }),
    excluded: attribute(["post", "filter", "sort"], { default: false, convert: toBoolean }),
    remote_ip_prefix: attribute(["post", "filter", "sort"], { default: null }),
    // Not shown by Neutron either, although its table says so; rules of the policy look at it.
    ...HIDDEN_PROJECT,
  },
  { metering_source_and_destination_fields: { source_ip_prefix: prefix, destination_ip_prefix: prefix } },
);
