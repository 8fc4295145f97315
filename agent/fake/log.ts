import type { Log } from "../log.ts";

/** Keeps "level: message" lines. */
export function fakeLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (_facts: object, message: string) => void lines.push(`${level}: ${message}`);
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
