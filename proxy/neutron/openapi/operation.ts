/** One call as an operation of the document. */
import type { Schema } from "../json-schema.ts";
import { policyName } from "../resource.ts";
import type { Form, Route } from "../route.ts";
import { openParts, type Parameter, parametersOf } from "./parameters.ts";

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

const NEUTRON_ERROR: Schema = {
  type: "object",
  properties: {
    NeutronError: {
      type: "object",
      properties: { type: { type: "string" }, message: { type: "string" }, detail: { type: "string" } },
      required: ["type", "message", "detail"],
    },
  },
  required: ["NeutronError"],
};

/** keystonemiddleware's. */
const UNAUTHORIZED: Schema = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: { message: { type: "string" }, code: { type: "integer" }, title: { type: "string" } },
    },
  },
  required: ["error"],
};

const answer = (description: string, schema: Schema = NEUTRON_ERROR): object => ({
  description,
  content: { "application/json": { schema } },
});

/** The error answers, under their status. */
export const ERRORS = {
  "400": answer("The request is not as it should be; the type and message say what is wrong."),
  "401": answer("There is no token, or none that is good. WWW-Authenticate says where to get one.", UNAUTHORIZED),
  "403": answer("The policy does not let the caller do this."),
  "404": answer("There is no such thing, or the caller may not see it."),
  "409": answer("It does not go with what is there: in use, taken, or over the quota."),
  "412": answer("The resource is not at the revision that If-Match names."),
  "413": answer("The body is too large."),
  "503": answer("It cannot be done just now. Retry-After says when to come again."),
} as const;

type Status = keyof typeof ERRORS;

function errorsOf(route: Route): Status[] {
  const isWrite = route.method !== "GET";
  return [
    "400",
    "401",
    "403",
    ...(openParts(route).length > 0 || isWrite ? (["404"] as const) : []),
    ...(isWrite ? (["409"] as const) : []),
    ...(isWrite && route.resource && route.form?.status !== 201 ? (["412"] as const) : []),
    ...(route.form?.body ? (["413"] as const) : []),
    "503",
  ];
}

const anyOf = (schemas: readonly Schema[]): object =>
  schemas.length === 1 ? (schemas[0] as Schema) : { anyOf: schemas };

const json = (schemas: readonly Schema[]): object => ({ "application/json": { schema: anyOf(schemas) } });

const OUTCOMES = { 200: "The answer.", 201: "Made.", 204: "Done.", 501: "This cannot be done." } as const;

function outcome({ status = 200, answer: schemas }: Form): Record<string, object> {
  const description = OUTCOMES[status];
  return { [status]: { description, ...(schemas && { content: json(schemas) }) } };
}

/** What the call does, in words: "list port", or "add_router_interface" of a router. */
function wordsOf({ name, resource }: Route): string {
  if (resource === undefined) return name;
  if (name.endsWith(` ${resource.name}`)) return name.slice(0, -resource.name.length) + policyName(resource);
  return `${name} of ${policyName(resource)}`;
}

export function operation(route: Route, tag: string): Operation {
  const { form = {} } = route;
  const words = wordsOf(route);
  const parameters = parametersOf(route);
  return {
    operationId: words.replace(/\W+/g, "_"),
    summary: (words[0] as string).toUpperCase() + words.slice(1).replaceAll("_", " "),
    tags: [tag],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(form.body && { requestBody: { required: true, content: json(form.body) } }),
    responses: {
      ...outcome(form),
      ...Object.fromEntries(errorsOf(route).map((status) => [status, { $ref: `#/components/responses/${status}` }])),
    },
  };
}
