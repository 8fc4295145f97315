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
  /** The name as JSON, with its colon. */
  name: string;
  read: (row: Row) => unknown;
  isHidden: Test | undefined;
}

// Most strings are ids, names and addresses, which need no escapes; everything else goes to JSON.stringify.
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function json(value: unknown): string {
  if (typeof value === "string") return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
  return JSON.stringify(value);
}

/** Writes what is visible of a resource: all but what is kept back, and of `fields`, if there are any, only those. */
export function renderer(resource: Resource, { always, perRow, target }: Hiding, fields: string[]): Renderer {
  const wanted = fields.length > 0 ? new Set(fields) : undefined;
  const columns: Column[] = Object.entries(resource.attributes)
    .filter(([name, { isVisible }]) => isVisible && !always.has(name) && (wanted?.has(name) ?? true))
    .map(([name]) => ({ name: `"${name}":`, read: readerOf(resource.attributes, name), isHidden: perRow.get(name) }));
  return (row) => {
    let text = "";
    for (const { name, read, isHidden } of columns) {
      if (isHidden?.(target(row))) continue;
      const value = read(row);
      if (value !== undefined) text += (text === "" ? "{" : ",") + name + json(value);
    }
    return text === "" ? "{}" : `${text}}`;
  };
}

/** Characters after which text becomes bytes: small pieces stay in the young heap, and V8 need not join megabytes. */
const PIECE = 65_536;

/** `{"ports":[...],"ports_links":[...]}` in UTF-8. */
export function renderList(collection: string, render: Renderer, rows: Row[], links: object[]): Buffer {
  const pieces: Buffer[] = [];
  let text = `{"${collection}":[`;
  for (const [index, row] of rows.entries()) {
    text += (index === 0 ? "" : ",") + render(row);
    if (text.length < PIECE) continue;
    pieces.push(Buffer.from(text));
    text = "";
  }
  text += links.length > 0 ? `],"${collection}_links":${JSON.stringify(links)}}` : "]}";
  return Buffer.concat([...pieces, Buffer.from(text)]);
}
