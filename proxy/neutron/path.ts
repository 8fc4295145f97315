/** What a path under /v2.0 names. Pecan, Neutron's router, also takes a trailing slash and the suffix ".json". */
import { type Resource, resourceOf } from "./resource.ts";

export type Place =
  | { at: "index" }
  | { at: "extensions" }
  | { at: "extension"; alias: string }
  | { at: "collection"; resource: Resource }
  | { at: "item"; resource: Resource; id: string }
  | { at: "tags"; resource: Resource; id: string }
  | { at: "tag"; resource: Resource; id: string; tag: string };

/** The place of a path ("/v2.0/ports/<id>"), without its query; undefined when there is no such thing. */
export function placeOf(path: string): Place | undefined {
  const parts = decode(path);
  if (parts === undefined) return undefined;
  const [first, id, sub, tag, ...rest] = parts;
  if (rest.length > 0) return undefined;
  if (first === undefined) return { at: "index" };
  if (sub === undefined) return placeOfItem(plain(first), id);
  const resource = resourceOf(first);
  if (resource === undefined || id === undefined || (tag === undefined ? plain(sub) : sub) !== "tags") return undefined;
  return tag === undefined ? { at: "tags", resource, id } : { at: "tag", resource, id, tag };
}

function placeOfItem(first: string, id: string | undefined): Place | undefined {
  if (first === "extensions") return id === undefined ? { at: "extensions" } : { at: "extension", alias: plain(id) };
  const resource = resourceOf(first);
  if (resource === undefined) return undefined;
  return id === undefined ? { at: "collection", resource } : { at: "item", resource, id: plain(id) };
}

const plain = (part: string) => part.replace(/\.json$/, "");

function decode(path: string): string[] | undefined {
  const parts = path.replace(/^\/v2\.0\//, "").split("/");
  if (parts.at(-1) === "") parts.pop();
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
