/** One check of the policy language, `kind:match`, as oslo_policy/_parser.py and neutron/policy.py read it. */
import type { Check, Template } from "./syntax.ts";

/** @throws SyntaxError with the reason alone; whoever knows rule and place adds them. */
export function parseCheck(text: string): Check {
  if (text === "@") return { is: "constant", value: true };
  if (text === "!") return { is: "constant", value: false };
  const colon = text.indexOf(":");
  if (colon < 0) throw new SyntaxError(`${text} is no check: kind:value, "@" (always) or "!" (never) is expected`);
  const kind = text.slice(0, colon);
  const match = text.slice(colon + 1);
  switch (kind) {
    case "rule":
      return { is: "rule", name: match };
    case "role":
      return { is: "role", role: template(match) };
    case "project_id":
    case "tenant_id":
      return owner(text, match);
    case "field":
      return field(text, match);
    case "http":
    case "https":
      throw new SyntaxError(`${text}: a policy that asks another server is not supported`);
    default:
      return generic(kind, match);
  }
}

/** Neutron's own OwnerCheck: unlike the other checks it takes the name of an attribute and nothing else. */
function owner(text: string, match: string): Check {
  const field = /^%\((.*)\)s$/.exec(match)?.[1];
  if (field === undefined)
    throw new SyntaxError(`${text}: an owner is written %(project_id)s or %(network:project_id)s`);
  return { is: "owner", field };
}

/** Neutron's own FieldCheck. */
function field(text: string, match: string): Check {
  const [, resource, name, value] = /^([^:]*):([^=]*)=(.*)$/.exec(match) ?? [];
  if (resource === undefined || name === undefined || value === undefined) {
    throw new SyntaxError(`${text}: field:RESOURCE:ATTRIBUTE=VALUE or =~PATTERN is expected`);
  }
  const plain = { is: "field", resource, field: name, value } as const;
  if (!value.startsWith("~")) return plain;
  try {
    // Python's re.match: at the start of the text, whatever the pattern says.
    return { ...plain, pattern: new RegExp(`^(?:${value.slice(1)})`) };
  } catch (error) {
    throw new SyntaxError(`${text}: ${(error as Error).message}`);
  }
}

/** oslo.policy's GenericCheck: a Python literal or the name of what is known of the caller, against a text. */
function generic(kind: string, match: string): Check {
  const value = template(match);
  const text = literalText(kind);
  if (text !== undefined) return { is: "literal", text, value };
  if (!/^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(kind)) throw new SyntaxError(`${kind} is no name and no literal`);
  return { is: "credential", path: kind.split("."), value };
}

const ESCAPED: Record<string, string> = { n: "\n", t: "\t", r: "\r" };

function literalText(kind: string): string | undefined {
  if (kind === "True" || kind === "False" || kind === "None") return kind;
  if (/^-?\d+$/.test(kind)) return String(BigInt(kind));
  if (/^-?(\d+\.\d*|\.\d+)$/.test(kind)) return floatText(Number(kind));
  const quoted = /^(['"])((?:\\.|(?!\1)[^\\])*)\1$/s.exec(kind)?.[2];
  return quoted?.replace(/\\(.)/gs, (_, character: string) => ESCAPED[character] ?? character);
}

const floatText = (value: number) => (Number.isInteger(value) ? `${value}.0` : String(value));

/** The text on the right of a check: Python's `text % target`, of which policies use `%(name)s` and `%%`. */
export function template(text: string): Template {
  const parts: (string | { field: string })[] = [];
  let plain = "";
  let at = 0;
  for (const { 0: found, 1: name, index } of text.matchAll(/%\(([^)]*)\)s|%%/g)) {
    plain += withoutPercent(text, text.slice(at, index));
    at = index + found.length;
    if (name === undefined) {
      plain += "%";
      continue;
    }
    if (plain !== "") parts.push(plain);
    parts.push({ field: name });
    plain = "";
  }
  plain += withoutPercent(text, text.slice(at));
  if (plain !== "" || parts.length === 0) parts.push(plain);
  return parts;
}

function withoutPercent(whole: string, part: string): string {
  if (!part.includes("%")) return part;
  throw new SyntaxError(`${whole}: an attribute of the target is written %(name)s, a percent sign %%`);
}
