/** From the native API's description to commands. */

/** What the CLI looks at in a JSON Schema. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
}

type Content = Readonly<Record<string, { schema: Schema }>>;

interface Operation {
  readonly summary: string;
  readonly "x-command"?: string;
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: Schema }[];
  readonly requestBody?: { content: Content };
}

export interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** A value that the user gives. */
export interface Field {
  readonly name: string;
  readonly in: "path" | "query" | "body";
  readonly isRequired: boolean;
  readonly schema: Schema;
}

export interface CommandRow {
  /** "host list" */
  readonly words: readonly [noun: string, verb: string];
  readonly summary: string;
  readonly method: string;
  /** "/v1/hosts/{host}" */
  readonly path: string;
  readonly fields: readonly Field[];
}

/** @throws Error when it is no description of an API */
export function readDescription(value: unknown): Description {
  const document = value as Partial<Description> | null;
  if (typeof document?.openapi === "string" && typeof document.paths === "object") return document as Description;
  throw new Error("what answers there does not describe itself as a control node of Cable does");
}

/** The operations that are commands, in the order of the description. */
export function commandsOf({ paths }: Description): CommandRow[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const [noun, verb] = operation["x-command"]?.split(" ") ?? [];
      if (noun === undefined || verb === undefined) return [];
      const { summary } = operation;
      return { words: [noun, verb] as const, summary, method: method.toUpperCase(), path, fields: fieldsOf(operation) };
    }),
  );
}

function fieldsOf({ parameters = [], requestBody }: Operation): Field[] {
  const asked = parameters
    .filter((parameter) => parameter.in === "path" || parameter.in === "query")
    .map(({ name, in: place, required = false, schema }) => ({
      name,
      in: place as "path" | "query",
      isRequired: required,
      schema,
    }));
  const { properties = {}, required = [] } = requestBody?.content["application/json"]?.schema ?? {};
  const members = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "body" as const,
    isRequired: required.includes(name),
    schema,
  }));
  return [...asked, ...members];
}
