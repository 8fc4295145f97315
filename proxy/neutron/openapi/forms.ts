/** What goes into the calls of a resource, and what comes out. */
import { nullable, type Schema } from "../json-schema.ts";
import type { Action, Method, Resource } from "../resource.ts";
import type { Form } from "../route.ts";
import { refTo, schemaName } from "./schemas.ts";

const wrapped = (name: string, schema: Schema): Schema => ({
  type: "object",
  properties: { [name]: schema },
  required: [name],
});

export const TAG_LIST: Schema = wrapped("tags", {
  type: "array",
  items: { type: "string", maxLength: 255 },
  uniqueItems: true,
  maxItems: 50,
});

/** The links to the pages before and after. */
const LINKS: Schema = {
  type: "array",
  items: {
    type: "object",
    properties: { rel: { enum: ["next", "previous"] }, href: { type: "string", format: "uri" } },
  },
};

const listed = (resource: Resource): Schema => {
  const many: Schema = { type: "array", items: refTo(schemaName(resource)) };
  return {
    type: "object",
    properties: { [resource.collection]: many, [`${resource.collection}_links`]: LINKS },
    required: [resource.collection],
  };
};

/** One, or (of most resources) many at once: all of them are made, or none. */
function oneOrMany({ name, collection, hasBulk }: Resource, item: Schema): readonly Schema[] {
  const one = wrapped(name, item);
  return hasBulk ? [one, wrapped(collection, { type: "array", items: item })] : [one];
}

/** The form of one of the five usual calls. */
export function methodForm(method: Method, resource: Resource): Form {
  const one = wrapped(resource.name, refTo(schemaName(resource)));
  switch (method) {
    case "list":
      return { query: "list", answer: [listed(resource)] };
    case "show":
      return { query: "fields", answer: [one] };
    case "create": {
      const body = oneOrMany(resource, refTo(schemaName(resource, "_new")));
      return { status: 201, body, answer: oneOrMany(resource, refTo(schemaName(resource))) };
    }
    case "update":
      return { body: [wrapped(resource.name, refTo(schemaName(resource, "_change")))], answer: [one] };
    case "delete":
      return { status: 204 };
  }
}

/** The form of one of a resource's own actions. */
export function actionForm(action: Action, resource: Resource): Form {
  const shown = refTo(schemaName(resource));
  const answers = {
    result: action.result ?? nullable({ type: "object" }),
    resource: shown,
    "wrapped resource": wrapped(resource.name, shown),
  };
  const body = action.method === "GET" ? undefined : [action.body ?? { type: "object" }];
  return { ...(body && { body }), answer: [answers[action.answer]] };
}
