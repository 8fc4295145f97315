/** The attributes of a security group (neutron/extensions/securitygroup.py and the extensions named below). */
import { type Attributes, attribute } from "../attribute.ts";
import { toBoolean } from "../converters.ts";
import { nameNotDefault } from "../converters-security-group.ts";
import { ID, PROJECT, SIZE, STANDARD } from "../standard.ts";
import { orNone, string } from "../validators.ts";
import { offered } from "./offered.ts";

export const SECURITY_GROUP: Attributes = offered(
  {
    id: ID,
    name: attribute(["post", "put", "filter", "sort"], { default: "", validate: nameNotDefault(SIZE.name) }),
    ...PROJECT,
    security_group_rules: attribute([]),
    ...STANDARD,
  },
  {
    "stateful-security-group": {
      stateful: attribute(["post", "put", "filter"], { default: true, convert: toBoolean }),
    },
    // Filtered by the list operation, which knows who is asking.
    "security-groups-shared-filtering": { shared: attribute(["filter", "policy"], { convert: toBoolean }) },
  },
);

/** What `stateful` is when a project gives none; no project means all (definitions/security_groups_default_statefulness.py). */
export const SECURITY_GROUP_DEFAULT_STATEFULNESS: Attributes = {
  id: ID,
  tenant_id: attribute(["post", "filter", "sort"], {
    default: null,
    validate: orNone(string(SIZE.project)),
    read: (row) => row.project_id,
  }),
  project_id: attribute(["post", "filter", "sort"], { default: null, validate: orNone(string(SIZE.project)) }),
  stateful: attribute(["post", "put", "filter", "sort"], { default: true, convert: toBoolean }),
};
