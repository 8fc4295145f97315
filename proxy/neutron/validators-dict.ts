/** Validators for JSON objects with given members (neutron_lib/api/validators/__init__.py validate_dict). */
import type { Converter, Validator } from "./attribute.ts";
import { described, givenSchema, nullable, type Schema } from "./json-schema.ts";
import { pySet } from "./python.ts";
import { isObject, type Json, listOf, show } from "./validators.ts";

export interface KeySpec {
  readonly validate: Validator;
  /** Before validation; {@link convertMembers} gives its result. */
  readonly convert?: Converter;
  readonly isRequired?: boolean;
}

export type KeySpecs = Readonly<Record<string, KeySpec>>;

function dictSchema(specs: KeySpecs): Schema {
  const required = Object.keys(specs).filter((name) => specs[name]?.isRequired);
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, givenSchema(spec)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** An object that has the required members and no others than those of `specs`. */
export const dict = (specs: KeySpecs): Validator =>
  described(dictSchema(specs), (value) => {
    if (!isObject(value)) return `${show(value)} is not a dictionary`;
    const keys = Object.keys(value);
    const required = Object.keys(specs).filter((name) => specs[name]?.isRequired);
    if (required.some((name) => !keys.includes(name))) {
      return `Validation of dictionary's keys failed. Expected keys: ${pySet(required)} Provided keys: ${pySet(keys)}`;
    }
    const unexpected = keys.filter((name) => !Object.hasOwn(specs, name));
    if (unexpected.length > 0) return `Unexpected keys supplied: ${unexpected.join(", ")}`;
    for (const [name, { validate, convert }] of Object.entries(specs)) {
      if (!Object.hasOwn(value, name)) continue;
      const reason = validate(convert ? convert(value[name]) : value[name]);
      if (reason !== undefined) return reason;
    }
    return undefined;
  });

/** What Python takes for false: Neutron's "no data". */
export const isNoData = (value: unknown): boolean =>
  !value || (typeof value === "object" && Object.keys(value).length === 0);

export const dictOrNoData = (specs: KeySpecs): Validator =>
  described(nullable(dictSchema(specs)), (value) => (isNoData(value) ? undefined : dict(specs)(value)));

export const listOfDicts = (specs: KeySpecs): Validator =>
  described(nullable({ type: "array", items: dictSchema(specs) }), (value) =>
    isNoData(value) ? undefined : listOf(dictOrNoData(specs))(value),
  );

/** The members of a valid object, converted. */
export function convertMembers(specs: KeySpecs, value: Json): Json {
  const converted = ([name, member]: [string, unknown]) => [
    name,
    specs[name]?.convert ? specs[name].convert(member) : member,
  ];
  return Object.fromEntries(Object.entries(value).map(converted));
}
