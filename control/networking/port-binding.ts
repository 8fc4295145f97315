/**
 * The places of a port, one for each host (neutron/plugins/ml2/plugin.py create_port_binding and its like): the active
 * one is the port's own, and others are prepared for a live migration, until one of them is activated.
 */
import type { Attributes, DerivedRow } from "../../api/mod.ts";
import { fault, type Id, type PortBinding, type PortRecord } from "../../model/mod.ts";
import { notFound } from "./access.ts";
import { attribute, given, isObject, isText, orNull } from "./attributes.ts";
import { bind, isUnplugged, moveAttachment, wishOf } from "./binding.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";
import type { ResourcePlan } from "./plan.ts";
import type { Reader } from "./reader.ts";
import { touched } from "./standard.ts";
import { followParent } from "./trunks/mod.ts";

/** Other ports have one place. */
const OWNERS = ["compute:", "manila:"];

/** @throws Fault PortNotFound, BadRequest */
function portOf(reader: Reader, id: Id): PortRecord {
  const port = reader.get("port", id);
  if (port === undefined) throw notFound("port", id);
  if (OWNERS.some((prefix) => port.device_owner.startsWith(prefix))) return port;
  const msg = `Invalid port ${id}. Operation only valid on compute and shared filesystem ports`;
  throw fault("BadRequest", { resource: "port", msg });
}

const activeOf = (port: PortRecord): PortBinding => ({
  host: port["binding:host_id"],
  vnic_type: port["binding:vnic_type"],
  profile: port["binding:profile"],
  vif_type: port["binding:vif_type"],
  vif_details: port["binding:vif_details"],
});

const asPort = ({ host, vnic_type, profile, vif_type, vif_details }: PortBinding) => ({
  "binding:host_id": host,
  "binding:vnic_type": vnic_type,
  "binding:profile": profile,
  "binding:vif_type": vif_type,
  "binding:vif_details": vif_details,
});

const inactiveOf = ({ inactive_bindings: bindings = [] }: PortRecord) => bindings;

const rowOf = (port: PortRecord, binding: PortBinding, status: "ACTIVE" | "INACTIVE"): DerivedRow => ({
  port_id: port.id,
  ...binding,
  status,
});

const rowsOf = (port: PortRecord): DerivedRow[] => [
  rowOf(port, activeOf(port), "ACTIVE"),
  ...inactiveOf(port).map((binding) => rowOf(port, binding, "INACTIVE")),
];

const failed = (port_id: Id, host: string) => fault("PortBindingError", { port_id, host });

/** The binding in force at its host. @throws Fault PortBindingError */
function bound(draft: Draft, port: PortRecord, wish: Omit<PortBinding, "vif_type" | "vif_details">): PortBinding {
  const network = draft.get("network", port.network_id);
  if (network === undefined) throw notFound("port", port.id);
  const { host, vnic_type, profile } = wish;
  // Checks the size of the profile, as for the port's own.
  const checked = wishOf(port, {
    "binding:host_id": host,
    "binding:vnic_type": vnic_type,
    "binding:profile": profile,
  });
  const result = bind(draft, network, checked);
  if (result["binding:vif_type"] === "binding_failed") throw failed(port.id, host);
  return { ...wish, vif_type: result["binding:vif_type"], vif_details: result["binding:vif_details"] };
}

function write(env: Env, draft: Draft, before: PortRecord, changes: Partial<PortRecord>): void {
  const after = touched(env, { ...before, ...changes });
  moveAttachment(draft, before, after);
  draft.replace("port", after.id, after);
  followParent(env, draft, before, after);
}

function createBinding(env: Env, draft: Draft, body: Attributes): DerivedRow {
  const port = portOf(draft, attribute(body, "port_id", isText, ""));
  const host = attribute(body, "host", isText, "");
  if ([activeOf(port), ...inactiveOf(port)].some((binding) => binding.host === host)) {
    throw fault("PortBindingAlreadyExists", { port_id: port.id, host });
  }
  const binding = bound(draft, port, {
    host,
    vnic_type: attribute(body, "vnic_type", isText, "normal"),
    profile: given(body, "profile", orNull(isObject)) ?? {},
  });
  write(env, draft, port, { inactive_bindings: [...inactiveOf(port), binding] });
  return rowOf(port, binding, "INACTIVE");
}

function updateBinding(env: Env, draft: Draft, row: DerivedRow, changes: Attributes): DerivedRow {
  const port = portOf(draft, String(row.port_id));
  const isActive = row.status === "ACTIVE";
  const before = isActive ? activeOf(port) : inactiveOf(port).find(({ host }) => host === row.host);
  if (before === undefined) throw fault("PortBindingNotFound", { port_id: port.id, host: String(row.host) });
  const wish = {
    host: given(changes, "host", isText) ?? before.host,
    vnic_type: given(changes, "vnic_type", isText) ?? before.vnic_type,
    // A profile that is not given is an empty one here, in Neutron too.
    profile: given(changes, "profile", orNull(isObject)) ?? {},
  };
  const isSame = JSON.stringify(wish) === JSON.stringify({ ...wish, ...pick(before) });
  const others = inactiveOf(port).filter((binding) => binding !== before);
  const isTaken = [...others, ...(isActive ? [] : [activeOf(port)])].some(({ host }) => host === wish.host);
  if (isTaken) throw fault("PortBindingAlreadyExists", { port_id: port.id, host: wish.host });
  const after = isSame && before.vif_type !== "unbound" ? before : bound(draft, port, wish);
  if (isActive) write(env, draft, port, { ...asPort(after), ...(isSame ? {} : { status: "DOWN" as const }) });
  else write(env, draft, port, { inactive_bindings: [...others, after] });
  return rowOf(port, after, isActive ? "ACTIVE" : "INACTIVE");
}

const pick = ({ host, vnic_type, profile }: PortBinding) => ({ host, vnic_type, profile });

/** The active place given up is nowhere; another is removed from the list. */
function removeBinding(env: Env, draft: Draft, row: DerivedRow) {
  const port = portOf(draft, String(row.port_id));
  const nowhere = { host: "", vnic_type: "normal", profile: {}, vif_type: "unbound", vif_details: {} };
  if (row.status === "ACTIVE") write(env, draft, port, { ...asPort(nowhere), status: "DOWN" });
  else write(env, draft, port, { inactive_bindings: inactiveOf(port).filter(({ host }) => host !== row.host) });
  return "done" as const;
}

/** The port moves: the place that was active is unplugged, and stays until it is deleted. */
function activate(env: Env, draft: Draft, row: DerivedRow): DerivedRow {
  const port = portOf(draft, String(row.port_id));
  const host = String(row.host);
  if (row.status === "ACTIVE") throw fault("PortBindingAlreadyActive", { port_id: port.id, host });
  const binding = inactiveOf(port).find((candidate) => candidate.host === host);
  if (binding === undefined) throw fault("PortBindingNotFound", { port_id: port.id, host });
  const former = { ...activeOf(port), vif_type: "unbound", vif_details: {} };
  const others = inactiveOf(port).filter((candidate) => candidate !== binding);
  const next = isUnplugged({ "binding:vif_type": binding.vif_type }) ? bound(draft, port, binding) : binding;
  if (next === binding) draft.present("host", host);
  write(env, draft, port, { ...asPort(next), status: "DOWN", inactive_bindings: [...others, former] });
  return rowOf(port, next, "ACTIVE");
}

export function portBindingPlan(env: Env): ResourcePlan<"port_binding"> {
  return {
    // The policy alone decides: services and administrators.
    sees: () => true,
    parent: "port_id",
    notFound: (host, portId) => fault("PortBindingNotFound", { port_id: portId, host }),
    find: (reader, portId, host) => rowsOf(portOf(reader, portId)).find((row) => row.host === host),
    create: (draft, _caller, body) => createBinding(env, draft, body),
    update: (draft, _caller, current, changes) => updateBinding(env, draft, current, changes),
    remove: (draft, _caller, current) => removeBinding(env, draft, current),
    actions: { activate: (draft, _caller, current) => activate(env, draft, current) },
    derived: {
      get: () => undefined,
      list: (reader, _caller, hint) => (hint.port_id ?? []).flatMap((id) => rowsOf(portOf(reader, id))),
    },
  };
}
