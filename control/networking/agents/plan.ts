/** Agents, and what is hosted on them, as resources. */
import type { Attributes, Caller, DerivedRow, ListHint } from "../../../api/mod.ts";
import {
  type AgentRole,
  type AgentSettings,
  fault,
  type Id,
  type NetworkRecord,
  type RecordTypes,
  type RouterRecord,
} from "../../../model/mod.ts";
import { given, isFlag, isText, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { RecordOf, ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { addNetwork, addRouter, removeNetwork, serves } from "./hosting.ts";
import { findAgent, isThere, ROLE_NAMES } from "./roles.ts";
import { agentRow } from "./row.ts";

const notFound = (id: Id) => fault("AgentNotFound", { id });

function find(env: Env, reader: Reader, id: Id): DerivedRow | undefined {
  const found = findAgent(reader, id);
  return found && agentRow(env, reader, found.host, found.role);
}

function* rows(env: Env, reader: Reader, roles: readonly AgentRole[], hint: ListHint = {}): Iterable<DerivedRow> {
  for (const host of env.indexes.hosts) {
    if (hint.host !== undefined && !hint.host.includes(host.name)) continue;
    for (const role of roles) if (isThere(reader, host, role)) yield agentRow(env, reader, host, role);
  }
}

function change(env: Env, draft: Draft, row: DerivedRow, settings: AgentSettings): DerivedRow {
  const found = findAgent(draft, String(row.id));
  if (found === undefined) throw notFound(String(row.id));
  const { host, role } = found;
  const after = { ...host, agents: { ...host.agents, [role]: { ...host.agents?.[role], ...settings } } };
  draft.replace("host", host.name, after);
  return agentRow(env, draft, after, role);
}

function updateAgent(env: Env, draft: Draft, row: DerivedRow, changes: Attributes): DerivedRow {
  const isUp = given(changes, "admin_state_up", isFlag);
  const description = given(changes, "description", orNull(isText));
  return change(env, draft, row, {
    ...(isUp !== undefined && { admin_state_up: isUp }),
    ...(description !== undefined && { description }),
  });
}

/** The row goes, and what was set of it; a host that is there brings it back with its next beat, as Neutron's agents do. */
function removeAgent(env: Env, draft: Draft, row: DerivedRow) {
  change(env, draft, row, { admin_state_up: true, description: null, removed_at: env.now() });
  return "done" as const;
}

export function agentPlan(env: Env): ResourcePlan<"agent"> {
  return {
    sees: () => true,
    notFound,
    create: () => {
      throw fault("BadRequest", { resource: "agents", msg: "Agent creation using API is not supported." });
    },
    update: (draft, _caller, current, changes) => updateAgent(env, draft, current, changes),
    remove: (draft, _caller, current) => removeAgent(env, draft, current),
    actions: {
      remove_network: (draft, _caller, current, body) => removeNetwork(env, draft, String(current.id), body),
      // What is on every host is taken off none (l3_agentschedulers_db.py remove_router_from_l3_agent).
      remove_router: () => {
        throw fault("DVRL3CannotRemoveFromDvrAgent");
      },
    },
    derived: {
      get: (reader, id) => find(env, reader, id),
      list: (reader, _caller, hint) => rows(env, reader, ROLE_NAMES, hint),
    },
  };
}

/** The one id that a list of what is hosted is asked for with. */
const only = (hint: ListHint, name: string): Id => hint[name]?.[0] ?? "";

function agentOf(reader: Reader, hint: ListHint) {
  const id = only(hint, "agent_id");
  const agent = findAgent(reader, id);
  if (agent === undefined) throw notFound(id);
  return agent;
}

const derived = (list: (reader: Reader, hint: ListHint, caller: Caller) => Iterable<DerivedRow>) => ({
  sees: () => true,
  notFound,
  derived: {
    get: () => undefined,
    list: (reader: Reader, caller: Caller, hint: ListHint) => list(reader, hint, caller),
  },
});

/** Records of another kind as they are shown. */
function* shown<K extends "network" | "router">(
  records: Iterable<RecordTypes[K]>,
  plan: ResourcePlan<K>,
  caller: Caller,
  reader: Reader,
): Iterable<DerivedRow> {
  for (const record of records) {
    const row: object = plan.show?.(record as RecordOf<K>, caller, reader) ?? record;
    yield row as DerivedRow;
  }
}

function* networksOn(env: Env, reader: Reader, hint: ListHint): Iterable<NetworkRecord> {
  const { host, role } = agentOf(reader, hint);
  if (role !== "dhcp") return;
  for (const { record } of env.memory.all("network")) if (serves(env, host, record)) yield record;
}

function* routersOn(env: Env, reader: Reader, hint: ListHint): Iterable<RouterRecord> {
  if (agentOf(reader, hint).role !== "l3") return;
  for (const { record } of env.memory.all("router")) yield record;
}

function* agentsOfNetwork(env: Env, reader: Reader, hint: ListHint): Iterable<DerivedRow> {
  const network = reader.get("network", only(hint, "network_id"));
  if (network === undefined) return;
  for (const host of env.indexes.hosts) {
    if (serves(env, host, network) && isThere(reader, host, "dhcp")) yield agentRow(env, reader, host, "dhcp");
  }
}

/** Each host forwards by itself, so all are active; a router that is not highly available tells no state. */
function* agentsOfRouter(env: Env, reader: Reader, hint: ListHint): Iterable<DerivedRow> {
  const router = reader.get("router", only(hint, "router_id"));
  if (router === undefined) return;
  for (const row of rows(env, reader, ["l3"])) yield { ...row, ha_state: router.ha ? "active" : null };
}

export function agentNetworkPlan(env: Env, networks: ResourcePlan<"network">): ResourcePlan<"agent_network"> {
  return {
    ...derived((reader, hint, caller) => shown(networksOn(env, reader, hint), networks, caller, reader)),
    create: (draft, _caller, body) => addNetwork(env, draft, body),
  };
}

export function agentRouterPlan(env: Env, routers: ResourcePlan<"router">): ResourcePlan<"agent_router"> {
  return {
    ...derived((reader, hint, caller) => shown(routersOn(env, reader, hint), routers, caller, reader)),
    create: (draft, _caller, body) => addRouter(draft, body),
  };
}

export const networkAgentPlan = (env: Env): ResourcePlan<"network_agent"> =>
  derived((reader, hint) => agentsOfNetwork(env, reader, hint));

export const routerAgentPlan = (env: Env): ResourcePlan<"router_agent"> =>
  derived((reader, hint) => agentsOfRouter(env, reader, hint));
