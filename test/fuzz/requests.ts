/** Requests for every route of the table, which is all that this knows of the API. */

import { EXTENSIONS } from "../../proxy/neutron/extensions.ts";
import type { Schema } from "../../proxy/neutron/json-schema.ts";
import type { Resource } from "../../proxy/neutron/resource.ts";
import { RESOURCES } from "../../proxy/neutron/resources.ts";
import type { Route } from "../../proxy/neutron/route.ts";
import { apiDescription, ROUTES } from "../../proxy/neutron/routes.ts";
import { ASKERS, type Asker, ONE, TWO } from "./callers.ts";
import type { Pool } from "./pool.ts";
import type { Random } from "./random.ts";
import { type Setting, valueFor, wild } from "./values.ts";

export interface FuzzRequest {
  readonly route: Route;
  readonly asker: Asker;
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** The path is the route's own, with nothing behind it that makes it another. */
  readonly isExact: boolean;
  /** What the path's open parts were filled with. */
  readonly params: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: looked into by name
const document: any = JSON.parse(apiDescription());
export const SCHEMAS: Readonly<Record<string, Schema>> = document.components.schemas;

/** Creations most, so that there is something to ask for; removals least. */
const weightOf = ({ name, method }: Route): number => {
  if (method === "POST") return 5;
  if (method === "PUT") return 4;
  return name.startsWith("list") || method === "DELETE" ? 2 : 3;
};
const WEIGHTED = ROUTES.map((route) => [weightOf(route), route] as const);

const ODD_PARTS = ["x", "%00", "%ff", "constructor", "__proto__", "a%2Fb", "null", "-1", "%", "a".repeat(300)];

export function nextRequest(random: Random, pool: Pool): FuzzRequest {
  const asker = random.weighted([
    [4, ASKERS[0] as Asker],
    [4, ONE],
    [3, TWO],
    [1, ASKERS[3] as Asker],
  ]);
  return requestFor(nextRoute(random, pool), { random, pool, asker, schemas: SCHEMAS });
}

export function requestFor(route: Route, setting: Setting): FuzzRequest {
  const { random, asker } = setting;
  const params = paramsOf(route, setting);
  let at = 0;
  const path = route.path.replace(/:[a-z_]+/g, () => params[at++] as string);
  const suffix = random.weighted([
    [30, ""],
    [1, ".json"],
    [1, "/"],
    [1, "/x"],
  ]);
  const query = queryOf(route, setting);
  return {
    route,
    asker,
    method: random.chance(0.99) ? route.method : random.pick(["PATCH", "HEAD", "OPTIONS", "PUT", "DELETE"]),
    url: `/v2.0/${path}${suffix}${query === "" ? "" : `?${query}`}`,
    body: route.form?.body ? bodyOf(route.form.body, setting) : undefined,
    headers: random.chance(0.03)
      ? { "if-match": random.pick(["revision_number=1", "revision_number=0", "x", "revision_number="]) }
      : {},
    isExact: suffix !== "/x",
    params,
  };
}

/** One that can find what it names, mostly. */
function nextRoute(random: Random, pool: Pool): Route {
  for (let tries = 0; ; tries++) {
    const route = random.weighted(WEIGHTED);
    const { resource, path } = route;
    const names = path.includes("/:") && resource !== undefined;
    const kinds = [
      ...(path.includes("/:id") ? [resource?.kind] : []),
      ...(path.includes(":parent") ? [resource?.parent?.kind] : []),
    ];
    if (!names || tries > 3 || kinds.every((kind) => kind && (pool.count(kind) > 0 || kind in BY || kind in LITERAL)))
      return route;
  }
}

const ALIASES = EXTENSIONS.map(({ alias }) => alias);

/** What the part before names, of routes that are no resource's own. */
const KIND_AT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(RESOURCES.map(({ path, kind }) => [path, kind])),
  "dhcp-networks": "network",
  "l3-routers": "router",
};

const before = (path: string, part: string): string => path.split(`/${part}`, 1)[0]?.split("/").at(-1) ?? "";

/** Kinds that are known by the id of another. */
const BY: Readonly<Record<string, string>> = { network_ip_availability: "network", local_ip_association: "port" };

/** Kinds that are known by a word. */
const LITERAL: Readonly<Record<string, readonly string[]>> = {
  qos_rule_type: ["bandwidth_limit", "dscp_marking", "packet_rate_limit", "x"],
  port_binding: ["h1", "h2", "nowhere"],
};

/** Only servers' ports have bindings besides. */
const parentKind = (resource: Resource | undefined): string | undefined =>
  resource?.kind === "port_binding" ? "compute_port" : resource?.parent?.kind;

function paramsOf({ path, resource }: Route, setting: Setting): string[] {
  const { random, pool, asker } = setting;
  let parentId: string | undefined;
  return (path.match(/:[a-z_]+/g) ?? []).map((part) => {
    if (random.chance(0.03)) return random.pick(ODD_PARTS);
    if (part === ":tag") return random.pick(["a", "b", "red", "a%2Fb"]);
    const kind = part === ":parent" ? parentKind(resource) : (resource?.kind ?? KIND_AT[before(path, part)]);
    if (kind === undefined) return random.pick([asker.project, random.pick(ASKERS).project, random.pick(ALIASES)]);
    const wanted = random.chance(0.03) ? random.pick(["port", ...pool.kinds]) : kind;
    const literals = LITERAL[wanted];
    const chosen = literals
      ? random.pick(literals)
      : (pool.pick(random, BY[wanted] ?? wanted, asker, parentId)?.id ?? random.uuid());
    if (part === ":parent") parentId = chosen;
    return encodeURIComponent(chosen);
  });
}

function queryOf(route: Route, setting: Setting): string {
  const { random } = setting;
  const { resource, form } = route;
  if (resource === undefined || form?.query === undefined || random.chance(0.5)) return "";
  const names = Object.keys(resource.attributes);
  const pairs: [string, string][] = [];
  for (let count = random.integer(1, 3); count > 0; count--) {
    const name = random.pick([...names, "fields", "sort_key", "limit", "marker", "page_reverse", "x"]);
    pairs.push(pairFor(name, route, setting));
    if (name === "sort_key") pairs.push(["sort_dir", random.pick(["asc", "desc", "desc", "x"])]);
  }
  return new URLSearchParams(pairs).toString();
}

function pairFor(name: string, { resource }: Route, setting: Setting): [string, string] {
  const { random, pool, asker } = setting;
  const names = Object.keys(resource?.attributes ?? {});
  const attribute = resource?.attributes[name];
  if (name === "fields" || name === "sort_key") return [name, random.pick(names)];
  if (name === "limit") return [name, random.pick(["1", "2", "0", "-1", "x", "99999999999999999999"])];
  if (name === "marker") return [name, pool.pick(random, resource?.kind ?? "", asker)?.id ?? "x"];
  const schema = SCHEMAS[resource?.name ?? ""]?.properties?.[name] ?? {};
  const value = attribute && random.chance(0.9) ? valueFor(setting, name, schema) : wild(setting);
  if (name === "fixed_ips")
    return [name, random.pick(["ip_address=10.0.0.5", "subnet_id=x", "ip_address_substr=0", "x", "=", "ip_address="])];
  return [name, typeof value === "string" ? value.replace(/[\ud800-\udfff]/g, "?") : JSON.stringify(value)];
}

function bodyOf(forms: readonly Schema[], setting: Setting): unknown {
  const { random } = setting;
  const form = forms.length > 1 && random.chance(0.15) ? forms[1] : forms[0];
  return random.weighted<() => unknown>([
    [40, () => valueFor(setting, "", form ?? {})],
    [1, () => wild(setting)],
    [1, () => ({ ...(valueFor(setting, "", form ?? {}) as object), x: wild(setting) })],
    [1, () => JSON.stringify(valueFor(setting, "", form ?? {})).slice(0, -1)],
  ])();
}
