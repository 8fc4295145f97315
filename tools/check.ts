/** `./cable check`: all that can be told without running the product. Every finding is shown, not only the first. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { checkImports } from "./check-imports.ts";
import { checkLengths } from "./check-lengths.ts";
import { generate } from "./gen.ts";
import { checkDocs } from "./run-docs.ts";
import { ROOT } from "./sources.ts";

interface Check {
  name: string;
  find(): Promise<string[]> | string[];
}

const CHECKS: readonly Check[] = [
  { name: "types", find: () => output("tsc", ["-p", "."]) },
  { name: "format and lint", find: () => output("biome", ["ci", "--colors=off", "--error-on-warnings", "."]) },
  { name: "import walls", find: () => checkImports() },
  { name: "generated files", find: () => generate(true) },
  { name: "documents", find: checkDocs },
  { name: "file lengths", find: checkLengths },
];

/** What an npm tool says when it fails. */
function output(tool: string, args: readonly string[]): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(
      join(ROOT, "node_modules/.bin", tool),
      args,
      { cwd: ROOT, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const said = `${stdout}${stderr}`.trim();
        resolve(error === null ? [] : [said === "" ? error.message : said]);
      },
    );
  });
}

/** The exit status: 0 when nothing was found. */
export async function main(): Promise<number> {
  let bad = 0;
  for (const { name, find } of CHECKS) {
    const began = performance.now();
    const findings = await find();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${findings.length === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
    for (const finding of findings) console.log(finding.replaceAll(/^/gm, "     "));
    bad += findings.length === 0 ? 0 : 1;
  }
  if (bad > 0) console.log(`check: ${bad} of ${CHECKS.length} found something`);
  return bad === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
