/** The Neutron API v2.0 as a Fastify plugin: who asks, what for, and what is answered. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, Caller, Networking } from "../../api/mod.ts";
import { type Facts, fault } from "../../model/mod.ts";
import { parseBody } from "./body.ts";
import type { Call } from "./call.ts";
import { ifMatch } from "./if-match.ts";
import { type CallerPolicy, Policy, type PolicySource } from "./policy/mod.ts";
import { asFault, sendError, sendJson } from "./reply.ts";
import type { Answer, Route } from "./route.ts";
import { apiDescription, routesAt } from "./routes.ts";
import type { Found } from "./trie.ts";
import { pathOf, versions } from "./versions.ts";

export interface NeutronDoorOptions {
  networking: Networking;
  authenticator: Authenticator;
  /** Neutron's default policy without. */
  policy?: PolicySource;
  /** Tells the access log what each request is about. */
  noteCaller?: (requestId: string, facts: Facts) => void;
}

/** Who asks, and what the policy says of them. */
interface Known {
  caller: Caller;
  policy: CallerPolicy;
}

/** Mounts `/` and `/v2.0/`. Register it as its own plugin: it takes over body parsing and errors of its context. */
export async function neutronDoor(app: FastifyInstance, options: NeutronDoorOptions): Promise<void> {
  const policies = options.policy ?? Policy.make();
  const callers = new WeakMap<FastifyRequest, Known>();

  // Neutron reads JSON whatever the content type says.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-openstack-request-id", requestIdOf(request));
    if (!isOpen(request)) {
      callers.set(request, known(policies, await authenticate(options.authenticator, request, reply)));
    }
  });

  app.setErrorHandler((error, _request, reply) => sendError(reply, asFault(error, app.initialConfig.bodyLimit ?? 0)));

  app.all("/", (request, reply) => {
    if (request.method === "GET") return sendJson(reply, 200, JSON.stringify(versions(request)));
    return sendError(reply, fault("HTTPMethodNotAllowed", { allow: "GET" }));
  });
  app.get("/v2.0/openapi.json", (_request, reply) => sendJson(reply, 200, apiDescription()));
  app.all("/v2.0", (_request, reply) => sendError(reply, fault("HTTPNotFound")));
  app.all("/v2.0/*", async (request, reply) => {
    const route = routeOf(request);
    options.noteCaller?.(request.id, { action: route.value.name });
    const { status, json } = await answer(options.networking, callers.get(request) as Known, request, route);
    return json === undefined ? reply.code(status).send() : sendJson(reply, status, json);
  });
}

/** Clients read these before they have a token: the list of versions, as in Neutron's api-paste.ini, and the description. */
const OPEN = ["/", "/v2.0/openapi.json"];
const isOpen = (request: FastifyRequest) =>
  OPEN.includes(pathOf(request)) && (request.method === "GET" || request.method === "HEAD" || pathOf(request) === "/");

/** The server's own id of the request where it is of OpenStack's form, so that log and reply agree. */
function requestIdOf({ id }: FastifyRequest): string {
  return /^req-[0-9a-f-]{36}$/.test(id) ? id : `req-${randomUUID()}`;
}

async function authenticate(
  authenticator: Authenticator,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Caller> {
  const requestId = String(reply.getHeader("x-openstack-request-id"));
  const line = { method: request.method, path: pathOf(request) };
  const caller = await authenticator.authenticate(request.headers, requestId, line);
  if (caller.host === undefined) return caller;
  throw fault("NotAuthorized", { msg: "The credential of a host is good for its own paths under /v1 only." });
}

/** The caller as the policy has it: which roles make an administrator is written there. */
function known(policies: PolicySource, caller: Caller): Known {
  const policy = policies.for(caller);
  const { isAdmin, canSetProjectId: mayNameProject } = policy;
  const seesAll = policy.isAdvancedService || policy.hasGlobalAccess;
  return { policy, caller: { ...caller, isAdmin, seesAll, mayNameProject } };
}

/** @throws Fault for what is not there, and for methods that it has not */
function routeOf(request: FastifyRequest): Found<Route> {
  const found = routesAt(pathOf(request));
  if (found === undefined) throw fault("HTTPNotFound");
  const route = found.value.get(request.method);
  if (route === undefined) {
    // Neutron's old controller for extensions answered 404 here, and it was kept.
    if (pathOf(request).startsWith("/v2.0/extensions")) throw fault("HTTPNotFound");
    throw fault("HTTPMethodNotAllowed", { allow: [...found.value.keys()].join(", ") });
  }
  return { value: route, params: found.params };
}

async function answer(
  networking: Networking,
  { caller, policy }: Known,
  request: FastifyRequest,
  { value: route, params: found }: Found<Route>,
): Promise<Answer> {
  const params = new URLSearchParams((request.raw.url ?? "").split("?").slice(1).join("?"));
  const [parentId, ...rest] = found;
  const isPart = route.resource?.parent !== undefined;
  const call = {
    networking,
    caller,
    policy,
    resource: route.resource,
    params,
    parentId: isPart ? parentId : undefined,
  };
  return route.handle({
    // A handler of a route without a resource does not look at it.
    call: call as Call,
    params: isPart ? rest : found,
    request,
    body: () => parseBody(request.body as Buffer | undefined),
    ifRevision: () => ifMatch(request.headers["if-match"]),
  });
}
