/** What a rule is asked about. */
import type { Row } from "../attribute.ts";
import { pyStr } from "../python.ts";
import type { Template } from "./syntax.ts";

export interface Target {
  /** The resource as it is, or as it will be. */
  readonly row: Row;
  /**
   * Another record by the name that rules have for it: "network", "security_group", "ext_parent" (the router, floating
   * IP, local IP or QoS policy that the row is part of). Its `shared` is as the row's project sees it.
   */
  related?(name: string): Row | undefined;
}

/** Attributes with two names, of which a row may hold either. */
const ALIASES: Readonly<Record<string, string>> = {
  tenant_id: "project_id",
  target_tenant: "target_project",
  target_project: "target_tenant",
};

export function attributeOf(row: Row, name: string): unknown {
  const value = row[name];
  if (value !== undefined) return value;
  const other = ALIASES[name];
  return other === undefined ? undefined : row[other];
}

/** The text with the target's attributes in it; undefined when it lacks one. */
export function fill(template: Template, row: Row): string | undefined {
  let text = "";
  for (const part of template) {
    if (typeof part === "string") {
      text += part;
      continue;
    }
    const value = attributeOf(row, part.field);
    if (value === undefined) return undefined;
    text += pyStr(value);
  }
  return text;
}

/** How a check finds its value. */
export interface Reader {
  read(target: Target): unknown;
  /** Maybe in a related record. */
  readonly isFar: boolean;
}

/** A reader of an owner check's attribute: the row's own, or a related record's, as "network:project_id". */
export function ownerReader(field: string): Reader {
  // Neutron still takes network_tenant_id for network:tenant_id.
  const [, parent, name] = /^(.+?):(.+)$/s.exec(field) ?? /^(.+)_(project_id|tenant_id)$/.exec(field) ?? [];
  if (parent === undefined || name === undefined) return { read: ({ row }) => attributeOf(row, field), isFar: false };
  const read = (target: Target) => {
    const own = target.row[field];
    if (own !== undefined) return own;
    const related = target.related?.(parent);
    return related === undefined ? undefined : attributeOf(related, name);
  };
  return { read, isFar: true };
}

/** What Neutron's subnets and ports tell of their network, and our records leave to the network. */
const OF_THE_NETWORK = new Set(["networks:shared", "subnets:shared", "subnets:router:external"]);

/** A reader of a field check's attribute. */
export function fieldReader(resource: string, field: string): Reader {
  const isFar = OF_THE_NETWORK.has(`${resource}:${field}`);
  if (!isFar) return { read: ({ row }) => attributeOf(row, field), isFar };
  return { read: (target) => target.row[field] ?? target.related?.("network")?.[field], isFar };
}
