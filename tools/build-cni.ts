/**
 * Builds the CNI executable. Static, so that it runs in any mount namespace that a runtime calls it from, and so that
 * no dynamic loader adds to its few milliseconds.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const WARNINGS = ["-std=gnu11", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror"];
const RELEASE = ["-O2", "-static", "-s", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"];
/** Any overflow or undefined behaviour ends the process with a report; used by the tests. */
export const SANITIZED = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/** Compiles cni/*.c to `output`; throws with the compiler's words. */
export function buildCni(output: string, flags: readonly string[] = RELEASE): void {
  const sources = readdirSync(join(root, "cni")).filter((name) => name.endsWith(".c"));
  mkdirSync(dirname(output), { recursive: true });
  // Renamed into place: a runtime may be executing the old one.
  const made = `${output}.${process.pid}`;
  const compiler = process.env.CC ?? "gcc";
  const args = [...WARNINGS, ...flags, "-o", made, ...sources.map((name) => join(root, "cni", name))];
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: "utf8" });
  if (error !== undefined) throw new Error(`${compiler}: ${error.message}. Install gcc and libc6-dev, or set CC.`);
  if (status !== 0) throw new Error(`${compiler} ${args.join(" ")}\n${stderr}`);
  renameSync(made, output);
}

if (import.meta.main) buildCni(join(root, ".build/cni/cable"));
