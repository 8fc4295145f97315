/** Who did what: one line a request, once its connection is done with it. Never a header or a body, where secrets are. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, Caller } from "../api/mod.ts";
import type { Facts } from "../model/mod.ts";
import type { Log } from "./memory-cache.ts";
import type { Metrics } from "./metrics.ts";

/** Asked every few seconds by machines; their lines would hide the others. */
const QUIET = new Set(["/healthz", "/metrics"]);

export class AccessLog {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #notes = new Map<string, Facts>();

  constructor(log: Log, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** More about a request that is under way, for its line; of one whose client has gone meanwhile nothing is kept. */
  note(requestId: string, facts: Facts): void {
    const notes = this.#notes.get(requestId);
    if (notes !== undefined) this.#notes.set(requestId, { ...notes, ...facts });
  }

  /** The same authenticator, whose callers get into the log. */
  noting(authenticator: Authenticator): Authenticator {
    return {
      authenticate: async (headers, requestId, request) => {
        const caller = await authenticator.authenticate(headers, requestId, request);
        this.note(requestId, whoIs(caller));
        return caller;
      },
    };
  }

  attach(app: FastifyInstance): void {
    app.addHook("onRequest", async (request, reply) => {
      this.#notes.set(request.id, {});
      // Not Fastify's onResponse: that never comes for an answer that its client did not wait for.
      reply.raw.once("close", () => this.#tell(request, reply));
    });
  }

  #tell(request: FastifyRequest, reply: FastifyReply): void {
    const notes = this.#notes.get(request.id);
    this.#notes.delete(request.id);
    const route = request.routeOptions.url ?? "none";
    const status = reply.raw.statusCode;
    const ms = Math.round(reply.elapsedTime * 100) / 100;
    this.#metrics.request(request.method, route, status, ms / 1000);
    const line = {
      requestId: request.id,
      ...globalIdOf(request.headers["x-openstack-request-id"]),
      from: request.ip,
      ...notes,
      method: request.method,
      url: request.url,
      status,
      ...(reply.raw.writableFinished ? {} : { isCutOff: true }),
      ms,
    };
    if (QUIET.has(route)) this.#log.debug(line, "request");
    else this.#log.info(line, "request");
  }
}

/** The id that the request has across services, as Nova hands on its own: oslo_middleware/request_id.py. */
const GLOBAL_ID = /^req-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/;

const globalIdOf = (header: string | string[] | undefined): Facts =>
  typeof header === "string" && GLOBAL_ID.test(header) ? { globalRequestId: header } : {};

/** Ids, which stay, and names, which people know. */
function whoIs({ userId, projectId, identity }: Caller): Facts {
  if (identity === undefined) return { user: userId, project: projectId };
  const { userName, userDomain, projectName, projectDomain, domainScope, systemScope, serviceUser } = identity;
  return {
    user: userId,
    user_name: userName,
    ...(userDomain === undefined ? {} : { user_domain: userDomain }),
    project: projectId,
    ...(projectName === undefined ? {} : { project_name: projectName }),
    ...(projectDomain === undefined ? {} : { project_domain: projectDomain }),
    ...(domainScope === undefined ? {} : { domain: domainScope }),
    ...(systemScope === undefined ? {} : { system: systemScope }),
    ...(serviceUser === undefined ? {} : { service_user: serviceUser }),
  };
}
