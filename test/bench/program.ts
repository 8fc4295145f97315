/** The benches' own programs in C. */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { BUILD, must } from "../kit/mod.ts";

/** Builds test/bench/NAME.c unless that is done already; returns the program's path. */
export async function buildProgram(name: string, ...libraries: string[]): Promise<string> {
  const source = join(import.meta.dirname, `${name}.c`);
  const program = join(BUILD, "bench", name);
  const sources = await Promise.all([source, join(import.meta.dirname, "load.h")].map((path) => stat(path)));
  const built = await stat(program).catch(() => undefined);
  if (built !== undefined && sources.every(({ mtimeMs }) => built.mtimeMs > mtimeMs)) return program;
  await mkdir(join(BUILD, "bench"), { recursive: true });
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror"];
  await must(["gcc", ...flags, "-o", program, source, ...libraries.map((each) => `-l${each}`)]);
  return program;
}
