/**
 * Documents that are true: `run-docs.ts` checks links and snippets; `run-docs.ts --run PAGE` executes the page's blocks
 * marked ```` ```sh run ````, in order, in one shell, as a reader would (the lab that they speak of must be up).
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dirname, join as joinPath } from "node:path/posix";
import { parse as parseYaml } from "yaml";
import { allBlocks, type Block, blocksOf, linksOf } from "./docs.ts";
import { ROOT, read, sources } from "./sources.ts";

/** Dead links, snippets that do not parse, TypeScript that does not compile. */
export function checkDocs(): string[] {
  const blocks = allBlocks();
  return [...sources(/\.md$/).flatMap(deadLinks), ...blocks.flatMap(unparsable), ...typeErrors(blocks)];
}

function deadLinks(page: string): string[] {
  const dead = linksOf(read(page)).filter((target) => !existsSync(join(ROOT, joinPath(dirname(page), target))));
  return dead.map((target) => `${page}: the link to ${target} leads nowhere`);
}

const PARSERS: Record<string, (text: string) => unknown> = {
  json: JSON.parse,
  yaml: (text) => parseYaml(text),
  sh: (text) => {
    const { status, stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr.trim());
  },
};

function unparsable({ page, line, language, text }: Block): string[] {
  try {
    PARSERS[language]?.(text);
    return [];
  } catch (error) {
    return [`${page}:${line}: this ${language} does not parse: ${(error as Error).message}`];
  }
}

/** Snippets import as from the project's root ("./model/mod.ts"), and compile under the project's own settings. */
function typeErrors(blocks: readonly Block[]): string[] {
  const snippets = blocks.filter(({ language }) => language === "ts");
  if (snippets.length === 0) return [];
  const folder = join(ROOT, `.build/docs-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    for (const { page, line, text } of snippets) {
      const name = `${page.replaceAll("/", "_")}-line-${line}.ts`;
      writeFileSync(join(folder, name), `${text.replaceAll('from "./', 'from "../../')}\nexport {};\n`);
    }
    writeFileSync(
      join(folder, "tsconfig.json"),
      '{ "extends": "../../tsconfig.json", "include": ["*.ts"], "exclude": [] }',
    );
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    const { status, stdout } = spawnSync(tsc, ["-p", folder], { encoding: "utf8" });
    return status === 0 ? [] : [stdout.trim()];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Executes a page's marked blocks; the status is the shell's. */
export function runDocs(page: string): number {
  const script = blocksOf(page, read(page))
    .filter(({ language, words }) => language === "sh" && words.includes("run"))
    .map(({ line, text }) => `echo '== ${page}:${line}' >&2\n${text}`)
    .join("\n");
  if (script === "") throw new Error(`${page} has no block marked "sh run"`);
  const { status } = spawnSync("bash", ["-euo", "pipefail", "-c", script], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return status ?? 1;
}

if (import.meta.main) {
  const [flag, page] = process.argv.slice(2);
  if (flag === "--run") {
    process.exitCode = runDocs(page ?? "README.md");
  } else {
    const findings = checkDocs();
    for (const finding of findings) console.error(finding);
    process.exitCode = findings.length === 0 ? 0 : 1;
  }
}
