/** Packets in fragments: the checksum is that of the whole. */
import { ip4, ip6, raw, type Upper } from "./frames.ts";

type Ends = { from: string; to: string; ttl?: number; hops?: number };
interface Cut {
  /** Bytes in each piece but the last; a multiple of 8. */
  size: number;
  id?: number;
}

/** The IP packets that it becomes, in order. */
export function pieces(family: 4 | 6, ends: Ends, upper: Upper, { size, id = 7 }: Cut): Buffer[] {
  const whole = family === 4 ? ip4(ends, upper) : ip6(ends, upper);
  const payload = whole.subarray(family === 4 ? 20 : 40);
  const count = Math.ceil(payload.length / size);
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    return piece(family, ends, upper.protocol, { id, at, more: index < count - 1 }, payload.subarray(at, at + size));
  });
}

/** One fragment, whatever it may say. `at`: bytes. */
export function piece(
  family: 4 | 6,
  ends: Ends,
  protocol: number,
  { id = 7, at, more }: { id?: number; at: number; more: boolean },
  bytes: Uint8Array,
): Buffer {
  if (family === 4) {
    const fragment = (more ? 0x2000 : 0) | (at / 8);
    return Buffer.from(ip4({ ...ends, id, fragment }, raw(protocol, bytes)));
  }
  const rest = Buffer.alloc(7);
  rest.writeUInt16BE(at | Number(more), 1);
  rest.writeUInt32BE(id, 3);
  return Buffer.from(ip6({ ...ends, extensions: [[44, rest]] }, raw(protocol, bytes)));
}
