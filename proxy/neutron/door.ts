/** The Neutron API v2.0 as a Fastify plugin: who asks, what for, and what is answered. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, Caller, Networking } from "../../api/mod.ts";
import { Fault, fault } from "../../model/mod.ts";
import { parseBody } from "./body.ts";
import { extensionList, extensionOf } from "./extensions.ts";
import { ifMatch } from "./if-match.ts";
import { list } from "./list.ts";
import { type Call, create, remove, show, update } from "./operations.ts";
import { type Place, placeOf } from "./path.ts";
import { asFault, sendError, sendJson } from "./reply.ts";
import { addTag, addTags, getTags, putTags, removeTag, removeTags, requireTag } from "./tags.ts";
import type { Json } from "./validators.ts";
import { baseUrl, resources, versions } from "./versions.ts";

export interface NeutronDoorOptions {
  networking: Networking;
  authenticator: Authenticator;
}

interface Answer {
  status: number;
  /** Absent with 204. */
  json?: string | Buffer;
}

/** A request to a place: the call, and what else some methods read. */
interface Asked<P extends Place = Place> {
  place: P;
  call: Call;
  request: FastifyRequest;
  body: () => Json | undefined;
  ifRevision: () => number | undefined;
}

type Handler<P extends Place> = (asked: Asked<P>) => Promise<Answer> | Answer;
type Handlers = { [P in Place as P["at"]]: Readonly<Record<string, Handler<P>>> };

const ok = (json: string | Buffer): Answer => ({ status: 200, json });
const created = (json: string | Buffer): Answer => ({ status: 201, json });
const okJson = (value: object): Answer => ok(JSON.stringify(value));
const NONE: Answer = { status: 204 };

const pathOf = (request: FastifyRequest) => (request.raw.url ?? "/").split("?", 1)[0] as string;

/** Status codes are Neutron's (pecan_wsgi/controllers/resource.py; extensions/tagging.py for tags). */
const HANDLERS: Handlers = {
  index: { GET: ({ request }) => okJson(resources(request)) },
  extensions: { GET: () => okJson(extensionList()) },
  extension: {
    GET: ({ place }) => {
      const found = extensionOf(place.alias);
      if (found) return okJson(found);
      throw fault("HTTPNotFound", { msg: `Extension with alias ${place.alias} does not exist` });
    },
  },
  collection: {
    GET: async ({ call, request }) => ok(await list({ ...call, url: baseUrl(request) + pathOf(request) })),
    POST: async ({ call, body }) => created(await create(call, body())),
  },
  item: {
    GET: async ({ place, call }) => ok(await show(call, place.id)),
    PUT: async ({ place, call, body, ifRevision }) => ok(await update(call, place.id, body(), ifRevision())),
    DELETE: async ({ place, call, request, ifRevision }) => {
      if (hasBody(request)) throw fault("HTTPBadRequest", { msg: "Request body is not supported in DELETE." });
      await remove(call, place.id, ifRevision());
      return NONE;
    },
  },
  tags: {
    GET: async ({ place, call }) => okJson({ tags: await getTags(call, place.id) }),
    PUT: async ({ place, call, body }) => okJson({ tags: await putTags(call, place.id, body()) }),
    POST: async ({ place, call, body }) => okJson({ tags: await addTags(call, place.id, body()) }),
    DELETE: async ({ place, call }) => {
      await removeTags(call, place.id);
      return NONE;
    },
  },
  tag: {
    GET: async ({ place, call }) => {
      await requireTag(call, place.id, place.tag);
      return NONE;
    },
    PUT: async ({ place, call }) => {
      await addTag(call, place.id, place.tag);
      return created("null");
    },
    DELETE: async ({ place, call }) => {
      await removeTag(call, place.id, place.tag);
      return NONE;
    },
  },
};

const hasBody = (request: FastifyRequest) => Buffer.isBuffer(request.body) && request.body.length > 0;

/** Mounts `/` and `/v2.0/`. Register it as its own plugin: it takes over body parsing and errors of its context. */
export async function neutronDoor(app: FastifyInstance, options: NeutronDoorOptions): Promise<void> {
  const callers = new WeakMap<FastifyRequest, Caller>();

  // Neutron reads JSON whatever the content type says.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-openstack-request-id", requestIdOf(request));
    // The list of versions is open, as in Neutron's api-paste.ini: clients read it before they have a token.
    if (pathOf(request) !== "/") callers.set(request, await authenticate(options.authenticator, request, reply));
  });

  app.setErrorHandler((error, request, reply) => {
    const known = asFault(error, app.initialConfig.bodyLimit ?? 0);
    if (!(known instanceof Fault)) request.log.error(error, "request failed");
    return sendError(reply, known);
  });

  app.all("/", (request, reply) => {
    if (request.method === "GET") return sendJson(reply, 200, JSON.stringify(versions(request)));
    return sendError(reply, fault("HTTPMethodNotAllowed", { allow: "GET" }));
  });
  app.all("/v2.0", (_request, reply) => sendError(reply, fault("HTTPNotFound")));
  app.all("/v2.0/*", async (request, reply) => {
    const { status, json } = await answer(options.networking, callers.get(request) as Caller, request);
    return json === undefined ? reply.code(status).send() : sendJson(reply, status, json);
  });
}

/** The server's own id of the request where it is of OpenStack's form, so that log and reply agree. */
function requestIdOf({ id }: FastifyRequest): string {
  return /^req-[0-9a-f-]{36}$/.test(id) ? id : `req-${randomUUID()}`;
}

async function authenticate(
  authenticator: Authenticator,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Caller> {
  const caller = await authenticator.authenticate(request.headers, String(reply.getHeader("x-openstack-request-id")));
  if (caller.host === undefined) return caller;
  throw fault("NotAuthorized", { msg: "The credential of a host is good for its own paths under /v1 only." });
}

async function answer(networking: Networking, caller: Caller, request: FastifyRequest): Promise<Answer> {
  const place = placeOf(pathOf(request));
  if (place === undefined) throw fault("HTTPNotFound");
  const handlers = HANDLERS[place.at];
  const handler = Object.hasOwn(handlers, request.method) ? handlers[request.method] : undefined;
  if (handler === undefined) {
    // Neutron's old controller for extensions answered 404 here, and it was kept.
    if (place.at === "extensions" || place.at === "extension") throw fault("HTTPNotFound");
    throw fault("HTTPMethodNotAllowed", { allow: Object.keys(handlers).join(", ") });
  }
  const resource = "resource" in place ? place.resource : undefined;
  const params = new URLSearchParams((request.raw.url ?? "").split("?").slice(1).join("?"));
  return (handler as Handler<Place>)({
    place,
    call: { networking, caller, resource: resource as Call["resource"], params },
    request,
    body: () => parseBody(request.body as Buffer | undefined),
    ifRevision: () => ifMatch(request.headers["if-match"]),
  });
}
