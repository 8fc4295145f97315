/** Long files: a reader holds about 100 lines in mind; 400 need a reason, 800 are split. */
import { read, sources } from "./sources.ts";

const REASON_FROM = 400;
const SPLIT_FROM = 800;
/** In the file's head: "Long because …". */
const REASON = /\bLong because \S+/;

/** What a file of this text is told; undefined is nothing. */
export function lengthFinding(path: string, text: string): string | undefined {
  const lines = text.split("\n").length - 1;
  if (lines > SPLIT_FROM) return `${path}: ${lines} lines; split it along a seam (over ${SPLIT_FROM} no reason counts)`;
  if (lines <= REASON_FROM || REASON.test(text.slice(0, 3000))) return undefined;
  return `${path}: ${lines} lines; over ${REASON_FROM} its opening comment must say "Long because …", or split it`;
}

/** All files that are too long; generated ones are not read. */
export function checkLengths(): string[] {
  const paths = sources(/\.(ts|c|h|sh)$|^cable$/).filter((path) => !path.endsWith(".gen.ts"));
  return paths.map((path) => lengthFinding(path, read(path))).filter((finding) => finding !== undefined);
}
