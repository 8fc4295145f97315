/** The attributes of an RBAC policy (neutron/extensions/rbac.py). */
import { fault } from "../../../model/mod.ts";
import { type Attributes, attribute, type Validator } from "../attribute.ts";
import { described } from "../json-schema.ts";
import { pyStr } from "../python.ts";
import { projectWith, SIZE } from "../standard.ts";
import { show, string, uuid } from "../validators.ts";

/** What may be shared (rbac_db_models.py get_type_model_map). */
export const RBAC_TYPES = [
  "address_group",
  "address_scope",
  "network",
  "qos_policy",
  "security_group",
  "subnetpool",
] as const;

const invalid = (error_message: string) => fault("InvalidInput", { error_message });

function toObjectType(value: unknown): string {
  const type = typeof value === "string" ? value.trim().toLowerCase() : "";
  if ((RBAC_TYPES as readonly string[]).includes(type)) return type;
  throw invalid(`'${pyStr(value)}' is not a valid RBAC object type`);
}
described({ type: "string", enum: RBAC_TYPES }, toObjectType);

const targetProject: Validator = (value) => {
  if (value === "*" || uuid(value) === undefined) return undefined;
  throw invalid(`${show(value)} is not a valid target project ID; expected a UUID or '*'`);
};
described({ type: "string", description: "The id of a project, or * for all." }, targetProject);

export const RBAC_POLICY: Attributes = {
  id: attribute(["filter"], { validate: uuid }),
  object_type: attribute(["post", "filter", "policy"], { default: null, convert: toObjectType }),
  object_id: attribute(["post", "filter", "policy"], { validate: uuid }),
  target_tenant: attribute(["post", "put", "filter", "policy"], {
    validate: targetProject,
    read: (row) => row.target_project,
  }),
  ...projectWith(["post", "filter"]),
  // Which actions there are depends on the type: checked behind the door.
  action: attribute(["post", "filter", "policy"], { validate: string(SIZE.description) }),
};
