/** One request for a resource, and what the policy says of it. */
import type { Caller, Networking } from "../../api/mod.ts";
import { Fault, fault, type ResourceRecordKind } from "../../model/mod.ts";
import { type Row, rowsOf } from "./attribute.ts";
import type { CallerPolicy, Hidden, Target } from "./policy/mod.ts";
import type { Hiding } from "./render.ts";
import { policyName, type Resource } from "./resource.ts";

export interface Call {
  readonly networking: Networking;
  readonly caller: Caller;
  readonly policy: CallerPolicy;
  readonly resource: Resource;
  readonly params: URLSearchParams;
  /** Of what the resource is part. */
  readonly parentId?: string | undefined;
}

type Verb = "create" | "update" | "delete" | "get";

/** How the interface names a part: PARENT/ID. */
export const keyOf = ({ parentId }: Pick<Call, "parentId">, id: string) =>
  parentId === undefined ? id : `${parentId}/${id}`;

/** Which record a name in a rule stands for, and what names it in the row. */
function relation({ resource }: Call, name: string): { kind: ResourceRecordKind; field: string } | undefined {
  if (name === "ext_parent") return resource.parent ?? resource.policyParent;
  return { kind: name as ResourceRecordKind, field: `${name}_id` };
}

/** A row as rules look at it; related records are looked up once a call. */
export function targetsOf(call: Call): (row: Row) => Target {
  const known = new Map<string, Row | undefined>();
  return (row) => ({
    row,
    related(name) {
      const to = relation(call, name);
      const id = to && row[to.field];
      if (to === undefined || typeof id !== "string") return undefined;
      const key = `${to.kind}/${id}`;
      if (!known.has(key)) known.set(key, call.networking.peek(call.caller, to.kind, id) as Row | undefined);
      return known.get(key);
    },
  });
}

/** An empty list is a default that each body has a copy of. */
const isDefault = (value: unknown, of: unknown) =>
  value === of || (Array.isArray(value) && value.length === 0 && Array.isArray(of) && of.length === 0);

/** The attributes that a new resource sets to anything but their defaults, and whose rules must be asked. */
export function setAttributes(resource: Resource, body: Row): string[] {
  return rowsOf(resource.attributes)
    .filter(([name, row]) => row.enforcePolicy && Object.hasOwn(body, name) && !isDefault(body[name], row.default))
    .map(([name]) => name);
}

/** Of an update's attributes, those whose rules must be asked. */
export function changedAttributes(resource: Resource, changes: Row): string[] {
  return Object.keys(changes).filter((name) => resource.attributes[name]?.enforcePolicy);
}

/**
 * May the caller create this? What a new resource is part of must be visible to begin with: naming a stranger's is
 * "not found", never "forbidden". @throws Fault
 */
export function enforceNew(call: Call, target: Row, attributes: string[]): void {
  const action = `create_${policyName(call.resource)}`;
  const { networking, caller, policy, resource } = call;
  for (const to of [resource.parent, resource.policyParent, { kind: "network", field: "network_id" } as const]) {
    const id = to && target[to.field];
    if (typeof id === "string") networking.requireVisible(caller, to!.kind, id);
  }
  policy.enforce(action, targetsOf(call)(target), attributes);
}

/** May the caller do this to a row it sees? @throws Fault PolicyNotAuthorized, or "not found" when it may not even look */
export function enforceOn(
  call: Call,
  what: Verb | { action: string },
  row: Row,
  changes: Row = {},
  attributes: string[] = [],
): void {
  const { policy, resource } = call;
  const name = policyName(resource);
  const target = targetsOf(call);
  try {
    policy.enforce(
      typeof what === "string" ? `${what}_${name}` : what.action,
      target({ ...row, ...changes }),
      attributes,
    );
  } catch (error) {
    if (error instanceof Fault && what !== "create" && !policy.allows(`get_${name}`, target(row))) {
      throw fault("HTTPNotFound");
    }
    throw error;
  }
}

/** What the resource is part of must be there for the caller, or else that is what is not found. @throws Fault */
export function requireParent({ networking, caller, resource, parentId }: Call): void {
  if (resource.parent && parentId !== undefined) networking.requireVisible(caller, resource.parent.kind, parentId);
}

const hidden = new WeakMap<CallerPolicy, Map<Resource, Hidden>>();

/** What this caller is not shown: the same in all its requests. */
export function hiddenFrom(call: Call): Hiding {
  const { policy, resource } = call;
  let known = hidden.get(policy);
  if (known === undefined) {
    known = new Map();
    hidden.set(policy, known);
  }
  let found = known.get(resource);
  if (found === undefined) {
    found = policy.hidden(policyName(resource), Object.keys(resource.attributes));
    known.set(resource, found);
  }
  return { always: found.always, perRow: found.perRow, target: targetsOf(call) };
}
