/** `./cable test [KIND ...]`: runs the kinds of tests named, or all. */
import { join } from "node:path";
import { run } from "node:test";
import { ROOT, sources } from "./sources.ts";
import { filesByKind, TEST_KINDS, type TestKind } from "./test-kinds.ts";
import { TestReport } from "./test-report.ts";

async function runKind(kind: TestKind, files: readonly string[], report: TestReport, stop: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(kind.limitSeconds * 1000);
  const stream = run({
    files: files.map((file) => join(ROOT, file)),
    concurrency: kind.concurrency,
    timeout: kind.timeoutSeconds * 1000,
    cwd: ROOT,
    signal: AbortSignal.any([stop, limit]),
  });
  for await (const event of stream) report.take(event);
  if (limit.aborted) report.fail(`${kind.name}: not done after ${kind.limitSeconds} s, so it was ended`);
}

/** The exit status: 0 all passed, 1 something failed or nothing ran, 2 wrong usage. */
export async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !TEST_KINDS.some((kind) => kind.name === name));
  if (unknown.length > 0) {
    const known = TEST_KINDS.map((kind) => kind.name).join(" ");
    console.error(`test: no kind of tests is called ${unknown.join(", ")}; there are: ${known}`);
    return 2;
  }
  const abort = new AbortController();
  // The test files are told to stop, and get to clean up, before this process ends.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => abort.abort());
  const report = new TestReport((line) => console.log(line));
  for (const [kind, files] of filesByKind(sources(/\.test\.ts$/))) {
    if (abort.signal.aborted || files.length === 0 || (names.length > 0 && !names.includes(kind.name))) continue;
    console.log(`${kind.name}: ${files.length} ${files.length === 1 ? "file" : "files"}`);
    await runKind(kind, files, report, abort.signal);
  }
  report.close();
  return abort.signal.aborted ? 130 : report.exitCode;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
