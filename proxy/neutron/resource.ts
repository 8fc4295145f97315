/** What the door needs to know of a resource; the rest of the door reads these rows, see resources.ts. */
import type { ResourceKind } from "../../api/mod.ts";
import type { ResourceRecordKind } from "../../model/mod.ts";
import type { Attributes } from "./attribute.ts";
import type { Schema } from "./json-schema.ts";
import type { Json } from "./validators.ts";

export type Method = "list" | "show" | "create" | "update" | "delete";

/** A call on one resource besides the usual: `PUT /v2.0/routers/ID/add_router_interface`. */
export interface Action {
  readonly name: string;
  readonly method: "GET" | "PUT" | "POST";
  /** Its rule in the policy; its name without. */
  readonly policy?: string;
  /** What the interface gets, from the request's body. @throws Fault */
  readonly prepare: (body: Json | undefined) => Json;
  /** What the body looks like, and the action's own result: for the description of the API. */
  readonly body?: Schema;
  readonly result?: Schema;
  /** The answer: the action's own result, or the resource as it is then, with or without its name around it. */
  readonly answer: "result" | "resource" | "wrapped resource";
}

export interface Resource {
  readonly kind: ResourceKind;
  /** The key of one in bodies, and its name in policies. */
  readonly name: string;
  /** The key of many in bodies. */
  readonly collection: string;
  /** Below /v2.0, or below one of `parent`. */
  readonly path: string;
  /** It is part of another: `field` of its rows names that one. */
  readonly parent?: {
    readonly kind: ResourceRecordKind;
    readonly name: string;
    readonly path: string;
    readonly field: string;
  };
  readonly methods: readonly Method[];
  /** Several can be created with one request. */
  readonly hasBulk: boolean;
  readonly attributes: Attributes;
  readonly actions: readonly Action[];
  /** Its tags have paths of their own. */
  readonly hasTags: boolean;
  /** Where Neutron has those, if not below `path`; they are at both places then. */
  readonly tagsPath?: string;
  /** The record that rules call ext_parent without its being a parent (neutron/policy.py): its kind, and the field naming it. */
  readonly policyParent?: { readonly kind: ResourceRecordKind; readonly field: string };
}

const ALL: readonly Method[] = ["list", "show", "create", "update", "delete"];

type Given = Pick<Resource, "kind" | "attributes"> & Partial<Omit<Resource, "kind" | "attributes">>;

/** A row, with what follows from the kind's name unless given. */
export function resource(row: Given): Resource {
  const name = row.name ?? row.kind;
  const collection = row.collection ?? `${name}s`;
  return {
    methods: ALL,
    actions: [],
    hasTags: false,
    hasBulk: true,
    path: collection.replaceAll("_", "-"),
    ...row,
    name,
    collection,
  };
}

/** The name in policies: that of the parent and its own, as neutron/pecan_wsgi/hooks/policy_enforcement.py has it. */
export const policyName = ({ parent, name }: Resource): string => (parent ? `${parent.name}_${name}` : name);
