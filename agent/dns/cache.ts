/** Answers of other servers, for as long as they say; bounded by what they take, the longest unused goes first. */
import type { DnsMessage } from "../../wire/mod.ts";

export interface Kept {
  /** Without OPT record; `message` is of these bytes. */
  bytes: Uint8Array;
  message: DnsMessage;
}

interface Entry extends Kept {
  fromMs: number;
  untilMs: number;
}

/** What an entry takes besides its bytes, by and large: its records and itself. */
const ENTRY_BYTES = 300;
const RECORD_BYTES = 100;

export class Cache {
  /** What there is room for. */
  readonly #limitBytes: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  put(key: string, kept: Kept, seconds: number, nowMs: number): void {
    this.#remove(key);
    const entry = { ...kept, fromMs: nowMs, untilMs: nowMs + 1000 * seconds };
    this.#entries.set(key, entry);
    this.#bytes += sizeOf(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#remove(oldest);
    }
  }

  get(key: string, nowMs: number): (Kept & { ageSeconds: number }) | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (nowMs >= entry.untilMs) {
      this.#remove(key);
      return undefined;
    }
    // The order of insertion is that of use.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return { ...entry, ageSeconds: Math.floor((nowMs - entry.fromMs) / 1000) };
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(key, entry);
  }
}

const sizeOf = (key: string, { bytes, message }: Kept): number =>
  key.length + bytes.length + ENTRY_BYTES + RECORD_BYTES * message.records.length;
