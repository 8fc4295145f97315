/**
 * What values look like, as JSON Schema: each validator and converter that says more than "anything" has one, and the
 * description of the API is made of them. A schema is for the reader and for generators of requests; what is refused,
 * and with which words, is the validator's alone.
 */
import type { Attribute } from "./attribute.ts";

export interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly uniqueItems?: boolean;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
  readonly description?: string;
  readonly $ref?: string;
}

const SCHEMAS = new WeakMap<object, Schema>();

/** The same function, with what it takes. */
export function described<T extends object>(schema: Schema, check: T): T {
  SCHEMAS.set(check, schema);
  return check;
}

/** What a validator or converter takes; {} for anything. */
export const schemaOf = (check: object | undefined): Schema => (check && SCHEMAS.get(check)) ?? {};

const typesOf = ({ type = [] }: Schema): readonly string[] => (typeof type === "string" ? [type] : type);

function withTypes(schema: Schema, types: readonly string[]): Schema {
  const [first, ...others] = [...new Set(types)];
  if (first === undefined) return schema;
  return { ...schema, type: others.length === 0 ? first : [first, ...others] };
}

/** Takes null, too. */
export function nullable(schema: Schema): Schema {
  const types = typesOf(schema);
  const typed = types.length === 0 ? schema : withTypes(schema, [...types, "null"]);
  return schema.enum && !schema.enum.includes(null) ? { ...typed, enum: [...schema.enum, null] } : typed;
}

/** What may be given for an attribute: a converter's types, within a validator's limits. */
export function givenSchema({ convert, validate }: Pick<Attribute, "convert" | "validate">): Schema {
  const [converted, valid] = [schemaOf(convert), schemaOf(validate)];
  return withTypes({ ...converted, ...valid }, [...typesOf(converted), ...typesOf(valid)]);
}
