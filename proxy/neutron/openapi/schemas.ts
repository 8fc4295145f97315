/** The schemas of a resource: as it is shown, as it is made, and as it is changed. */
import { type Attribute, UNSET } from "../attribute.ts";
import { givenSchema, nullable, type Schema } from "../json-schema.ts";
import { policyName, type Resource } from "../resource.ts";
import { SHOWN } from "./shown.ts";

/** The names of a resource's schemas among the document's components. */
export const schemaName = (resource: Resource, form: "" | "_new" | "_change" = ""): string =>
  policyName(resource) + form;

export const refTo = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const isPublic = ([name]: [string, Attribute]) => !name.includes("tags-any") && !name.startsWith("not-tags");

/** An answer may hold what older rules let in: it has its type, but no limits. */
function withoutLimits(schema: Schema): Schema {
  const { type, format, items, properties, enum: values } = schema;
  return {
    ...(type === undefined ? {} : { type }),
    ...(format === undefined ? {} : { format }),
    ...(values === undefined ? {} : { enum: values }),
    ...(items === undefined ? {} : { items: withoutLimits(items) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, member]) => [name, nullable(withoutLimits(member))]),
          ),
        }),
  };
}

function shownAttribute(resource: Resource, name: string, attribute: Attribute): Schema {
  const known = SHOWN[`${policyName(resource)}.${name}`] ?? SHOWN[name];
  if (known !== undefined) return known;
  const schema = withoutLimits(givenSchema(attribute));
  // What is chosen behind the door, or was never given, may be none.
  return attribute.default === UNSET || attribute.default === null ? nullable(schema) : schema;
}

/** As it is shown. Nothing is required: a caller may ask for some fields, or not be shown all. */
export function answerSchema(resource: Resource): Schema {
  const shown = Object.entries(resource.attributes).filter(([, { isVisible }]) => isVisible);
  return {
    type: "object",
    properties: Object.fromEntries(shown.map(([name, row]) => [name, shownAttribute(resource, name, row)])),
  };
}

function givenProperties(rows: [string, Attribute][]): Record<string, Schema> {
  return Object.fromEntries(
    rows.map(([name, row]) => {
      const hasDefault = row.default !== undefined && row.default !== UNSET;
      return [name, { ...givenSchema(row), ...(hasDefault ? { default: row.default } : {}) }];
    }),
  );
}

/** The project comes with the token. */
const OWNERS = ["project_id", "tenant_id"];

/** What a new one is made of. */
export function newSchema(resource: Resource): Schema {
  const rows = Object.entries(resource.attributes).filter(([, { allowPost }]) => allowPost);
  const required = rows.filter(([name, row]) => row.default === undefined && !OWNERS.includes(name));
  return {
    type: "object",
    properties: givenProperties(rows.filter(isPublic)),
    ...(required.length === 0 ? {} : { required: required.map(([name]) => name) }),
    additionalProperties: false,
  };
}

/** What may be changed. */
export function changeSchema(resource: Resource): Schema {
  const rows = Object.entries(resource.attributes).filter(([, { allowPut }]) => allowPut);
  const properties = Object.fromEntries(rows.map(([name, row]) => [name, givenSchema(row)]));
  return { type: "object", properties, additionalProperties: false };
}
