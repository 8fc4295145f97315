/** The whole document. */
import { policyName, type Resource } from "../resource.ts";
import type { Route } from "../route.ts";
import { ERRORS, type Operation, operation } from "./operation.ts";
import { COMMON, templateOf } from "./parameters.ts";
import { answerSchema, changeSchema, newSchema, schemaName } from "./schemas.ts";

const INFO = {
  title: "Cable: the network API of OpenStack, version 2.0",
  version: "2.0",
  description:
    "Networks, ports and what belongs to them, as OpenStack's Neutron serves them. A caller is who its token says; " +
    "what it may not see is not found.",
  license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
};

/** The description of all `routes`. */
export function describeApi(routes: readonly Route[]): object {
  return {
    openapi: "3.1.0",
    info: INFO,
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    tags: [...new Set(routes.map(tagOf))].map((name) => ({ name })),
    paths: pathsOf(routes),
    components: {
      securitySchemes: { token: { type: "apiKey", in: "header", name: "X-Auth-Token" } },
      parameters: COMMON,
      responses: ERRORS,
      schemas: Object.assign({}, ...resourcesOf(routes).map(schemasOf)),
    },
  };
}

const tagOf = ({ resource }: Route): string => (resource ? policyName(resource) : "api");

function pathsOf(routes: readonly Route[]): Record<string, Record<string, Operation>> {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const template = templateOf(route);
    paths[template] ??= {};
    (paths[template] as Record<string, Operation>)[route.method.toLowerCase()] = operation(route, tagOf(route));
  }
  return paths;
}

function resourcesOf(routes: readonly Route[]): Resource[] {
  const found = new Map<string, Resource>();
  for (const { resource } of routes) if (resource) found.set(policyName(resource), resource);
  return [...found.values()];
}

function schemasOf(resource: Resource): object {
  return {
    [schemaName(resource)]: answerSchema(resource),
    ...(resource.methods.includes("create") ? { [schemaName(resource, "_new")]: newSchema(resource) } : {}),
    ...(resource.methods.includes("update") ? { [schemaName(resource, "_change")]: changeSchema(resource) } : {}),
  };
}
