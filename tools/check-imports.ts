/** Holds the sources against the walls of walls.ts, and rules out cycles. Each finding is a sentence with the reason. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { folderOf, type Import, importGraph } from "./import-graph.ts";
import { ROOT } from "./sources.ts";
import { BARRED_NODE, DOORS, OUTSIDE, PACKAGES, PASSES, PURE_NODE, WALLS } from "./walls.ts";

/** Tests and what stands beside the sources for them only. */
const isTest = (path: string) => /\.(test|contract|fixture)\.ts$/.test(path);

/** All that is wrong with the given imports; `exists` tells whether a file is there. */
export function checkImports(
  imports: readonly Import[] = importGraph(),
  exists: (path: string) => boolean = (path) => existsSync(join(ROOT, path)),
): string[] {
  const findings = imports
    .filter(({ from }) => !OUTSIDE.includes(folderOf(from)))
    .flatMap((each) => (each.ours ? [wall(each), door(each, exists)] : [outsider(each)]))
    .filter((finding) => finding !== undefined);
  return [...new Set([...findings, ...cycles(imports)])].sort();
}

function wall({ from, to }: Import): string | undefined {
  const [here, there] = [folderOf(from), folderOf(to)];
  if (isTest(to) && !isTest(from)) return `${from} imports ${to}: that file is for tests`;
  if (here === there) return undefined;
  const rule = WALLS[here];
  if (rule === undefined) return `${from}: the folder ${here}/ is not in tools/walls.ts; say there what it may import`;
  if (OUTSIDE.includes(there)) return `${from} imports ${to}: nobody imports ${there}/`;
  if (rule.may.includes(there) || rule.may.includes(to)) return undefined;
  if (PASSES.some((pass) => pass.from === from && pass.to === there)) return undefined;
  return `${from} imports ${to}: ${here}/ may import ${rule.may.join(", ") || "nothing of ours"} (${rule.reason})`;
}

/**
 * Each folder on the way to the file that the importer is not in must be entered through a mod.ts: its own, or that of a
 * folder inside (host/linux/mod.ts), which the one above may leave out on purpose.
 */
function door({ from, to }: Import, exists: (path: string) => boolean): string | undefined {
  if (isTest(from) || to in DOORS || to.endsWith("/mod.ts")) return undefined;
  for (let folder = dirname(to); folder !== "." && !from.startsWith(`${folder}/`); folder = dirname(folder)) {
    const mod = `${folder}/mod.ts`;
    if (exists(mod)) return `${from} imports ${to}: ${folder}/ is entered through ${mod}`;
  }
  return undefined;
}

function outsider({ from, to }: Import): string | undefined {
  if (isTest(from)) return undefined;
  const here = folderOf(from);
  const barred = BARRED_NODE[to];
  if (barred !== undefined) return `${from} imports ${to}: ${barred}`;
  if (WALLS[here]?.pure && !PURE_NODE.includes(to))
    return `${from} imports ${to}: ${here}/ is pure (${WALLS[here].reason})`;
  const rule = PACKAGES[to];
  if (rule !== undefined && !rule.folders.includes(here)) {
    return `${from} imports ${to}: that package is for ${rule.folders.join(", ")} (${rule.reason})`;
  }
  return undefined;
}

/** Cycles among files, types not counted: such modules depend on the order in which they are loaded. */
function cycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to, ours, typeOnly } of imports) {
    if (ours && !typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push(`cycle: ${[...path.slice(start), file].join(" -> ")}`);
    if (start >= 0 || done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}

/** Who does import whom, folder by folder, as printed in ARCHITECTURE.md. */
export function folderGraph(imports: readonly Import[] = importGraph()): string {
  const edges = new Map<string, Set<string>>(Object.keys(WALLS).map((folder) => [folder, new Set()]));
  for (const { from, to, ours } of imports) {
    if (ours && !isTest(from) && folderOf(from) !== folderOf(to)) edges.get(folderOf(from))?.add(folderOf(to));
  }
  const inUse = new Set(imports.map(({ from }) => folderOf(from)));
  const rows = [...edges].filter(([folder]) => inUse.has(folder));
  return rows.map(([folder, to]) => `${folder.padEnd(10)} -> ${[...to].sort().join(", ") || "-"}`).join("\n");
}

if (import.meta.main) {
  const findings = checkImports();
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
