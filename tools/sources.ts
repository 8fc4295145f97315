/** The project's own files, as git knows them: committed ones and new ones that no ignore rule names. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

/** Paths relative to the root, sorted, whose name matches. */
export function sources(pattern: RegExp): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const paths = listed.split("\0").filter((path) => pattern.test(path) && existsSync(join(ROOT, path)));
  return [...new Set(paths)].sort();
}

/** The text of one of them. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
