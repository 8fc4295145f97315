/**
 * Results of Python test runners: a reader of subunit streams, version 2
 * (https://github.com/testing-cabal/subunit, "Version 2"). One packet is a test's change of status, a piece of a file
 * that belongs to it, or both.
 */
import { crc32 } from "node:zlib";

const STATUS = [undefined, "exists", "inprogress", "success", "uxsuccess", "skip", "fail", "xfail"] as const;
export type SubunitStatus = NonNullable<(typeof STATUS)[number]>;

export interface SubunitTest {
  /** As the runner names it, with tags in brackets where tests carry some. */
  id: string;
  status: SubunitStatus;
  /** Text files by name: "traceback", "reason" of a skip, captured logs. */
  files: Record<string, string>;
}

const SIGNATURE = 0xb3;
const VERSION = 0x2;
const FLAG = { testId: 0x0800, route: 0x0400, time: 0x0200, tags: 0x0080, file: 0x0040, mime: 0x0020 };
const CRC_SIZE = 4;

/** Reads values off a packet, one after the other. */
class Cursor {
  readonly #bytes: Buffer;
  position: number;
  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  skip(size: number): void {
    this.position += size;
  }

  /** One to four bytes: the first two bits say how many. */
  number(): number {
    const size = (this.#bytes.readUInt8(this.position) >> 6) + 1;
    const value = this.#bytes.readUIntBE(this.position, size) % 2 ** (size * 8 - 2);
    this.position += size;
    return value;
  }

  bytes(): Buffer {
    const size = this.number();
    this.position += size;
    return this.#bytes.subarray(this.position - size, this.position);
  }

  text(): string {
    return this.bytes().toString("utf8");
  }
}

interface Packet {
  id?: string;
  status: SubunitStatus | undefined;
  file?: { name: string; bytes: Buffer };
}

function parse(bytes: Buffer, flags: number, from: number): Packet {
  const cursor = new Cursor(bytes, from);
  const packet: Packet = { status: STATUS[flags & 0x7] };
  if (flags & FLAG.time) {
    cursor.skip(4);
    cursor.number();
  }
  if (flags & FLAG.testId) packet.id = cursor.text();
  if (flags & FLAG.tags) for (let count = cursor.number(); count > 0; count--) cursor.text();
  if (flags & FLAG.mime) cursor.text();
  if (flags & FLAG.file) packet.file = { name: cursor.text(), bytes: cursor.bytes() };
  return packet;
}

/** Every packet of the stream. Bytes between packets are what a runner printed by itself, and are passed over. */
function* packets(stream: Buffer): Generator<Packet> {
  for (let at = stream.indexOf(SIGNATURE); at >= 0; at = stream.indexOf(SIGNATURE, at)) {
    if (at + 3 > stream.length) throw new Error("subunit: the stream ends within a packet");
    const flags = stream.readUInt16BE(at + 1);
    if (flags >> 12 !== VERSION) throw new Error(`subunit: a packet of version ${flags >> 12} at byte ${at}`);
    const cursor = new Cursor(stream, at + 3);
    const end = at + cursor.number();
    const packet = stream.subarray(at, end);
    if (end > stream.length) throw new Error("subunit: the stream ends within a packet");
    if (crc32(packet.subarray(0, -CRC_SIZE)) !== packet.readUInt32BE(packet.length - CRC_SIZE)) {
      throw new Error(`subunit: a packet with a wrong checksum at byte ${at}`);
    }
    yield parse(packet, flags, cursor.position - at);
    at = end;
  }
}

/**
 * The tests of a stream in the order in which they ended; a test that began and did not end has status "inprogress".
 * @throws Error for a stream that is cut off or broken
 */
export function readSubunit(stream: Buffer): SubunitTest[] {
  const open = new Map<string, { status: SubunitStatus; pieces: Map<string, Buffer[]> }>();
  const done: SubunitTest[] = [];
  for (const { id, status, file } of packets(stream)) {
    if (id === undefined) continue;
    const test = open.get(id) ?? { status: "exists" as SubunitStatus, pieces: new Map<string, Buffer[]>() };
    open.set(id, test);
    if (file !== undefined) test.pieces.set(file.name, [...(test.pieces.get(file.name) ?? []), file.bytes]);
    if (status === undefined) continue;
    test.status = status;
    if (status === "exists" || status === "inprogress") continue;
    done.push({ id, status, files: texts(test.pieces) });
    open.delete(id);
  }
  const unfinished = [...open].filter(([, { status }]) => status === "inprogress");
  return [...done, ...unfinished.map(([id, { status, pieces }]) => ({ id, status, files: texts(pieces) }))];
}

function texts(pieces: Map<string, Buffer[]>): Record<string, string> {
  return Object.fromEntries([...pieces].map(([name, parts]) => [name, Buffer.concat(parts).toString("utf8")]));
}
