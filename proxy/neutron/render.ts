/**
 * Records as Neutron's JSON text. A list of 10,000 ports is written without an object per row: each visible attribute
 * is compiled once to its name and a reader, and a row is the concatenation of their texts.
 */
import { type Row, readerOf } from "./attribute.ts";
import type { Hidden, Target, Test } from "./policy/mod.ts";
import type { Resource } from "./resource.ts";

export type Renderer = (row: Row) => string;

/** What the policy keeps back: of every row, or of those that its rules say. */
export interface Hiding extends Hidden {
  readonly target: (row: Row) => Target;
}

interface Column {
  /** A comma, the name as JSON and a colon. */
  name: string;
  read: (row: Row) => unknown;
  isHidden: Test | undefined;
  /** The value of the row before, and what was written for it: rows of one list are alike in most columns. */
  last: unknown;
  text: string;
}

// Most strings are ids, names and addresses, which need no escapes.
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** All in ASCII, as Python's json.dumps writes it: V8 makes bytes of such text several times faster than UTF-8. */
const quoted = (text: string) => JSON.stringify(text).replace(/[^\x20-\x7e]/g, escaped);

/** JSON.stringify for what JSON.parse gives; faster for the small values that attributes have. */
function json(value: unknown): string {
  if (typeof value === "string") return PLAIN.test(value) ? `"${value}"` : quoted(value);
  if (typeof value !== "object" || value === null) return String(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value) text += text === "" ? json(item) : `,${json(item)}`;
    return `[${text}]`;
  }
  for (const name in value) {
    const member = (value as Row)[name];
    if (member !== undefined) text += `${text === "" ? "" : ","}${json(name)}:${json(member)}`;
  }
  return `{${text}}`;
}

/** Writes what is visible of a resource: all but what is kept back, and of `fields`, if there are any, only those. */
export function renderer(resource: Resource, { always, perRow, target }: Hiding, fields: string[]): Renderer {
  const wanted = fields.length > 0 ? new Set(fields) : undefined;
  const columns: Column[] = Object.entries(resource.attributes)
    .filter(([name, { isVisible }]) => isVisible && !always.has(name) && (wanted?.has(name) ?? true))
    .map(([name]) => ({
      name: `,"${name}":`,
      read: readerOf(resource.attributes, name),
      isHidden: perRow.get(name),
      last: undefined,
      text: "",
    }));
  return (row) => {
    let text = "";
    for (const column of columns) {
      if (column.isHidden?.(target(row))) continue;
      const value = column.read(row);
      if (value === undefined) continue;
      if (value !== column.last) {
        column.last = value;
        column.text = column.name + json(value);
      }
      text += text === "" ? `{${column.text.slice(1)}` : column.text;
    }
    return text === "" ? "{}" : `${text}}`;
  };
}

/** Characters after which text becomes bytes: small pieces stay in the young heap, and V8 need not join megabytes. */
const PIECE = 65_536;

/** `{"ports":[...],"ports_links":[...]}` in ASCII. */
export function renderList(collection: string, render: Renderer, rows: Row[], links: object[]): Buffer {
  const pieces: Buffer[] = [];
  let text = `{"${collection}":[`;
  for (const [index, row] of rows.entries()) {
    text += (index === 0 ? "" : ",") + render(row);
    if (text.length < PIECE) continue;
    pieces.push(Buffer.from(text, "latin1"));
    text = "";
  }
  text += links.length > 0 ? `],"${collection}_links":${JSON.stringify(links)}}` : "]}";
  return Buffer.concat([...pieces, Buffer.from(text, "latin1")]);
}
