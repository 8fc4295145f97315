/** Access rules: which requests an application credential is for (keystonemiddleware/auth_token, validate_allowed_request). */
import type { RequestLine } from "../../api/mod.ts";

export interface AccessRule {
  /** The type of a service in the catalogue. */
  service: string;
  method: string;
  /** `*` and `{name}` stand for one part of a path or some of it, `**` for anything. */
  path: string;
}

/** Whether one of the rules is for this request of the service. */
export function isAllowed(rules: readonly AccessRule[], service: string, { method, path }: RequestLine): boolean {
  return rules.some((rule) => rule.service === service && rule.method === method && pathMatches(rule.path, path));
}

/** From where a piece of a pattern may begin to where it may end: index i is the place before path[i]. */
type Step = (begins: readonly boolean[], path: string) => boolean[];

const literal =
  (char: string): Step =>
  (begins, path) => [false, ...path.split("").map((each, i) => begins[i] === true && each === char)];

/** At least one character, and no slash. */
const part: Step = (begins, path) => {
  let isOpen = false;
  const ends = [false];
  for (let i = 0; i < path.length; i++) {
    isOpen = path[i] !== "/" && (isOpen || begins[i] === true);
    ends.push(isOpen);
  }
  return ends;
};

const anything: Step = (begins) => {
  const first = begins.indexOf(true);
  return begins.map((_, i) => first >= 0 && i >= first);
};

function stepOf(text: string): Step {
  if (text === "**") return anything;
  return text === "*" || text.startsWith("{") ? part : literal(text);
}

/**
 * Follows all ways through the pattern at once, since rules are written by users: a regular expression made from one
 * could be made to take minutes.
 */
export function pathMatches(pattern: string, path: string): boolean {
  let ends = [true, ...new Array<boolean>(path.length).fill(false)];
  for (const [text] of pattern.matchAll(/\{[^}]*\}|\*\*|\*|[^{}*]/g)) ends = stepOf(text)(ends, path);
  return ends[path.length] === true;
}
