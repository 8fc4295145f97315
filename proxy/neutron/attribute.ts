/**
 * What one attribute of a resource is: a row of Neutron's attribute tables (neutron_lib/api/definitions). Everything
 * the door does to a resource (check, convert, filter, sort, show) is read from these rows; a new resource is a table.
 */

/** Turns a given value into the stored one. @throws Fault InvalidInput */
export type Converter = (value: unknown) => unknown;

/** The reason why a value is refused, or undefined. May throw a Fault of its own, as some of Neutron's do. */
export type Validator = (value: unknown) => string | undefined;

/** A record on its way out: whatever its type, attributes are looked up by name. */
export type Row = Readonly<Record<string, unknown>>;

/** Neutron's ATTR_NOT_SPECIFIED: not given, and whoever is behind the door chooses. */
export const UNSET = Symbol("ATTR_NOT_SPECIFIED");

export interface Attribute {
  readonly allowPost: boolean;
  readonly allowPut: boolean;
  readonly isVisible: boolean;
  readonly isFilter: boolean;
  readonly isSortKey: boolean;
  /** Setting it to anything but its default asks the policy for `<action>_<resource>:<attribute>` as well. */
  readonly enforcePolicy: boolean;
  /** Absent with `allowPost`: the attribute must be given. */
  readonly default?: unknown;
  readonly convert?: Converter;
  readonly validate?: Validator;
  /** After validation: the canonical form that the records hold. */
  readonly normalise?: (value: unknown) => unknown;
  /** Shown and filtered value where it is not the record's own member of this name; undefined: not shown. */
  readonly read?: (row: Row) => unknown;
  /** What rows are sorted by, where it is not what is shown. */
  readonly order?: (row: Row) => unknown;
  /** A filter of its own instead of "equal to one of the values". */
  readonly match?: (values: string[]) => (row: Row) => boolean;
}

export type Attributes = Readonly<Record<string, Attribute>>;

type Flag = "post" | "put" | "hidden" | "filter" | "sort" | "policy";
type Details = Pick<Attribute, "default" | "convert" | "validate" | "normalise" | "read" | "match" | "order">;

/** A row: `attribute(["post", "put", "filter"], { default: "" })`. Visible unless "hidden". */
export function attribute(flags: Flag[], details: Details = {}): Attribute {
  return {
    allowPost: flags.includes("post"),
    allowPut: flags.includes("put"),
    isVisible: !flags.includes("hidden"),
    isFilter: flags.includes("filter"),
    isSortKey: flags.includes("sort"),
    enforcePolicy: flags.includes("policy"),
    ...details,
  };
}

/** Reads the attribute `name` from a row. */
export function readerOf(attributes: Attributes, name: string): (row: Row) => unknown {
  return attributes[name]?.read ?? ((row) => row[name]);
}

const rows = new WeakMap<Attributes, readonly (readonly [name: string, attribute: Attribute])[]>();

/** The rows of a table with their names: each body and answer goes through all of them. */
export function rowsOf(attributes: Attributes): readonly (readonly [name: string, attribute: Attribute])[] {
  let found = rows.get(attributes);
  if (found === undefined) {
    found = Object.entries(attributes);
    rows.set(attributes, found);
  }
  return found;
}
