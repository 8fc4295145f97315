/**
 * Records as Neutron's JSON text. A list of 10,000 ports is written without an object per row: each visible attribute
 * is compiled once to its name and a reader, and a row is the concatenation of their texts.
 */
import { type Row, rowsOf } from "./attribute.ts";
import type { Hidden, Target, Test } from "./policy/mod.ts";
import type { Resource } from "./resource.ts";

export type Renderer = (row: Row) => string;

/** What the policy keeps back: of every row, or of those that its rules say. */
export interface Hiding extends Hidden {
  readonly target: (row: Row) => Target;
}

interface Column {
  /** What goes before it, the name as JSON and a colon. */
  name: string;
  /** The row's own member, or how the value is read from the row. */
  member: string;
  read: ((row: Row) => unknown) | undefined;
  isHidden: Test | undefined;
  /** The value of the row before. */
  last: unknown;
  /** What was written for it with its name; empty when it was not shown. */
  text: string;
  /** Whether it has differed between rows so far. */
  varies: boolean;
}

// Most strings are ids, names and addresses, which need no escapes.
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** All in ASCII, as Python's json.dumps writes it: V8 makes bytes of such text several times faster than UTF-8. */
const quoted = (text: string) => JSON.stringify(text).replace(/[^\x20-\x7e]/g, escaped);

const keys = new Map<string, string>();
const MOST_KEYS = 1_000;

/** A member's name with its colon: there are few, but for those that users make up. */
function key(name: string): string {
  let text = keys.get(name);
  if (text === undefined) {
    text = `${json(name)}:`;
    if (keys.size < MOST_KEYS) keys.set(name, text);
  }
  return text;
}

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
    if (member !== undefined) text += (text === "" ? "" : ",") + key(name) + json(member);
  }
  return `{${text}}`;
}

/**
 * Writes what is visible of a resource: all but what is kept back, and of `fields`, if there are any, only those. Rows of
 * one list are alike in most columns: a value that is that of the row before is not written again, and neighbours that
 * have been the same in all rows are one piece of text.
 */
export function renderer(resource: Resource, { always, perRow, target }: Hiding, fields: string[]): Renderer {
  const wanted = fields.length > 0 ? new Set(fields) : undefined;
  const columns: Column[] = rowsOf(resource.attributes)
    .filter(([name, { isVisible }]) => isVisible && !always.has(name) && (wanted?.has(name) ?? true))
    .map(([name], place) => ({
      name: `${place === 0 ? "{" : ","}"${name}":`,
      member: name,
      read: resource.attributes[name]?.read,
      isHidden: perRow.get(name),
      last: undefined,
      text: "",
      varies: false,
    }));
  let pieces: { text: string }[] = [];
  let isFirst = true;
  return (row) => {
    let isNew = isFirst;
    for (const column of columns) {
      let value = column.read === undefined ? row[column.member] : column.read(row);
      if (column.isHidden?.(target(row))) value = undefined;
      if (value === column.last) continue;
      column.last = value;
      column.text = value === undefined ? "" : column.name + json(value);
      isNew ||= !column.varies;
      column.varies = !isFirst;
    }
    if (isNew) pieces = piecesOf(columns);
    isFirst = false;
    let text = "";
    for (const piece of pieces) text += piece.text;
    if (columns[0]?.text) return `${text}}`;
    return text === "" ? "{}" : `{${text.slice(1)}}`;
  };
}

/** Columns that vary, and between them the texts of those that do not. */
function piecesOf(columns: readonly Column[]): { text: string }[] {
  const pieces: { text: string }[] = [];
  let same = "";
  for (const column of columns) {
    if (!column.varies) same += column.text;
    else {
      if (same !== "") pieces.push({ text: same });
      pieces.push(column);
      same = "";
    }
  }
  if (same !== "") pieces.push({ text: same });
  return pieces;
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
