/** Values as Python prints them: Neutron's messages quote what they refuse, and clients compare messages. */

const ESCAPES: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\n\r\t\\]|[^\P{C}]/gu, (c) => ESCAPES[c] ?? hex(c.codePointAt(0) as number));
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}

function hex(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}

/** Python's `repr()` of a value that came from JSON. */
export function pyRepr(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  if (Array.isArray(value)) return `[${value.map(pyRepr).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, item]) => `${quoted(key)}: ${pyRepr(item)}`)
      .join(", ")}}`;
  }
  return String(value);
}

/** Python's `str()`: what `'%s' % value` prints. */
export function pyStr(value: unknown): string {
  return typeof value === "string" ? value : pyRepr(value);
}

/** `str()` of a set of strings, in the order given. */
export function pySet(keys: string[]): string {
  return keys.length === 0 ? "set()" : `{${keys.map(quoted).join(", ")}}`;
}
