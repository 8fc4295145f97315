/** The header `If-Match: revision_number=N` (extension revision-if-match, neutron/api/api_common.py). */
import { fault } from "../../model/mod.ts";

const PREFIX = "revision_number=";

const bad = (msg: string) => fault("BadRequest", { resource: "if-match", msg });

/** The revision that an update or deletion must find; undefined when the header asks for none. @throws Fault BadRequest */
export function ifMatch(header: string | undefined): number | undefined {
  const quoted = [...(header ?? "").matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
  const tags = (quoted.length > 0 ? quoted : [header ?? ""]).filter((tag) => tag.startsWith(PREFIX));
  if (tags.length > 1) throw bad("Multiple revision_number etags are not supported.");
  const text = tags[0]?.slice(PREFIX.length);
  if (text === undefined) return undefined;
  const revision = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(revision)) throw bad("Revision number etag must be in the format of revision_number=<int>");
  return revision;
}
