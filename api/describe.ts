/**
 * The description of the native API (OpenAPI 3.1), made of its routes and the schemas that check their bodies. The CLI
 * makes its commands from it: `x-command` is what a person types.
 */
import { z } from "zod";
import {
  AuditFinding,
  HostFactsBody,
  HostName,
  HostStatusBody,
  NewContainerPort,
  NewHost,
  NodeTokenRequest,
} from "./hosts.ts";
import { HOST_ROUTES } from "./routes.ts";

type RouteName = keyof typeof HOST_ROUTES;

interface Row {
  summary: string;
  /** Whose token it takes. */
  by: "operator" | "host" | "node";
  /** "host list": a command of the CLI. */
  command?: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Success: its status, and what comes back. */
  answers: Readonly<Record<number, z.ZodType | undefined>>;
  /** How it may be refused, besides a wrong token. */
  errors: readonly number[];
}

const Host = z.object({
  name: HostName,
  container_projects: z.array(z.string()),
  availability_zone: z.string().optional(),
  kubernetes_cluster: z.string().optional(),
  created_at: z.iso.datetime(),
  facts: HostFactsBody.nullable(),
});
const NewHostAnswer = Host.extend({ token: z.string().describe("Shown this once.") });
const Port = z.looseObject({ id: z.uuid() }).describe("The port's record.");

export const ROWS: Readonly<Record<RouteName, Row>> = {
  create: {
    summary: "Register a host; the answer has its token, which is shown this once",
    by: "operator",
    command: "host create",
    body: NewHost,
    answers: { 201: NewHostAnswer },
    errors: [400, 403, 409, 413, 503],
  },
  list: {
    summary: "List the hosts",
    by: "operator",
    command: "host list",
    answers: { 200: z.object({ hosts: z.array(Host) }) },
    errors: [403],
  },
  get: {
    summary: "Show a host",
    by: "operator",
    command: "host show",
    answers: { 200: Host },
    errors: [400, 403, 404],
  },
  remove: {
    summary: "Remove a host; it must have no ports",
    by: "operator",
    command: "host delete",
    answers: { 204: undefined },
    errors: [400, 403, 404, 409, 503],
  },
  token: {
    summary: "Give the host of a Kubernetes node a new token, which replaces its former one",
    by: "node",
    body: NodeTokenRequest,
    answers: { 200: z.object({ token: z.string() }) },
    errors: [400, 403, 409, 413, 503],
  },
  audit: {
    summary: "Find what does not agree between a Kubernetes cluster, the store and the hosts",
    by: "operator",
    command: "kube audit",
    query: NodeTokenRequest,
    answers: { 200: z.object({ findings: z.array(AuditFinding) }) },
    errors: [400, 403, 404, 503],
  },
  watch: {
    summary: "Follow the host's view: lines of JSON until the connection ends",
    by: "host",
    query: z.object({ since: z.int().min(0).optional().describe("The revision that the host has.") }),
    answers: { 200: z.string() },
    errors: [400, 403, 404, 410, 503],
  },
  status: {
    summary: "Report the host's facts and the state of its ports",
    by: "host",
    body: HostStatusBody,
    answers: { 204: undefined },
    errors: [400, 403, 404, 413, 503],
  },
  createPort: {
    summary: "Make the port of a container, or find the one made before",
    by: "host",
    body: NewContainerPort,
    answers: { 201: Port, 200: Port },
    errors: [400, 403, 404, 409, 413, 503],
  },
  deletePort: {
    summary: "Remove the port of a container",
    by: "host",
    answers: { 204: undefined },
    errors: [400, 403, 404, 409, 503],
  },
};

const REASONS: Readonly<Record<number, string>> = {
  400: "The request is not as it should be; the message names each wrong field.",
  401: "There is no known token.",
  403: "The token is good for other paths only.",
  404: "There is no such thing.",
  409: "It does not go with what is there.",
  410: "The changes since that revision are not known here: ask for the whole view.",
  413: "The body is too large.",
  503: "The store cannot be reached just now. Retry-After says when to come again.",
};

const ERROR = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: { code: { type: "string" }, message: { type: "string" } },
      required: ["code", "message"],
    },
  },
  required: ["error"],
};

/** Without the schema's own address, which is for whole documents. */
function schemaOf(type: z.ZodType, io: "input" | "output"): object {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io });
  return schema;
}

const open = /:([a-z]+)/g;

function parameters(url: string, query: z.ZodObject | undefined): object[] {
  const path = [...url.matchAll(open)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: name === "host" ? schemaOf(HostName, "input") : { type: "string", format: "uuid" },
  }));
  const asked = Object.entries(query?.shape ?? {}).map(([name, type]) => ({
    name,
    in: "query",
    schema: schemaOf(type as z.ZodType, "input"),
  }));
  return [...path, ...asked];
}

function answer(status: number, type: z.ZodType | undefined): object {
  const description = status === 204 ? "Done." : status === 201 ? "Made." : "The answer.";
  const media = type instanceof z.ZodString ? "application/x-ndjson" : "application/json";
  return { description, ...(type && { content: { [media]: { schema: schemaOf(type, "output") } } }) };
}

function operation(name: RouteName): object {
  const { summary, by, command, query, body, answers, errors } = ROWS[name];
  const asked = parameters(HOST_ROUTES[name].url, query);
  return {
    operationId: name,
    summary,
    tags: [by],
    ...(command && { "x-command": command }),
    ...(asked.length > 0 && { parameters: asked }),
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: schemaOf(body, "input") } } },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, type]) => [status, answer(Number(status), type)])),
      ...Object.fromEntries([401, ...errors].map((status) => [status, { $ref: `#/components/responses/${status}` }])),
    },
  };
}

/** The whole document. */
export function describeNativeApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, { method, url }] of Object.entries(HOST_ROUTES)) {
    const path = url.replace(open, "{$1}");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(name as RouteName) };
  }
  const content = { "application/json": { schema: ERROR } };
  const responses = Object.entries(REASONS).map(([status, description]) => [status, { description, content }]);
  return {
    openapi: "3.1.0",
    info: {
      title: "Cable: the native API",
      version: "1",
      description: "Hosts, for the operator, and what the agent of each host asks.",
      license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    tags: [
      { name: "operator", description: "Takes the operator's token." },
      { name: "host", description: "Takes the token of the host that the path names." },
      {
        name: "node",
        description: "Takes the service account token of the agent's pod on the node that the path names.",
      },
    ],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      responses: Object.fromEntries(responses),
    },
  };
}
