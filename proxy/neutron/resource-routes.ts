/** The routes that follow from a resource's row. Status codes are Neutron's (pecan_wsgi/controllers/resource.py; extensions/tagging.py for tags). */
import type { FastifyRequest } from "fastify";
import { fault } from "../../model/mod.ts";
import { list } from "./list.ts";
import { actionForm, methodForm, TAG_LIST } from "./openapi/mod.ts";
import { act, create, remove, show, update } from "./operations.ts";
import type { Method, Resource } from "./resource.ts";
import { type Asked, created, type Handler, NONE, ok, okJson, type Route } from "./route.ts";
import { addTag, addTags, getTags, putTags, removeTag, removeTags, requireTag } from "./tags.ts";
import { baseUrl, pathOf } from "./versions.ts";

const hasBody = (request: FastifyRequest) => Buffer.isBuffer(request.body) && request.body.length > 0;

const idOf = ({ params }: Asked) => params[0] as string;

const METHODS: Record<Method, { method: Route["method"]; at: "" | "/:id"; handle: Handler }> = {
  list: {
    method: "GET",
    at: "",
    handle: async ({ call, request }) => ok(await list(call, baseUrl(request) + pathOf(request))),
  },
  create: { method: "POST", at: "", handle: async ({ call, body }) => created(await create(call, body())) },
  show: { method: "GET", at: "/:id", handle: async (asked) => ok(await show(asked.call, idOf(asked))) },
  update: {
    method: "PUT",
    at: "/:id",
    handle: async (asked) => ok(await update(asked.call, idOf(asked), asked.body(), asked.ifRevision())),
  },
  delete: {
    method: "DELETE",
    at: "/:id",
    handle: async (asked) => {
      if (hasBody(asked.request)) throw fault("HTTPBadRequest", { msg: "Request body is not supported in DELETE." });
      await remove(asked.call, idOf(asked), asked.ifRevision());
      return NONE;
    },
  },
};

const none = (done: Promise<unknown>): Promise<typeof NONE> => done.then(() => NONE);

const TAGS: readonly Pick<Route, "method" | "path" | "name" | "form" | "handle">[] = [
  {
    method: "GET",
    path: "",
    name: "list tags",
    form: { answer: [TAG_LIST] },
    handle: async (asked) => okJson({ tags: await getTags(asked.call, idOf(asked)) }),
  },
  {
    method: "PUT",
    path: "",
    name: "replace tags",
    form: { body: [TAG_LIST], answer: [TAG_LIST] },
    handle: async (asked) => okJson({ tags: await putTags(asked.call, idOf(asked), asked.body()) }),
  },
  {
    method: "POST",
    path: "",
    name: "add tags",
    form: { body: [TAG_LIST], answer: [TAG_LIST] },
    handle: async (asked) => okJson({ tags: await addTags(asked.call, idOf(asked), asked.body()) }),
  },
  {
    method: "DELETE",
    path: "",
    name: "remove tags",
    form: { status: 204 },
    handle: (asked) => none(removeTags(asked.call, idOf(asked))),
  },
  {
    method: "GET",
    path: "/:tag",
    name: "check tag",
    form: { status: 204 },
    handle: (asked) => none(requireTag(asked.call, idOf(asked), asked.params[1] as string)),
  },
  {
    method: "PUT",
    path: "/:tag",
    name: "add tag",
    form: { status: 201, answer: [{ type: "null" }] },
    handle: async (asked) => {
      await addTag(asked.call, idOf(asked), asked.params[1] as string);
      return created("null");
    },
  },
  {
    method: "DELETE",
    path: "/:tag",
    name: "remove tag",
    form: { status: 204 },
    handle: (asked) => none(removeTag(asked.call, idOf(asked), asked.params[1] as string)),
  },
];

/** Where a resource's collection is, below /v2.0/. */
export const pathTo = ({ parent, path }: Resource): string => (parent ? `${parent.path}/:parent/${path}` : path);

const tagRoutes = (resource: Resource, base: string): Route[] =>
  TAGS.map((tags) => ({
    ...tags,
    name: base === resource.tagsPath ? `${tags.name} at ${base}` : tags.name,
    path: `${base}/:id/tags${tags.path}`,
    resource,
  }));

export function routesOf(resource: Resource): Route[] {
  const base = pathTo(resource);
  return [
    ...resource.methods.map((name) => {
      const { method, at, handle } = METHODS[name];
      return {
        method,
        path: base + at,
        resource,
        name: `${name} ${resource.name}`,
        form: methodForm(name, resource),
        handle,
      };
    }),
    ...resource.actions.map((action) => ({
      method: action.method,
      path: `${base}/:id/${action.name}`,
      resource,
      name: action.name,
      form: actionForm(action, resource),
      handle: async (asked: Asked) => ok(await act(asked.call, action, idOf(asked), asked.body())),
    })),
    ...(resource.hasTags ? tagRoutes(resource, base) : []),
    ...(resource.tagsPath ? tagRoutes(resource, resource.tagsPath) : []),
  ];
}
