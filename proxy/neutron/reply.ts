/** How answers and errors look on the wire: Neutron's bodies and headers, and for 401 those of keystonemiddleware. */
import type { FastifyReply } from "fastify";
import { Fault, fault } from "../../model/mod.ts";

/** Neutron's words for a failure that it does not explain to the client. */
const INTERNAL = "Request Failed: internal server error while processing your request.";

/** A client that got 503 may come again after this time. */
const RETRY_AFTER_SECONDS = 1;

/** Sends JSON that is ready; as bytes, or Fastify adds a charset, which JSON has not and Neutron does not send. */
export function sendJson(reply: FastifyReply, status: number, json: string | Buffer): FastifyReply {
  return reply
    .code(status)
    .header("content-type", "application/json")
    .send(typeof json === "string" ? Buffer.from(json) : json);
}

function neutronError(type: string, message: string): string {
  return JSON.stringify({ NeutronError: { type, message, detail: "" } });
}

/** Sends what an error becomes; anything that is not a fault, or one without a base class in Neutron, is a 500 that tells nothing. */
export function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof Fault) || error.status === 500)
    return sendJson(reply, 500, neutronError("HTTPInternalServerError", INTERNAL));
  if (error.status === 401) return sendUnauthorized(reply, error);
  if (error.status === 503) reply.header("retry-after", String(error.facts.retry_after ?? RETRY_AFTER_SECONDS));
  if (error.status === 405 && error.facts.allow) reply.header("allow", String(error.facts.allow));
  return sendJson(reply, error.status, neutronError(error.code, error.message));
}

/** keystonemiddleware/auth_token: the body names no reason, and the header where to get a token, if anyone knows. */
function sendUnauthorized(reply: FastifyReply, error: Fault): FastifyReply {
  const where = error.facts.uri ? ` uri="${error.facts.uri}"` : "";
  reply.header("www-authenticate", `Keystone${where}`);
  const message = "The request you have made requires authentication.";
  return sendJson(reply, 401, JSON.stringify({ error: { message, code: 401, title: "Unauthorized" } }));
}

/** Errors of the HTTP server itself (a body too large, a bad Content-Length) as faults; others as they are. */
export function asFault(error: unknown, bodyLimitBytes: number): unknown {
  if (error instanceof Fault) return error;
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 413) return fault("HTTPRequestEntityTooLarge", { limit: bodyLimitBytes });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return fault("HTTPBadRequest", { msg: message ?? "The request is malformed." });
  }
  return error;
}
