/** Logs and what can be logged (neutron_lib/api/definitions/logging.py). */
import { type Attributes, attribute } from "../attribute.ts";
import { toBoolean } from "../converters.ts";
import { IDENTITY, PROJECT, UNTAGGED } from "../standard.ts";
import { orNone, string, uuid, values } from "../validators.ts";

export const LOG: Attributes = {
  ...IDENTITY,
  ...PROJECT,
  resource_type: attribute(["post", "filter", "sort"], { validate: string(255) }),
  resource_id: attribute(["post", "filter", "sort"], { default: null, validate: orNone(uuid) }),
  event: attribute(["post", "filter"], { default: "ALL", validate: values(["ACCEPT", "DROP", "ALL"]) }),
  target_id: attribute(["post", "filter", "sort"], { default: null, validate: orNone(uuid) }),
  enabled: attribute(["post", "put", "filter", "sort"], { default: true, convert: toBoolean }),
  ...UNTAGGED,
};

export const LOGGABLE_RESOURCE: Attributes = { type: attribute([]) };
