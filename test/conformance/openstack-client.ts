/** One session of Debian's `openstack` client (openstack-client.py), and rows: what is typed, what must be answered. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DEBIAN_PYTHON } from "../kit/keystone-seed.ts";
import { matches } from "../kit/matches.ts";

export interface RowOptions {
  /** Keeps the answer's id, or that of the first listed, as $NAME for the rows after. */
  keep?: string;
  /** The command must fail, and say this. */
  fails?: RegExp;
  /** Who types; the administrator if nobody is named. */
  as?: "demo";
}

/**
 * The words after `openstack`; what the JSON output holds, see {@link matches}; and the rest. Without an expectation
 * the command must succeed and print nothing but what it says by itself.
 */
export type Row = readonly [line: string, gives?: unknown, options?: RowOptions];

export interface Answer {
  status: number;
  stdout: string;
  stderr: string;
}

export class Session {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** `env` has the credentials, as an openrc file sets them. */
  constructor(env: Record<string, string>) {
    const driver = join(import.meta.dirname, "openstack-client.py");
    this.#child = spawn("setpriv", ["--pdeathsig", "KILL", "/usr/bin/python3", driver], {
      env: { ...process.env, ...DEBIAN_PYTHON, ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    assert.ok(this.#child.stdout);
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async run(words: readonly string[]): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify(words)}\n`);
    const { value, done } = await this.#lines.next();
    assert.ok(!done, `the client ended at: ${words.join(" ")}`);
    return JSON.parse(value) as Answer;
  }

  close(): void {
    this.#child.stdin?.end();
  }
}

/** Splits at blanks, but not within single quotes. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ""));
}

/** The command's own words: those before the first option, `$NAME` or argument, as far as there is such a command. */
export function commandOf(line: string, commands: ReadonlySet<string>): string | undefined {
  const words = wordsOf(line);
  for (let length = words.length; length > 0; length--) {
    const command = words.slice(0, length).join(" ");
    if (commands.has(command)) return command;
  }
  return undefined;
}

/** Types a row and checks its answer. `kept` are the values of $NAME. @throws AssertionError */
export async function play(session: Session, row: Row, kept: Map<string, string>): Promise<void> {
  const [line, gives, { keep, fails } = {}] = row;
  const asJson = gives !== undefined || keep !== undefined;
  const words = wordsOf(filled(line, kept));
  const answer = await session.run(asJson ? [...words, "-f", "json"] : words);
  if (fails !== undefined) {
    assert.notEqual(answer.status, 0, `this succeeded: ${answer.stdout}`);
    assert.match(answer.stderr, fails);
    return;
  }
  assert.equal(answer.status, 0, answer.stderr.trim());
  if (!asJson) return;
  const output: unknown = JSON.parse(answer.stdout);
  if (keep !== undefined) kept.set(keep, idOf(output));
  const expected = filledIn(gives, kept);
  if (gives !== undefined) assert.ok(matches(output, expected), `expected ${show(expected)}\nin ${show(output)}`);
}

/** With the values of $NAME. @throws AssertionError for a name under which nothing was kept */
function filled(text: string, kept: Map<string, string>): string {
  return text.replaceAll(/\$(\w+)/g, (_, name) => kept.get(name) ?? assert.fail(`no $${name} was kept`));
}

/** {@link filled} for every text in an expectation. */
function filledIn(value: unknown, kept: Map<string, string>): unknown {
  if (typeof value === "string") return filled(value, kept);
  if (value instanceof RegExp || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => filledIn(each, kept));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filledIn(each, kept)]));
}

function idOf(output: unknown): string {
  const row = (Array.isArray(output) ? output[0] : output) as Record<string, string> | undefined;
  return row?.id ?? row?.ID ?? assert.fail(`no id in ${show(output)}`);
}

const show = (value: unknown) => JSON.stringify(value, (_, each) => (each instanceof RegExp ? String(each) : each));
