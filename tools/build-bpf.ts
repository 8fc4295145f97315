/** Compiles bpf/*.bpf.c into .build/bpf/*.o, those that are older than any source. Development and packaging only. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { basename, join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const SOURCES = join(ROOT, "bpf");

/** Where the objects are put. */
export const OBJECTS = join(ROOT, ".build/bpf");

/** Debian puts asm/ below the multiarch folder, where clang looks for no other target than its own. */
function includes(): string[] {
  const machine = { x64: "x86_64", arm64: "aarch64" }[process.arch as string] ?? process.arch;
  return [`-I/usr/include/${machine}-linux-gnu`];
}

const newest = (paths: string[]) => Math.max(...paths.map((path) => statSync(path).mtimeMs));

/** One made of others. */
const includesSources = (source: string) => /#include ".*\.bpf\.c"/.test(readFileSync(source, "utf8"));

/** Compiles one source. @throws Error with clang's own words */
export function compile(source: string, object: string): void {
  // Written beside and renamed, so that an interrupted build or two at once never leave half an object.
  const partial = `${object}.${process.pid}`;
  const flags = ["-O2", "-g", "-target", "bpf", "-mcpu=v3", "-Wall", "-Wextra", "-Werror"];
  execFileSync("clang", [...flags, ...includes(), "-c", source, "-o", partial], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  renameSync(partial, object);
}

/** Brings every object up to date; returns the names of those that were compiled. */
export function buildBpf(): string[] {
  mkdirSync(OBJECTS, { recursive: true });
  const files = readdirSync(SOURCES);
  const sources = files.filter((name) => name.endsWith(".bpf.c")).map((name) => join(SOURCES, name));
  const headers = files.filter((name) => name.endsWith(".h")).map((name) => join(SOURCES, name));
  const built: string[] = [];
  for (const source of sources) {
    const file = basename(source);
    const object = join(OBJECTS, file.replace(/\.bpf\.c$/, ".o"));
    const parts = includesSources(source) ? [...headers, ...sources] : [...headers, source];
    if (existsSync(object) && statSync(object).mtimeMs >= newest(parts)) continue;
    compile(source, object);
    built.push(file);
  }
  return built;
}

if (import.meta.main) for (const file of buildBpf()) console.log(`compiled ${file}`);
