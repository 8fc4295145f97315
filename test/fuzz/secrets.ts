/**
 * Who may know of what, told afresh from the records: not by the code that decides it. A member gets no id of another
 * project's private object, and asked for one gets "not found", never "forbidden".
 */
import assert from "node:assert/strict";
import { isAdmin } from "./callers.ts";
import type { Answer } from "./checks.ts";
import { type AnyRecord, byId, type Contents } from "./records.ts";
import type { FuzzRequest } from "./requests.ts";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Kinds that everybody may read. */
const OPEN_KINDS = new Set(["flavor", "service_profile", "default_security_group_rule", "network_segment_range"]);

type Known = Map<string, { kind: string; record: AnyRecord }>;

const rowsOf = ({ records }: Contents, kind: string): AnyRecord[] => [...(records.get(kind)?.values() ?? [])];

/** Whether an RBAC policy, or being external, opens an object to a project. */
function isOpened(contents: Contents, id: string, project: string): boolean {
  return rowsOf(contents, "rbac_policy").some(
    ({ object_id, target_project }) => object_id === id && (target_project === project || target_project === "*"),
  );
}

function mayKnow(contents: Contents, known: Known, id: string, project: string, depth = 0): boolean {
  const found = known.get(id);
  if (found === undefined || depth > 4) return true;
  const { kind, record } = found;
  if (OPEN_KINDS.has(kind) || record.project_id === project || record.project_id === "") return true;
  if (record.target_project === project || isOpened(contents, id, project)) return true;
  const floatings = rowsOf(contents, "floatingip").filter((floating) => floating.project_id === project);
  const near = (other: unknown) => typeof other === "string" && mayKnow(contents, known, other, project, depth + 1);
  switch (kind) {
    case "router":
      return floatings.some(({ router_id }) => router_id === id);
    case "network":
      // An own floating IP shows its port and where that is, whoever tied them.
      return floatings.some(({ port_id }) => known.get(port_id)?.record.network_id === id);
    case "qos_policy":
      // A port tells of the policy that it has of its network.
      return rowsOf(contents, "port").some(
        (port) => port.project_id === project && known.get(port.network_id)?.record.qos_policy_id === id,
      );
    case "address_scope":
      // Networks tell of the scope that their addresses are from, which is that of a pool.
      return rowsOf(contents, "subnet").some(
        ({ id: subnet, subnetpool_id: pool }) =>
          contents.records.get("subnetpool")?.get(pool)?.address_scope_id === id && near(subnet),
      );
    case "security_group":
    case "address_group":
      // Groups are made with the rules of templates, whatever these name.
      return rowsOf(contents, "default_security_group_rule").some(
        (template) => template.remote_group_id === id || template.remote_address_group_id === id,
      );
    case "segment":
      return near(record.network_id);
    case "subnet":
      // Own ports, and those of own routers, tell of the subnets of their addresses.
      return (
        near(record.network_id) ||
        rowsOf(contents, "port").some(
          (port) =>
            (port.project_id === project || known.get(port.device_id)?.record.project_id === project) &&
            port.fixed_ips.some((fixed: AnyRecord) => fixed.subnet_id === id),
        )
      );
    case "security_group_rule":
      return near(record.security_group_id);
    case "trunk":
      // A port tells of its trunk, whoever made that.
      return near(record.port_id);
    case "port":
    case "floatingip":
      // Whoever has the network sees all that is in it, and whoever has a local IP the ports that it is given to.
      return (
        known.get(record.network_id ?? record.floating_network_id)?.record.project_id === project ||
        floatings.some(({ port_id }) => port_id === id) ||
        rowsOf(contents, "local_ip_association").some((row) => row.fixed_port_id === id && near(row.local_ip_id))
      );
    case "metering_label":
      return record.shared === true;
    default:
      return false;
  }
}

/** Kinds whose objects, once they may be known, name others that belong to them. */
function embedded(known: Known, body: unknown, contents: Contents, project: string): Set<string> {
  const ids = new Set<string>();
  for (const id of JSON.stringify(body).match(UUID) ?? []) {
    const found = known.get(id);
    if (found === undefined || !mayKnow(contents, known, id, project)) continue;
    for (const named of JSON.stringify(found.record).match(UUID) ?? []) ids.add(named);
  }
  return ids;
}

/** Whether an answer names what its asker may not know, of these contents. */
export function checkAnswer(
  { asker, params, url }: FuzzRequest,
  { status, body, text }: Answer,
  contents: Contents,
): void {
  if (isAdmin(asker) || status >= 300 || body === undefined || body === null) return;
  // A list of a few fields does not say whose they are.
  if (url.includes("fields=") && params.length === 0) return;
  const known = byId(contents);
  const strange = [...new Set(withoutLinks(text).match(UUID) ?? [])].filter(
    (id) => !mayKnow(contents, known, id, asker.project),
  );
  if (strange.length === 0) return;
  // A shared group's rules name groups, and a network of one's own ports: part of what may be known.
  const named = embedded(known, { body, params }, contents, asker.project);
  const leaks = strange.filter((id) => !named.has(id)).map((id) => `${known.get(id)?.kind} ${id}`);
  assert.deepEqual(leaks, [], `${asker.token} is told of another's ${leaks.join(", ")} in ${text.slice(0, 1500)}`);
}

/** Links repeat what the client has asked for. */
const withoutLinks = (text: string): string => text.replace(/"href":"[^"]*"/g, "");

/** What is answered for ids that are nobody's, too: of nothing, no parts; and of a body, before anything is looked up. */
const saysNothing = (text: string): boolean =>
  /^\{"\w+":\[\](,"\w+_links":.*)?\}$/.test(text) || text.includes('"type":"SecurityGroupDefaultAlreadyExists"');

/** A path that names another's object, as things were before the request. */
export function checkForeign(
  { route, asker, params, method }: FuzzRequest,
  { status, text }: Answer,
  contents: Contents,
): void {
  if (isAdmin(asker)) return;
  const known = byId(contents);
  if (route.resource === undefined || method !== route.method) return;
  const strange = params.filter((id) => known.has(id) && !mayKnow(contents, known, id, asker.project));
  if (strange.length === 0) return;
  assert.ok(
    [400, 404, 405].includes(status) || saysNothing(text),
    `${asker.token} learns of another's ${strange.map((id) => known.get(id)?.kind)}: ${status} ${text.slice(0, 500)}`,
  );
}
