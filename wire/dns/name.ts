/**
 * Domain names (RFC 1035 sections 3.1 and 4.1.4). As text they are in lower case, without the last dot, octets as Latin-1;
 * a dot or backslash within a label has a backslash before it (section 5.1), so that no two names have one text.
 */

/** Octets of a whole name, lengths and the last zero included. */
const NAME_LIMIT = 255;
const LABEL_LIMIT = 63;
const POINTER = 0xc0;

export interface ReadName {
  text: string;
  /** Offset of what follows the name where it began. */
  end: number;
}

/**
 * The name at an offset; undefined for one that is no name: cut short, too long, or with a pointer that does not lead
 * back. Since each pointer leads further back than the one before, no name is walked twice.
 */
export function readName(bytes: Uint8Array, offset: number): ReadName | undefined {
  let [at, floor, end, octets] = [offset, offset, -1, 1];
  const labels: string[] = [];
  for (;;) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length === 0) return { text: labels.join("."), end: end < 0 ? at + 1 : end };
    if (length >= POINTER) {
      const low = bytes[at + 1];
      if (low === undefined) return undefined;
      if (end < 0) end = at + 2;
      at = ((length & 63) << 8) | low;
      if (at >= floor) return undefined;
      floor = at;
      continue;
    }
    octets += 1 + length;
    if (length > LABEL_LIMIT || octets > NAME_LIMIT || at + 1 + length > bytes.length) return undefined;
    labels.push(label(bytes, at + 1, at + 1 + length));
    at += 1 + length;
  }
}

function label(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at++) {
    const octet = bytes[at] as number;
    if (octet === 0x2e || octet === 0x5c) text += "\\";
    text += String.fromCharCode(octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet);
  }
  return text;
}

/** Where the name at an offset ends, without following its pointer; -1 for what is no name. */
export function nameEnd(bytes: Uint8Array, offset: number): number {
  for (let at = offset; at < bytes.length; ) {
    const length = bytes[at] as number;
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2 <= bytes.length ? at + 2 : -1;
    if (length > LABEL_LIMIT) return -1;
    at += 1 + length;
  }
  return -1;
}

/** Without compression; undefined for a text that no name has: a label that is empty or too long, too many of them. */
export function encodeName(text: string): Uint8Array | undefined {
  const bytes = [0];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (bytes.length === start + 1) return undefined;
      bytes[start] = bytes.length - start - 1;
      start = bytes.length;
      bytes.push(0);
      continue;
    }
    if (code === 0x5c) code = text.charCodeAt(++i);
    if (!(code <= 255)) return undefined;
    bytes.push(code);
    if (bytes.length - start - 1 > LABEL_LIMIT) return undefined;
  }
  if (text !== "") {
    if (bytes.length === start + 1) return undefined;
    bytes[start] = bytes.length - start - 1;
    bytes.push(0);
  }
  return bytes.length > NAME_LIMIT ? undefined : Uint8Array.from(bytes);
}
