/** Reads the import statements of all TypeScript sources. */
import { dirname, join } from "node:path/posix";
import { read, sources } from "./sources.ts";

export interface Import {
  /** The importing file. */
  from: string;
  /** The imported file (relative to the root), or a package's or Node module's name. */
  to: string;
  ours: boolean;
  /** Gone when the types are stripped. */
  typeOnly: boolean;
}

// Comments are dropped first; statements stand at the start of a line, as the formatter leaves them.
const COMMENT_LINE = /^\s*(\/\*|\*|\/\/).*$/gm;
const STATEMENT = /^[ \t]*(?:import|export)\b(\s+type\b)?[^;"'`=()]*?\bfrom\s*"([^"]+)"/gm;
const SIDE_EFFECT = /^[ \t]*import\s+"([^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"]+)"\s*\)/g;

/** The imports of one file's text. */
export function importsOf(from: string, text: string): Import[] {
  const code = text.replace(COMMENT_LINE, "");
  const found: Import[] = [];
  const add = (name: string, typeOnly: boolean) => {
    const ours = name.startsWith(".");
    found.push({ from, to: ours ? join(dirname(from), name) : packageOf(name), ours, typeOnly });
  };
  for (const [, type, name] of code.matchAll(STATEMENT)) add(name as string, type !== undefined);
  for (const [, name] of code.matchAll(SIDE_EFFECT)) add(name as string, false);
  for (const [, name] of code.matchAll(DYNAMIC)) add(name as string, false);
  return found;
}

/** `fastify/x` -> `fastify`, `@grpc/grpc-js/y` -> `@grpc/grpc-js`; Node's modules keep their whole name. */
function packageOf(name: string): string {
  if (name.startsWith("node:")) return name;
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The imports of the whole project. */
export function importGraph(): Import[] {
  return sources(/\.ts$/).flatMap((path) => importsOf(path, read(path)));
}

/** The top-level folder of a file, "" for one at the root. */
export function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}
