/** Where things are in a checkout, and where a lab keeps its own. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, "../..");
/** What is built, downloaded or cached; safe to delete. */
export const BUILD = join(ROOT, ".build");
/** The launcher: what a user types, and so what labs and tests start. */
export const CABLE = join(ROOT, "cable");
export const CNI_EXECUTABLE = join(BUILD, "cni/cable");

/** A lab's own directory: state, logs, sockets (whose paths must be short), pins. */
export function labDirectory(name: string): string {
  return `/run/${name}`;
}

let count = 0;
/** A name that no other test has, in this process or another; short, since link names end at 15 characters. */
export function uniqueName(prefix: string): string {
  return `${prefix}${process.pid.toString(36)}${(count++).toString(36)}`;
}

export async function makeDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return path;
}
