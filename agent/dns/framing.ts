/** Messages over TCP: two octets of length before each (RFC 1035 section 4.2.2). */

export function framed(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(2 + bytes.length);
  frame.writeUInt16BE(bytes.length, 0);
  frame.set(bytes, 2);
  return frame;
}

/** Takes a stream apart; holds no more than one message that is not whole yet. */
export class Framer {
  readonly #limit: number;
  readonly #onMessage: (bytes: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(limitBytes: number, onMessage: (bytes: Buffer) => void) {
    this.#limit = limitBytes;
    this.#onMessage = onMessage;
  }

  /** False for a message larger than the limit: nothing that follows can be read any more. */
  take(chunk: Buffer): boolean {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 2) {
      const size = bytes.readUInt16BE(0);
      if (size > this.#limit) return false;
      if (bytes.length < 2 + size) break;
      this.#onMessage(bytes.subarray(2, 2 + size));
      bytes = bytes.subarray(2 + size);
    }
    // A copy: the chunk may be a small part of a large buffer.
    this.#rest = Buffer.from(bytes);
    return true;
  }
}
