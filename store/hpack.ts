/**
 * Header blocks of HTTP/2 (RFC 7541), as far as a client of gRPC needs them: it writes constant ones, and reads what a
 * server sends that keeps no table.
 */

/** Lengths of the Huffman codes of Appendix B, which are canonical; a few rare letters and all other bytes are longer. */
const HUFFMAN: readonly [bits: number, letters: string][] = [
  [5, "012aceiost"],
  [6, " %-./3456789=A_bdfghlmnpru"],
  [7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"],
  [8, "&*,;XZ"],
  [10, '!"()?'],
  [11, "'+|"],
  [12, "#>"],
  [13, "\0$@[]~"],
  [14, "^}"],
  [15, "<`{"],
  [19, "\\"],
];
const LONGEST_CODE = 19;

/** A code and its length as one number, to its letter. */
const letters = new Map<number, string>();
const codeKey = (bits: number, code: number) => (bits << 20) | code;
let code = 0;
let before = 5;
for (const [bits, row] of HUFFMAN) {
  code <<= bits - before;
  before = bits;
  for (const letter of row) letters.set(codeKey(bits, code++), letter);
}

/** The same few texts come with every reply. */
const known = new Map<string, string>();
const MOST_KNOWN = 256;

/** The text up to the first byte that is no letter of a header. */
function huffmanText(bytes: Buffer): string {
  const coded = bytes.toString("latin1");
  const found = known.get(coded);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const text = decoded(bytes);
  known.set(coded, text);
  return text;
}

function decoded(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      value = (value << 1) | ((byte >> bit) & 1);
      const letter = letters.get(codeKey(++bits, value));
      if (letter !== undefined) {
        text += letter;
        bits = 0;
        value = 0;
      } else if (bits > LONGEST_CODE) return text;
    }
  }
  return text;
}

/** The static table's fields that matter: `:status` with its values is at 8 to 14. */
const STATUS = ["200", "204", "206", "304", "400", "404", "500"];
const STATIC_FIELDS = 61;

const BAD = "a header block that is cut, or leans on a table that was not agreed to";

/**
 * The fields of a block by name, for a server that was told not to keep a table of its own (SETTINGS_HEADER_TABLE_SIZE
 * of 0), so that each block stands alone. Fields of the static table but `:status` are left out.
 * @throws RangeError for what cannot be read
 */
export function decodeHeaders(block: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  let at = 0;
  const integer = (prefixBits: number): number => {
    const most = (1 << prefixBits) - 1;
    let value = (block[at++] ?? 0) & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++];
      if (byte === undefined || shift > 21) throw new RangeError(BAD);
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const text = (): string => {
    const isHuffman = ((block[at] ?? 0) & 0x80) !== 0;
    const length = integer(7);
    if (at + length > block.length) throw new RangeError(BAD);
    const bytes = block.subarray(at, at + length);
    at += length;
    return isHuffman ? huffmanText(bytes) : bytes.toString("latin1");
  };
  while (at < block.length) {
    const first = block[at] as number;
    if (first >= 0x20 && first < 0x40) {
      if (integer(5) !== 0) throw new RangeError(BAD);
      continue;
    }
    const index = integer(first >= 0x80 ? 7 : first >= 0x40 ? 6 : 4);
    if (index > STATIC_FIELDS) throw new RangeError(BAD);
    const status = STATUS[index - 8];
    const name = index === 0 ? text() : status === undefined ? "" : ":status";
    const value = first >= 0x80 ? (status ?? "") : text();
    if (name !== "") fields.set(name, value);
  }
  return fields;
}

type Field = readonly [name: string, value: string];

/** A block of literals that no table remembers, the same for every request. Names and values are short. */
export function encodeHeaders(fields: readonly Field[]): Buffer {
  const parts = fields.flatMap(([name, value]) => [
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
  if (fields.some((field) => field.some((text) => text.length > 126))) throw new RangeError("a header is too long");
  return Buffer.concat(parts);
}
