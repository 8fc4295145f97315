/**
 * The validators of Neutron's tables (neutron_lib/api/validators/__init__.py) that any resource may use, under its
 * names: each gives the reason for a refusal in Neutron's words, or undefined.
 */
import { fault } from "../../model/mod.ts";
import type { Validator } from "./attribute.ts";
import { described, nullable, type Schema, schemaOf } from "./json-schema.ts";
import { pyRepr, pyStr } from "./python.ts";

/** A value as Neutron quotes it. */
export const show = (value: unknown) => `'${pyStr(value)}'`;
const length = (text: string) => (text.length > 255 ? [...text].length : text.length);

const text = (limits: Schema, maxLength: number | undefined): Schema => ({
  type: "string",
  ...limits,
  ...(maxLength === undefined ? {} : { maxLength }),
});

/** A JSON object. */
export type Json = Record<string, unknown>;
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const orNone = (validator: Validator): Validator =>
  described(nullable(schemaOf(validator)), (value) => (value === null ? undefined : validator(value)));

export const string = (maxLength?: number): Validator =>
  described(text({}, maxLength), (value) => {
    if (typeof value !== "string") return `${show(value)} is not a valid string`;
    if (maxLength === undefined || length(value) <= maxLength) return undefined;
    return `'${value}' exceeds maximum length of ${maxLength}`;
  });

// Neutron builds its pattern from the printable characters of the basic plane, without white space at either end; in
// Python's patterns the end may be followed by a newline.
const NAME = /^(?!\p{Zs})[^\p{C}\p{Zl}\p{Zp}\u{10000}-\u{10ffff}]*(?<!\p{Zs})\n?$/u;

export const nameString = (maxLength?: number): Validator =>
  described(
    text({}, maxLength),
    (value) =>
      string(maxLength)(value) ?? (NAME.test(value as string) ? undefined : `${show(value)} is not a valid string`),
  );

export const notEmptyString = (maxLength?: number): Validator =>
  described(
    text({ minLength: 1 }, maxLength),
    (value) =>
      string(maxLength)(value) ??
      ((value as string).trim() === "" ? `'${value}' Blank strings are not permitted` : undefined),
  );

export const notEmptyNameString = (maxLength?: number): Validator =>
  described(
    text({ minLength: 1 }, maxLength),
    (value) => notEmptyString(maxLength)(value) ?? nameString(maxLength)(value),
  );

export const onelineNotEmptyString = (maxLength: number): Validator =>
  described(text({ minLength: 1 }, maxLength), (value) => {
    const reason = notEmptyString(maxLength)(value);
    if (reason) return reason;
    const given = value as string;
    return /[\n\r\v\f\u0085\u2028\u2029]./s.test(given) ? `Multi-line string is not allowed: '${given}'` : undefined;
  });

/** `pattern` must begin with ^, as Python matches from the start, and may end in a newline more, as Python's do. */
export const regex = (pattern: RegExp): Validator =>
  described({ type: "string", pattern: pattern.source.replace("\\n?$", "$") }, (value) =>
    typeof value === "string" && pattern.test(value) ? undefined : `${show(value)} is not a valid input`,
  );

export const values = (valid: readonly unknown[]): Validator =>
  described({ enum: valid }, (value) => (valid.includes(value) ? undefined : `${pyStr(value)} is not in valid_values`));

export const nonNegative: Validator = (value) =>
  (value as number) < 0 ? `${show(value)} should be non-negative` : undefined;
described({ type: "integer", minimum: 0 }, nonNegative);

const UUID = /^[0-9a-f]{32}$/;

/** oslo_utils.uuidutils.is_uuid_like: any case, dashes or not. */
export const uuid: Validator = (value) => {
  const digits = typeof value === "string" ? value.replace(/urn:|uuid:|[{}-]/g, "").toLowerCase() : "";
  return UUID.test(digits) ? undefined : `${show(value)} is not a valid UUID`;
};
described({ type: "string", format: "uuid" }, uuid);

/** Prefix delegation is a pool of its own name in Neutron. */
export const subnetpoolIdOrNone: Validator = (value) =>
  value === null || value === "prefix_delegation" ? undefined : uuid(value);
described(
  { type: ["string", "null"], description: "The id of a subnet pool, or prefix_delegation." },
  subnetpoolIdOrNone,
);

export const dictOrNone: Validator = (value) =>
  value === null || isObject(value) ? undefined : `${show(value)} is not a dictionary`;
described({ type: ["object", "null"] }, dictOrNone);

/** A list without duplicates whose items all pass. */
export function listOf(item: Validator): Validator {
  return described({ type: "array", items: schemaOf(item), uniqueItems: true }, (value) => {
    if (!Array.isArray(value)) return `${show(value)} is not a list`;
    const seen = new Set<string>();
    const twice = new Set<string>();
    for (const entry of value) {
      const text = pyRepr(entry);
      if (seen.has(text)) twice.add(pyStr(entry));
      seen.add(text);
    }
    if (twice.size > 0) return `Duplicate items in the list: '${[...twice].join(", ")}'`;
    return first(value, item);
  });
}

/** The first refusal of a list's items. */
export function first<T>(list: T[], item: (entry: T) => string | undefined): string | undefined {
  for (const entry of list) {
    const reason = item(entry);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

export const uuidList: Validator = listOf(uuid);
export const uniqueStrings = (maxLength?: number): Validator => listOf(string(maxLength));

export const availabilityZoneHints: Validator = (value) => {
  const reason = uniqueStrings()(value);
  if (reason === undefined && JSON.stringify(value).length > 255) {
    throw fault("InvalidInput", { error_message: "Too many availability_zone_hints specified" });
  }
  return reason;
};
described({ type: "array", items: { type: "string" }, uniqueItems: true }, availabilityZoneHints);
