/** The command line: global options, then whatever commands the control node describes. */
import { readFileSync } from "node:fs";
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type Access, ask } from "./control.ts";
import { type CommandRow, commandsOf, type Field, readDescription, type Schema } from "./description.ts";
import { addLocalCommands, LOCAL_COMMANDS } from "./local/main.ts";
import { forPeople } from "./print.ts";

const DESCRIPTION_PATH = "/v1/openapi.json";
const DEFAULT_URL = "http://127.0.0.1:9696";

interface Globals {
  url: string;
  tokenFile?: string;
  json?: boolean;
}

/** Where text goes; a test listens. */
export interface Output {
  out(text: string): void;
  error(text: string): void;
}

const STDIO: Output = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

/** Runs one command. The exit status: 0 done, 1 refused or not reached, 2 wrong usage. */
export async function main(argv: readonly string[], env = process.env, output = STDIO): Promise<number> {
  try {
    if (isLocal(argv)) {
      await localProgram(output, env).parseAsync(argv, { from: "user" });
      return 0;
    }
    const globals = globalsOf(argv, env);
    const description = readDescription(await ask({ url: globals.url, token: undefined }, "GET", DESCRIPTION_PATH));
    const access = { url: globals.url, token: tokenOf(globals, env) };
    await program(commandsOf(description), access, output, env).parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    output.error(`cable: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
}

/** Those of this host's agent need no control node. */
const isLocal = ([name]: readonly string[]) => (LOCAL_COMMANDS as readonly (string | undefined)[]).includes(name);

function localProgram(output: Output, env: NodeJS.ProcessEnv): Command {
  const root = spoken(new Command("cable"), output);
  addLocalCommands(root, output, env);
  return root;
}

/** Errors and help go where the output does. */
function spoken(root: Command, output: Output): Command {
  return root.exitOverride().configureOutput({
    writeOut: (text) => output.out(text),
    writeErr: (text) => output.error(text),
    outputError: (text, write) => write(text.replace(/^error/, "cable")),
  });
}

function withGlobals(command: Command, env: NodeJS.ProcessEnv): Command {
  return command
    .addOption(new Option("--url <url>", "the control node").default(env.CABLE_URL ?? DEFAULT_URL))
    .addOption(
      new Option(
        "--token-file <file>",
        "holds the operator's token; or CABLE_TOKEN_FILE names it, or CABLE_TOKEN is it",
      ),
    )
    .option("--json", "the answer as JSON");
}

/** The global options, wherever they stand; commands are not known yet. */
function globalsOf(argv: readonly string[], env: NodeJS.ProcessEnv): Globals {
  const command = withGlobals(new Command(), env).helpOption(false).allowUnknownOption().allowExcessArguments();
  return command.exitOverride().parse(argv, { from: "user" }).opts<Globals>();
}

function tokenOf({ tokenFile }: Globals, env: NodeJS.ProcessEnv): string | undefined {
  const file = tokenFile ?? env.CABLE_TOKEN_FILE;
  if (file === undefined) return env.CABLE_TOKEN;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new Error(`the token file cannot be read: ${(error as Error).message}`);
  }
}

function program(rows: readonly CommandRow[], access: Access, output: Output, env: NodeJS.ProcessEnv): Command {
  const root = spoken(withGlobals(new Command("cable"), env), output);
  for (const [noun, own] of Map.groupBy(rows, ({ words }) => words[0])) {
    const group = root.command(noun).description(`${own.map(({ words }) => words[1]).join(", ")}`);
    for (const row of own) addCommand(group, row, access, output, env);
  }
  return root;
}

const flagOf = (name: string) => name.replaceAll("_", "-");
/** commander's name for what `--container-projects` gives. */
const keyOf = (name: string) => flagOf(name).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function addCommand(group: Command, row: CommandRow, access: Access, output: Output, env: NodeJS.ProcessEnv): void {
  const command = withGlobals(group.command(row.words[1]).description(row.summary), env);
  const required = row.fields.filter(({ isRequired }) => isRequired);
  const others = row.fields.filter(({ isRequired }) => !isRequired);
  for (const field of required) command.addArgument(new Argument(`<${field.name}>`, field.schema.description ?? ""));
  for (const { name, schema } of others) command.addOption(optionOf(name, schema));
  command.action(async (...given: unknown[]) => {
    const { json, ...options } = command.optsWithGlobals();
    const values = new Map<Field, unknown>();
    for (const [at, field] of required.entries()) values.set(field, given[at]);
    for (const field of others)
      if (options[keyOf(field.name)] !== undefined) values.set(field, options[keyOf(field.name)]);
    const answer = await run(row, access, values);
    output.out(json ? `${JSON.stringify(answer ?? null, null, 2)}\n` : forPeople(answer));
  });
}

function optionOf(name: string, { type, description = "" }: Schema): Option {
  if (type === "boolean") return new Option(`--${flagOf(name)}`, description);
  if (type === "array") return new Option(`--${flagOf(name)} <value...>`, description);
  const option = new Option(`--${flagOf(name)} <value>`, description);
  return type === "integer" ? option.argParser(wholeNumber) : option;
}

function wholeNumber(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}

function run(row: CommandRow, access: Access, values: ReadonlyMap<Field, unknown>): Promise<unknown> {
  let { path } = row;
  const query = new URLSearchParams();
  const body: Record<string, unknown> = {};
  for (const [field, value] of values) {
    if (field.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(String(value)));
    else if (field.in === "query") query.set(field.name, String(value));
    else body[field.name] = value;
  }
  const hasBody = row.fields.some((field) => field.in === "body");
  return ask(access, row.method, query.size > 0 ? `${path}?${query}` : path, hasBody ? body : undefined);
}
