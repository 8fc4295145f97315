/** The native routes as a fastify plugin: credentials, body checks, and errors as facts. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import {
  type Clusters,
  describeNativeApi,
  HOST_ROUTES,
  HostName,
  HostStatusBody,
  type Networking,
  NewContainerPort,
  NewHost,
  NodeTokenRequest,
} from "../../api/mod.ts";
import { type Facts, Fault, fault } from "../../model/mod.ts";
import type { Store } from "../../store/mod.ts";
import { bearerToken } from "../auth/mod.ts";
import type { Memory } from "../memory.ts";
import type { Log } from "../memory-cache.ts";
import { storeFault } from "../store-fault.ts";
import type { Views } from "../views/mod.ts";
import type { Beats } from "./beats.ts";
import { ContainerPorts } from "./container-ports.ts";
import { Credentials, unauthorized } from "./credentials.ts";
import { HostRecords } from "./host-records.ts";
import { takeStatus } from "./status.ts";
import { ViewStream } from "./stream.ts";

export interface HostRoutesParts {
  store: Store;
  memory: Memory;
  views: Views;
  networking: Networking;
  beats: Beats;
  log: Log;
  /** Undefined: nobody may create hosts. */
  adminToken: string | undefined;
  /** Undefined: there are no clusters whose nodes could show who they are. */
  clusters?: Clusters;
  /** Tells the access log who made a request. */
  noteCaller(requestId: string, who: Facts): void;
}

const HostPath = z.object({ host: HostName });
const PortPath = z.object({ host: HostName, id: z.uuid() });
const WatchQuery = z.strictObject({ since: z.coerce.number().int().min(0).optional() });
const RETRY_SECONDS = 2;

/** Mounts the routes of api/hosts.ts on `app`. */
export async function hostRoutes(app: FastifyInstance, parts: HostRoutesParts): Promise<void> {
  const { store, memory, noteCaller } = parts;
  const credentials = new Credentials(memory, parts.adminToken);
  const hosts = new HostRecords(store, memory);
  const containerPorts = new ContainerPorts(parts);

  const admin = (request: FastifyRequest) => {
    credentials.requireAdmin(request.headers);
    noteCaller(request.id, { role: "operator" });
  };
  const hostOf = (request: FastifyRequest): string => {
    const { host } = read(HostPath, request.params);
    credentials.requireHost(request.headers, host);
    noteCaller(request.id, { host });
    return host;
  };

  app.setErrorHandler((error, request, reply) => sendError(parts.log, error, request, reply));

  const description = JSON.stringify(describeNativeApi());
  // Open to all: it is no secret, and a client may read it before it has a token.
  app.get("/v1/openapi.json", (_request, reply) => reply.type("application/json").send(description));

  app.route({
    ...HOST_ROUTES.create,
    handler: async (request, reply) => {
      admin(request);
      return reply.code(201).send(await hosts.create(read(NewHost, request.body)));
    },
  });
  app.route({
    ...HOST_ROUTES.list,
    handler: (request) => {
      admin(request);
      return Promise.resolve({ hosts: hosts.list() });
    },
  });
  app.route({
    ...HOST_ROUTES.get,
    handler: (request) => {
      admin(request);
      return Promise.resolve(hosts.get(read(HostPath, request.params).host));
    },
  });
  app.route({
    ...HOST_ROUTES.remove,
    handler: async (request, reply) => {
      admin(request);
      await hosts.remove(read(HostPath, request.params).host);
      return reply.code(204).send();
    },
  });
  app.route({
    ...HOST_ROUTES.token,
    handler: async (request) => {
      const { host } = read(HostPath, request.params);
      const { kubernetes_cluster } = read(NodeTokenRequest, request.body);
      const token = bearerToken(request.headers);
      if (token === undefined || parts.clusters === undefined) throw unauthorized();
      const identity = await parts.clusters.nodeOf(token, kubernetes_cluster);
      if (identity.node !== host) {
        throw fault("NotAuthorized", { msg: `This token is of the pod on node ${identity.node}, not ${host}.` });
      }
      noteCaller(request.id, { node: host, cluster: identity.cluster });
      return hosts.renewToken(identity);
    },
  });
  app.route({
    ...HOST_ROUTES.audit,
    handler: async (request) => {
      admin(request);
      const { kubernetes_cluster } = read(NodeTokenRequest, request.query);
      if (parts.clusters === undefined) throw fault("NotFound", { msg: "This control node has no clusters." });
      return { findings: await parts.clusters.audit(kubernetes_cluster) };
    },
  });
  app.route({
    ...HOST_ROUTES.watch,
    handler: async (request, reply) => {
      const host = hostOf(request);
      const { since } = read(WatchQuery, request.query);
      const isOpen = (await catchUp(parts, since)) && openStream(parts, host, since, reply);
      if (isOpen) return reply.hijack();
      const message = `The changes since revision ${since} are not known here; ask for the whole view.`;
      return reply.code(410).send({ error: { code: "Gone", message } });
    },
  });
  app.route({
    ...HOST_ROUTES.status,
    handler: async (request, reply) => {
      const host = hostOf(request);
      const report = read(HostStatusBody, request.body);
      parts.beats.heard(host, report.beat_ms);
      await takeStatus(parts, host, report);
      return reply.code(204).send();
    },
  });
  app.route({
    ...HOST_ROUTES.createPort,
    handler: async (request, reply) => {
      const host = hostOf(request);
      const { port, isNew } = await containerPorts.create(host, read(NewContainerPort, request.body), request.id);
      return reply.code(isNew ? 201 : 200).send(port);
    },
  });
  app.route({
    ...HOST_ROUTES.deletePort,
    handler: async (request, reply) => {
      const host = hostOf(request);
      await containerPorts.remove(host, read(PortPath, request.params).id, request.id);
      return reply.code(204).send();
    },
  });
}

/** An agent that comes from another control node may be ahead of this one. False for no revision of this store. */
async function catchUp({ store, memory }: HostRoutesParts, since: number | undefined): Promise<boolean> {
  if (since === undefined || since <= memory.revision) return true;
  if ((await store.revision()) < since) return false;
  await memory.reached(since);
  return true;
}

/** False when the view cannot be resumed from `since`; then nothing was sent. */
function openStream(parts: HostRoutesParts, host: string, since: number | undefined, reply: FastifyReply): boolean {
  const stream = new ViewStream(reply.raw, { host, requestId: reply.request.id }, parts.log);
  const stop = parts.views.open(host, since, stream);
  if (stop === undefined) return false;
  reply.raw.on("close", stop);
  reply.raw.on("close", parts.beats.opened(host));
  return true;
}

/** @throws Fault InvalidInput naming each wrong field */
function read<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const wrong = result.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw fault("InvalidInput", { error_message: wrong.join("; ") });
}

function sendError(log: Log, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const mapped = storeFault(error);
  if (mapped instanceof Fault) {
    if (mapped.status === 401) reply.header("www-authenticate", "Bearer");
    if (mapped.status === 503) reply.header("retry-after", RETRY_SECONDS);
    const { msg: _, ...facts } = mapped.facts; // the message already
    return reply.code(mapped.status).send({ error: { ...facts, code: mapped.code, message: mapped.message } });
  }
  const { statusCode = 500, code = "InternalError", message } = error as FastifyError;
  if (statusCode < 500) return reply.code(statusCode).send({ error: { code, message } });
  log.error({ err: error, requestId: request.id }, "a request failed in a way that is a fault of ours");
  return reply
    .code(500)
    .send({ error: { code: "InternalError", message: `Request ${request.id} failed; see the log.` } });
}
