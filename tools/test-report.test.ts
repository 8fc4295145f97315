import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

// In a process of its own: Node's runner refuses to run within a test.
const RUNNER = `
  import { run } from "node:test";
  import { TestReport } from ${JSON.stringify(import.meta.resolve("./test-report.ts"))};
  const report = new TestReport(console.log);
  const files = process.argv.slice(2);
  if (files.length > 0) for await (const event of run({ files })) report.take(event);
  report.close();
  process.exitCode = report.exitCode;
`;

/** Runs a test file of this text as the runner does, and gives what is reported of it. */
function reportOf(text: string | undefined): { exitCode: number | null; lines: string } {
  const dir = mkdtempSync(join(tmpdir(), "cable-report-"));
  try {
    const file = join(dir, "x.test.ts");
    writeFileSync(file, `import { suite, test, after } from "node:test";\n${text}`);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const runner = join(dir, "runner.ts");
    writeFileSync(runner, RUNNER);
    const args = [runner, ...(text === undefined ? [] : [file])];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    return { exitCode: status, lines: stdout + stderr };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

for (const [what, text, exitCode, said] of [
  ["a passing test", 'test("a", () => {});', 0, [/ℹ tests 1\n/, /ℹ pass 1\n/, /ℹ fail 0\n/]],
  [
    "a failing test, with its words and its file's output",
    'test("a", () => { console.log("heard"); throw new Error("broken"); });',
    1,
    [/:2: a/, /Error: broken/, /\| heard/, /ℹ fail 1\n/],
  ],
  [
    "a skipped test with its reason",
    'test("a", { skip: "no moon" }, () => {}); test("b", () => {});',
    0,
    [/a: no moon/, /ℹ skipped 1\n/],
  ],
  [
    "a failing hook",
    'suite("s", () => { after(() => { throw new Error("hook"); }); test("a", () => {}); });',
    1,
    [/Error: hook/, /ℹ fail 1\n/],
  ],
  ["a file that ends itself", "process.exit(3);", 1, [/ended itself with status 3/, /ℹ fail 1\n/]],
  ["a file without a test", "", 1, [/there is no test in it/, /ℹ pass 0\nℹ fail 1\n/]],
  ["only skipped tests", 'test("a", { skip: "no moon" }, () => {});', 1, [/a: no moon/]],
  ["no file at all", undefined, 1, [/no test ran/, /ℹ tests 0\n/]],
] as const) {
  test(`the report of ${what} ends with ${exitCode}`, () => {
    const report = reportOf(text);
    for (const pattern of said) assert.match(report.lines, pattern);
    assert.equal(report.exitCode, exitCode, report.lines);
  });
}
