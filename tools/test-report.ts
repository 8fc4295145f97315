/**
 * What is shown of a test run: one line a file, failures in full, and at the end every skipped test with its reason and
 * the closing lines of Node's own reporter, summed over all kinds.
 */
import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";
import { ROOT } from "./sources.ts";

const COUNTS = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"] as const;
type Counts = Record<(typeof COUNTS)[number], number>;
type Summary = Extract<TestEvent, { type: "test:summary" }>["data"];
type Passed = Extract<TestEvent, { type: "test:pass" }>["data"];
type Failed = Extract<TestEvent, { type: "test:fail" }>["data"];

export class TestReport {
  readonly #write: (line: string) => void;
  readonly #counts: Counts = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };
  readonly #skipped: string[] = [];
  readonly #failed: string[] = [];
  readonly #output = new Map<string, string[]>();
  readonly #began = performance.now();

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** The run's exit status: also a failure when nothing ran. */
  get exitCode(): number {
    return this.#failed.length === 0 && this.#counts.fail + this.#counts.cancelled === 0 && this.#counts.pass > 0
      ? 0
      : 1;
  }

  take(event: TestEvent): void {
    if (event.type === "test:fail") this.#fail(event.data);
    if (event.type === "test:pass") this.#pass(event.data);
    if (event.type === "test:stdout" || event.type === "test:stderr") this.#keep(event.data.file, event.data.message);
    // Closing lines of the run come as diagnostics without a file; those of tests are figures worth showing.
    if (event.type === "test:diagnostic" && event.data.file !== undefined) this.#write(`       ${event.data.message}`);
    if (event.type === "test:summary") this.#summarise(event.data);
  }

  /** Notes a failure that is no test's own, and that Node does not count. */
  fail(what: string): void {
    this.#counts.fail++;
    this.#note(what);
  }

  #note(what: string): void {
    this.#failed.push(what);
    this.#write(`  FAIL ${what}`);
  }

  #pass(data: Passed): void {
    // Node counts a file without tests as a test that passed.
    if (data.name === data.file) {
      this.#counts.pass--;
      this.fail(`${relative(ROOT, data.name)}: there is no test in it`);
    }
    if (data.skip === undefined || data.skip === false) return;
    const reason = typeof data.skip === "string" && data.skip !== "" ? data.skip : "no reason given";
    this.#skipped.push(`${title(data)}: ${reason}`);
  }

  #fail(data: Failed): void {
    const error = data.details.error as Error & { failureType?: string; exitCode?: number };
    // A suite fails because of its tests, which have been told.
    if (error.failureType === "subtestsFailed" || (data.todo !== undefined && data.todo !== false)) return;
    if (error.failureType === "hookFailed" && data.details.type === "suite") this.fail(title(data));
    else this.#note(title(data));
    if (data.name === data.file) {
      const how = error.exitCode === undefined ? "it was ended" : `it ended itself with status ${error.exitCode}`;
      this.#write(`      ${how} before its tests were done`);
      this.#showOutput(data.name);
    } else {
      this.#write(indent(explain(error.cause ?? error), "      "));
    }
  }

  #keep(file: string | undefined, text: string): void {
    const key = file ?? "";
    const kept = this.#output.get(key) ?? [];
    kept.push(text);
    this.#output.set(key, kept);
  }

  /** Only failing files get to speak. */
  #showOutput(file: string): void {
    const output = this.#output.get(file)?.join("").trimEnd() ?? "";
    if (output !== "") this.#write(`  output of ${relative(ROOT, file)}:\n${indent(output, "    | ")}`);
  }

  /** A file's summary makes its line; the one without a file is the run's, and holds files that never got so far. */
  #summarise({ counts, success, duration_ms, file }: Summary): void {
    const { tests, suites, passed: pass, cancelled, skipped, todo } = counts;
    if (file === undefined) {
      const fail = tests - pass - cancelled - skipped - todo;
      const known: Counts = { tests, suites, pass, fail, cancelled, skipped, todo };
      for (const name of COUNTS) this.#counts[name] += known[name];
      return;
    }
    if (!success) this.#showOutput(file);
    const verdict = success ? "ok  " : "FAIL";
    const note = skipped > 0 ? `, ${skipped} skipped` : "";
    this.#write(`  ${verdict} ${relative(ROOT, file)}: ${pass} passed${note}, ${(duration_ms / 1000).toFixed(1)} s`);
    this.#output.delete(file);
  }

  /** The end of it all. */
  close(): void {
    if (this.#skipped.length > 0) this.#write(`\nskipped:\n${indent(this.#skipped.join("\n"), "  ")}`);
    if (this.#failed.length > 0) this.#write(`\nfailed:\n${indent(this.#failed.join("\n"), "  ")}`);
    if (this.#counts.tests === 0) this.#write("\nno test ran");
    this.#write("");
    for (const name of COUNTS) this.#write(`ℹ ${name} ${this.#counts[name]}`);
    this.#write(`ℹ duration_ms ${(performance.now() - this.#began).toFixed(3)}`);
  }
}

/** The message and where in the project it came from; an error's own facts, but not an assertion's copy of its text. */
function explain(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause === "string" ? cause : inspect(cause, { depth: 4 });
  const lines = inspect(cause, { depth: 4 }).split("\n");
  const text = cause.name === "AssertionError" ? (cause.stack ?? cause.message).split("\n") : lines;
  return text.filter((line) => !/^\s+at .*\bnode:/.test(line)).join("\n");
}

function indent(text: string, by: string): string {
  return text.replaceAll(/^/gm, by);
}

function title({ file, line, name }: Passed | Failed): string {
  if (file === undefined) return name;
  return name === file ? relative(ROOT, file) : `${relative(ROOT, file)}:${line ?? 1}: ${name}`;
}
