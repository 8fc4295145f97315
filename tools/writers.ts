/** Who writes which field: the table of ARCHITECTURE.md, read from the comments in model/records/. */
import { read, sources } from "./sources.ts";

const INTERFACE = /^export interface (\w+)(?: extends [\w, <>"|]+)? \{\n([\s\S]*?)^\}/gm;
const FIELD = /^ {2}"?([\w:]+)"?\??: .*?; \/\/ ([^:\n]*)/gm;

/** A markdown table with a row for every record and writer; fields without a writer's name are left out. */
export function writersTable(
  text: string = sources(/^model\/records\/\w+\.ts$/)
    .map(read)
    .join("\n"),
): string {
  const rows: string[] = [];
  for (const [, name = "", body = ""] of text.matchAll(INTERFACE)) {
    const fields = Map.groupBy(body.matchAll(FIELD), ([, , comment = ""]) => writersIn(comment));
    for (const [writer, found] of fields) {
      rows.push(`| ${name} | ${writer} | ${found.map(([, field]) => `\`${field}\``).join(", ")} |`);
    }
  }
  return `| record | writer | fields |\n|---|---|---|\n${rows.join("\n")}\n`;
}

function writersIn(comment: string): string {
  return [...comment.matchAll(/\b(user|control|agent)\b/g)].map(([writer]) => writer).join(" or ");
}
