/** What always holds of the store: nothing points to what is not there, and every key has the record that holds it. */
import assert from "node:assert/strict";
import { audit } from "../../control/networking/networking.fixture.ts";
import { ROOT, type Store } from "../../store/mod.ts";
import { type AnyRecord, byId, type Contents, contentsOf } from "./records.ts";

/** Fields that hold the id of a record, where the kind is not in the name. */
const NAMED: Readonly<Record<string, string>> = {
  remote_group_id: "security_group",
  source_port: "port",
  target_id: "port",
  resource_id: "security_group",
  security_groups: "security_group",
  service_profiles: "service_profile",
  floating_network_id: "network",
};

const UUID_LENGTH = 36;

/** Free text, or the id of something that is no record. */
const FREE = new Set(["id", "project_id", "tenant_id", "device_id", "service_type_id", "segmentation_id", "object_id"]);

function kindOf(name: string, kinds: Iterable<string>): string | undefined {
  if (FREE.has(name)) return undefined;
  if (NAMED[name] !== undefined) return NAMED[name];
  if (!name.endsWith("_id")) return undefined;
  const words = name.slice(0, -"_id".length);
  for (const kind of kinds) if (words === kind || words.endsWith(`_${kind}`)) return kind;
  return undefined;
}

/** All [field, id] of a record, at any depth. */
function* references(value: unknown, name = ""): Generator<[name: string, id: string]> {
  if (typeof value === "string") yield [name, value];
  else if (Array.isArray(value)) for (const item of value) yield* references(item, name);
  else if (typeof value === "object" && value !== null) {
    for (const [member, inner] of Object.entries(value)) yield* references(inner, member);
  }
}

function checkReferences({ records }: Contents): void {
  for (const [kind, rows] of records) {
    // Templates of rules may name anything, as in Neutron; rules made of them may not.
    if (kind === "default_security_group_rule") continue;
    for (const record of rows.values()) {
      // Free objects of users' own.
      const { "binding:profile": _profile, hints: _hints, ...own } = record;
      for (const [name, id] of references(own)) {
        const to = kindOf(name, records.keys());
        if (to === undefined || id === "" || id === "PARENT") continue;
        assert.ok(records.get(to)?.has(id), `${name} of a ${kind} names no ${to}: ${JSON.stringify(record)}`);
      }
    }
  }
}

function checkKeys(contents: Contents): void {
  const known = byId(contents);
  for (const [key, holder] of contents.unique) {
    assert.ok(known.has(holder), `${key.slice(ROOT.length)} is held by ${holder}, which is not there`);
  }
  for (const [kind, id, user] of contents.uses) {
    assert.ok(contents.records.get(kind)?.has(id), `${user} leans on ${kind} ${id}, which is not there`);
    // Some have one key for all their users, told by a word.
    assert.ok(
      user.length !== UUID_LENGTH || known.has(user),
      `${kind} ${id} is leant on by ${user}, which is not there`,
    );
  }
}

/** The objects that hang on ports and routers: nothing is there without what it is for. */
function checkRouters({ records }: Contents): void {
  const ports: AnyRecord[] = [...(records.get("port")?.values() ?? [])];
  const interfaces = ports.filter(({ device_owner }) =>
    ["network:router_interface", "network:router_gateway", "network:floatingip"].includes(device_owner),
  );
  for (const port of interfaces) {
    const kind = port.device_owner === "network:floatingip" ? "floatingip" : "router";
    // Users may give a port of theirs such an owner, but not the id of a device that is there.
    if (records.get(kind)?.has(port.device_id)) continue;
    assert.ok(!isOurs(port, records), `a port of no ${kind}: ${JSON.stringify(port)}`);
  }
}

const isOurs = (port: AnyRecord, records: Contents["records"]): boolean =>
  [...(records.get("router")?.values() ?? [])].some((router) =>
    router.gateways?.some((gateway: AnyRecord) => gateway.port_id === port.id),
  );

/** @throws AssertionError naming what is wrong */
export async function checkIntegrity(store: Store): Promise<void> {
  const contents = await contentsOf(store);
  checkReferences(contents);
  checkKeys(contents);
  checkRouters(contents);
  await audit(store);
}
