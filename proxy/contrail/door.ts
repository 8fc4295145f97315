/** The Contrail protocol as a Fastify plugin: `POST /neutron/<type>` and `GET /aaa-mode`. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, Caller, Networking } from "../../api/mod.ts";
import { type Facts, Fault, fault } from "../../model/mod.ts";
import { isObject, parseEnvelope } from "./envelope.ts";
import { errorBody, errorStatus } from "./errors.ts";
import { type Ask, operate } from "./operations.ts";
import { operateTags } from "./tags.ts";
import { TYPES } from "./types.ts";
import { operateVirtualRouter } from "./virtual-router.ts";

export interface ContrailDoorOptions {
  networking: Networking;
  authenticator: Authenticator;
  /** Tells the access log for whom the server in front asked. */
  noteCaller?: (requestId: string, who: Facts) => void;
}

/** Registers the routes. Register it as its own plugin: it takes over body parsing and errors of its context. */
export async function contrailDoor(app: FastifyInstance, options: ContrailDoorOptions): Promise<void> {
  const asks = new WeakMap<FastifyRequest, Ask>();

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  app.setErrorHandler((error, request, reply) => {
    const known = error instanceof Fault ? error : httpFault(error);
    return sendError(reply, known, request, asks.get(request));
  });
  app.all("/*", (_request, reply) => {
    // Clients of the rest of Contrail's API look at the status, not at the body.
    const { message } = fault("HTTPNotFound");
    return sendJson(reply, 404, JSON.stringify({ exception: "NotFound", msg: message }));
  });

  app.get("/aaa-mode", async (request, reply) => {
    // Asked without a token, to find out whether one is needed.
    await options.authenticator.authenticate({}, request.id);
    return sendJson(reply, 200, JSON.stringify({ "aaa-mode": "no-auth" }));
  });

  app.post<{ Params: { type: string } }>("/neutron/:type", async (request, reply) => {
    const server = await trusted(options.authenticator, request);
    const { type } = request.params;
    const envelope = parseEnvelope(type, request.body as Buffer | undefined, request.id);
    const ask: Ask = { ...envelope, networking: options.networking, type };
    asks.set(request, ask);
    const { caller, operation } = ask;
    options.noteCaller?.(request.id, {
      user: caller.userId,
      project: caller.projectId,
      service_user: server.userId,
      contrail_operation: operation,
      their_request_id: caller.requestId,
    });
    return sendJson(reply, 200, await answer(ask));
  });
}

/**
 * The server in front. A user's own token is as good as none, since policy was asked in front and the body says who asks:
 * on 401 the plugin, which may have been told to hand on its users' tokens, comes again with its own. @throws Fault Unauthorized
 */
async function trusted(authenticator: Authenticator, request: FastifyRequest): Promise<Caller> {
  const line = { method: request.method, path: request.url };
  const server = await authenticator.authenticate(request.headers, request.id, line);
  const isTrusted = server.isAdmin || server.roles.includes("admin") || server.roles.includes("service");
  if (isTrusted && server.host === undefined) return server;
  throw fault("Unauthorized", { msg: "The token must have the role admin or service." });
}

async function answer(ask: Ask): Promise<string> {
  if (ask.type === "tags") return operateTags(ask);
  if (ask.type === "virtual_router") return operateVirtualRouter(ask);
  const row = TYPES.get(ask.type);
  if (row !== undefined) return operate(ask, row);
  throw fault("NotFound", { msg: `There is no type '${ask.type}' here.` });
}

/** Errors of the HTTP server itself: a body too large, a bad Content-Length; anything else is ours, and tells nothing. */
function httpFault(error: unknown): Fault {
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  const isTheirs = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  if (isTheirs) return fault("HTTPBadRequest", { msg: message ?? "The request is malformed." });
  return fault("ServiceUnavailable", { msg: "The request failed inside the control node." });
}

function sendJson(reply: FastifyReply, status: number, json: string): FastifyReply {
  return reply.code(status).header("content-type", "application/json").send(Buffer.from(json));
}

function sendError(reply: FastifyReply, error: Fault, request: FastifyRequest, ask: Ask | undefined): FastifyReply {
  const { type = "request" } = isObject(request.params) ? (request.params as { type?: string }) : {};
  const networkOf = (subnetId: unknown): string => {
    const subnet =
      ask && typeof subnetId === "string" ? ask.networking.peek(ask.caller, "subnet", subnetId) : undefined;
    return subnet?.network_id ?? String(ask?.resource?.network_id ?? "");
  };
  return sendJson(reply, errorStatus(error), JSON.stringify(errorBody(error, { type, networkOf })));
}
