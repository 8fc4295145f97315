/** Who did what: one line a request, after its reply. Never a header or a body, where secrets are. */
import type { FastifyInstance } from "fastify";
import type { Authenticator, Caller } from "../api/mod.ts";
import type { Facts } from "../model/mod.ts";
import type { Log } from "./memory-cache.ts";
import type { Metrics } from "./metrics.ts";

/** Asked every few seconds by machines; their lines would hide the others. */
const QUIET = new Set(["/healthz", "/metrics"]);

export class AccessLog {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #callers = new Map<string, Facts>();

  constructor(log: Log, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  note(requestId: string, who: Facts): void {
    this.#callers.set(requestId, who);
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
    app.addHook("onResponse", async (request, reply) => {
      const who = this.#callers.get(request.id);
      this.#callers.delete(request.id);
      const route = request.routeOptions.url ?? "none";
      const status = reply.raw.statusCode;
      const ms = Math.round(reply.elapsedTime * 100) / 100;
      this.#metrics.request(request.method, route, status, ms / 1000);
      const line = {
        requestId: request.id,
        from: request.ip,
        ...who,
        method: request.method,
        url: request.url,
        status,
        ms,
      };
      if (QUIET.has(route)) this.#log.debug(line, "request");
      else this.#log.info(line, "request");
    });
  }
}

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
