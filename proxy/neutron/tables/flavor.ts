/** Flavors, service profiles and providers (neutron_lib/api/definitions/{flavors,servicetype}.py). None is a project's. */
import { fault } from "../../../model/mod.ts";
import { type Attributes, attribute, type Validator } from "../attribute.ts";
import { toBooleanOrNone } from "../converters.ts";
import { described } from "../json-schema.ts";
import { pyStr } from "../python.ts";
import { ID, IDENTITY, SIZE } from "../standard.ts";
import { orNone, string, uuid, uuidList } from "../validators.ts";

/** The services that plugins of Neutron bring under these names (neutron_lib/plugins/constants.py), as far as they are served. */
export const SERVICE_TYPES = [
  "CONNTRACKHELPER",
  "CORE",
  "FLAVORS",
  "FLOATINGIPPOOL",
  "L3_ROUTER_NAT",
  "LOCAL_IP",
  "LOGGING",
  "METERING",
  "NDPPROXY",
  "NETWORK_SEGMENT_RANGE",
  "PORTFORWARDING",
  "QOS",
] as const;

const serviceType: Validator = (value) => {
  if ((SERVICE_TYPES as readonly unknown[]).includes(value)) return undefined;
  throw fault("InvalidServiceType", { service_type: pyStr(value) });
};
described({ type: "string", enum: SERVICE_TYPES }, serviceType);

const description = attribute(["post", "put", "filter", "sort"], {
  default: "",
  validate: orNone(string(SIZE.longDescription)),
  normalise: (value) => value ?? "",
});
// Null is the column's own default.
const enabled = attribute(["post", "put", "filter", "sort"], {
  default: true,
  convert: toBooleanOrNone,
  normalise: (value) => value ?? true,
});

export const FLAVOR: Attributes = {
  ...IDENTITY,
  description,
  service_type: attribute(["post", "filter", "sort"], { validate: serviceType }),
  service_profiles: attribute(["post", "put"], { default: [], validate: uuidList }),
  enabled,
};

export const SERVICE_PROFILE: Attributes = {
  id: ID,
  description,
  driver: attribute(["post", "put", "filter", "sort"], { default: "", validate: string(SIZE.longDescription) }),
  metainfo: attribute(["post", "put", "sort"], { default: "" }),
  enabled,
};

/** A service profile as part of a flavor: POST binds it. */
export const FLAVOR_SERVICE_PROFILE: Attributes = { id: attribute(["post"], { validate: uuid }) };

/** The provider that a flavor comes to. */
export const NEXT_PROVIDER: Attributes = {
  provider: attribute([]),
  driver: attribute([]),
  metainfo: attribute([]),
};

export const SERVICE_PROVIDER: Attributes = {
  // The provider's own code filters, and by these (neutron/services/provider_configuration.py _check_entry).
  service_type: attribute(["filter"]),
  name: attribute(["filter"]),
  default: attribute([]),
  driver: attribute(["hidden", "filter"]),
};
