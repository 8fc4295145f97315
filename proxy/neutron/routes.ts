/** The whole API as a table, and the way from a path to its routes. */
import { fault } from "../../model/mod.ts";
import { AGENT_ROUTES } from "./agents.ts";
import { TOPOLOGY_ROUTES } from "./auto-topology.ts";
import { extensionList, extensionOf } from "./extensions.ts";
import type { Schema } from "./json-schema.ts";
import { describeApi } from "./openapi/mod.ts";
import { QUOTA_ROUTES } from "./quotas.ts";
import { routesOf } from "./resource-routes.ts";
import { RESOURCES } from "./resources.ts";
import { okJson, type Route } from "./route.ts";
import { type Found, Trie } from "./trie.ts";
import { resources } from "./versions.ts";

const listOf = (name: string): Schema => ({
  type: "object",
  properties: { [name]: { type: "array", items: { type: "object" } } },
  required: [name],
});

const DOCUMENTS: readonly Route[] = [
  {
    method: "GET",
    path: "",
    name: "list resources",
    form: { answer: [listOf("resources")] },
    handle: ({ request }) => okJson(resources(request)),
  },
  {
    method: "GET",
    path: "extensions",
    name: "list extensions",
    form: { answer: [listOf("extensions")] },
    handle: () => okJson(extensionList()),
  },
  {
    method: "GET",
    path: "extensions/:id",
    name: "show extension",
    form: { answer: [{ type: "object", properties: { extension: { type: "object" } }, required: ["extension"] }] },
    handle: ({ params: [alias = ""] }) => {
      const found = extensionOf(alias);
      if (found) return okJson(found);
      throw fault("HTTPNotFound", { msg: `Extension with alias ${alias} does not exist` });
    },
  },
];

export const ROUTES: readonly Route[] = [
  ...DOCUMENTS,
  ...AGENT_ROUTES,
  ...QUOTA_ROUTES,
  ...TOPOLOGY_ROUTES,
  ...RESOURCES.flatMap(routesOf),
];

let description: string | undefined;

/** The API in OpenAPI's form, as JSON. */
export function apiDescription(): string {
  description ??= JSON.stringify(describeApi(ROUTES));
  return description;
}

/** What a path has by method. */
export type Methods = Map<string, Route>;

const TRIE = new Trie<Methods>();
for (const route of ROUTES) TRIE.at(route.path, () => new Map()).set(route.method, route);

/** The routes of "/v2.0/ports/<id>"; undefined when there is no such path. */
export function routesAt(path: string): Found<Methods> | undefined {
  return TRIE.find(path.replace(/^\/v2\.0\//, ""));
}
