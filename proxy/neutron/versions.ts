/** The documents that a client reads first: which versions there are, and which resources the version has. */
import type { FastifyRequest } from "fastify";
import { RESOURCES } from "./resources.ts";

/** Scheme and authority as the client sees them (X-Forwarded-Proto behind a proxy that ends TLS). */
export function baseUrl(request: FastifyRequest): string {
  const forwarded = request.headers["x-forwarded-proto"];
  const scheme = typeof forwarded === "string" && /^https?$/.test(forwarded) ? forwarded : request.protocol;
  return `${scheme}://${request.headers.host ?? "localhost"}`;
}

/** The path that was asked for, without its query. */
export const pathOf = (request: FastifyRequest): string => (request.raw.url ?? "/").split("?", 1)[0] as string;

/** `/` */
export function versions(request: FastifyRequest): object {
  const links = [{ rel: "self", href: `${baseUrl(request)}/v2.0/` }];
  return { versions: [{ id: "v2.0", status: "CURRENT", links }] };
}

/** `/v2.0/` */
export function resources(request: FastifyRequest): object {
  const link = (collection: string) => ({ rel: "self", href: `${baseUrl(request)}/v2.0/${collection}` });
  return {
    resources: RESOURCES.filter(({ parent }) => parent === undefined).map(({ name, collection, path }) => ({
      name,
      collection,
      links: [link(path)],
    })),
  };
}
