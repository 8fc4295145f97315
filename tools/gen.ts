/** `./cable gen [--check]`: writes the generated files again, or tells which of them are out of date. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { folderGraph } from "./check-imports.ts";
import { ROOT, read, sources } from "./sources.ts";
import { writersTable } from "./writers.ts";

interface Generated {
  path: string;
  /** Null when it is up to date (or, not checking, was written), else what is wrong. */
  make(path: string, check: boolean): string | null;
}

export const GENERATED: readonly Generated[] = [
  { path: "bpf/layout.gen.ts", make: layout },
  { path: "ARCHITECTURE.md", make: between("imports", () => `\`\`\`text\n${folderGraph()}\n\`\`\`\n`) },
  { path: "ARCHITECTURE.md", make: between("writers", () => `\n${writersTable()}`) },
  { path: "docs/decisions/000-how-to.md", make: between("decisions", decisions) },
];

function layout(_path: string, check: boolean): string | null {
  const args = [join(ROOT, "tools/gen-layout.ts"), ...(check ? ["--check"] : [])];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return status === 0 ? null : stderr.trim();
}

/** The part of a page between `<!-- NAME -->` and `<!-- /NAME -->`. */
function between(name: string, text: () => string): Generated["make"] {
  return (path, check) => {
    const page = read(path);
    const [open, close] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
    const [start, end] = [page.indexOf(open) + open.length, page.indexOf(close)];
    if (start < open.length || end < start) return `${path} has lost its markers <!-- ${name} --> and ${close}`;
    const wanted = page.slice(0, start) + text() + page.slice(end);
    if (page === wanted) return null;
    if (check) return `${path}: what stands between the ${name} markers is out of date: run ./cable gen and commit it`;
    writeFileSync(join(ROOT, path), wanted);
    return null;
  };
}

/** The pages' own titles. */
function decisions(): string {
  const pages = sources(/^docs\/decisions\/(?!000)\d{3}-.*\.md$/);
  const rows = pages.map((page) => {
    const [, number, title] = /^# (\d{3}): (.*)$/m.exec(read(page)) ?? [];
    return `- [${number}](${basename(page)}): ${title}\n`;
  });
  return rows.join("");
}

/** What is out of date, or could not be made. */
export function generate(check: boolean): string[] {
  return GENERATED.map(({ path, make }) => make(path, check)).filter((finding) => finding !== null);
}

if (import.meta.main) {
  const findings = generate(process.argv.includes("--check"));
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
