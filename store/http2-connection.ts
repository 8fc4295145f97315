/**
 * One connection of HTTP/2 (RFC 9113) for gRPC's unary calls. A call over Node's own HTTP/2 and the gRPC library costs
 * both sides several times what etcd's transaction does: a stream object with its events, and three writes to the socket
 * where one is enough. Here a call is a write, and a reply a few frames.
 */
import { connect, type Socket } from "node:net";
import { decodeHeaders } from "./hpack.ts";

const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, push: 5, ping: 6, goAway: 7, windowUpdate: 8, more: 9 };
const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 };
const SETTING = { tableSize: 1, push: 2, mostStreams: 3, window: 4, frameSize: 5 };
const FRAME_HEADER = 9;
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const CANCEL = 8;
const REFUSED_STREAM = 7;
const LARGEST_WINDOW = 2 ** 31 - 1;
/** A connection's window starts at 65,535, and is made so much larger whenever this much of it is used up. */
const WINDOW_STEP = 2 ** 30;
/** Far below the end of stream numbers, after which a connection takes no more. */
const LAST_STREAM = 2 ** 30;

export interface Reply {
  headers: Map<string, string>;
  data: Buffer;
}

/** The call has come to no reply. */
export class CallBroken extends Error {
  override readonly name = "CallBroken";
  /** False when the server has certainly not begun with it. */
  readonly isSent: boolean;
  constructor(reason: string, isSent: boolean) {
    super(reason);
    this.isSent = isSent;
  }
}

interface Stream {
  parts: Buffer[];
  /** How much the server takes now. */
  window: number;
  /** What it does not take yet. */
  rest: Buffer;
  resolve(reply: Reply): void;
  reject(error: CallBroken): void;
}

export class Http2Connection {
  readonly #socket: Socket;
  readonly #streams = new Map<number, Stream>();
  #nextStream = 1;
  #input: Buffer = Buffer.alloc(0);
  #headers: { id: number; flags: number; block: Buffer } | undefined;
  #window = 65_535;
  #initialWindow = 65_535;
  #frameSize = 16_384;
  #mostStreams = Number.POSITIVE_INFINITY;
  #received = 0;
  #isOver = false;
  #isReady = false;
  /** Resolves when it is connected. */
  readonly ready: Promise<void>;

  constructor(host: string, port: number) {
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    this.ready = new Promise((resolve, reject) => {
      socket.once("connect", resolve).once("close", () => reject(new CallBroken("no connection", false)));
    });
    this.ready.catch(() => {}); // whoever waits for it is told
    socket.once("connect", () => {
      this.#isReady = true;
    });
    socket.on("data", (bytes) => this.#read(bytes));
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => this.#end("the connection broke", () => true));
    const settings = Buffer.alloc(18);
    for (const [i, [name, value]] of [
      [SETTING.tableSize, 0],
      [SETTING.push, 0],
      [SETTING.window, LARGEST_WINDOW],
    ].entries()) {
      settings.writeUInt16BE(name as number, i * 6);
      settings.writeUInt32BE(value as number, i * 6 + 2);
    }
    socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0, settings), this.#wider()]));
  }

  /** Takes no further calls: ended, about to end, or out of numbers. */
  get isOver(): boolean {
    return this.#isOver || this.#nextStream > LAST_STREAM;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get isFull(): boolean {
    return this.#streams.size >= this.#mostStreams;
  }

  /** Sends a request; `headers` is a whole block. The reply comes with `cancel` to give it up. */
  call(headers: Buffer, data: Buffer): { reply: Promise<Reply>; cancel: () => void } {
    const id = this.#nextStream;
    this.#nextStream += 2;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const stream: Stream = { parts: [], window: this.#initialWindow, rest: data, resolve, reject };
    this.#streams.set(id, stream);
    const head = frame(FRAME.headers, FLAG.endHeaders, id, headers);
    this.#socket.write(Buffer.concat([head, ...this.#sendable(id, stream)]));
    return { reply: promise, cancel: () => this.#cancel(id) };
  }

  /** Takes no more calls, and ends when those under way are done. */
  retire(): void {
    this.#isOver = true;
    this.#closeIfDone();
  }

  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #cancel(id: number): void {
    if (!this.#streams.delete(id)) return;
    const reason = Buffer.alloc(4);
    reason.writeUInt32BE(CANCEL);
    this.#socket.write(frame(FRAME.reset, 0, id, reason));
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#isOver && this.#streams.size === 0) this.#socket.destroy();
  }

  /** The frames of a request that the windows allow now. */
  #sendable(id: number, stream: Stream): Buffer[] {
    const frames: Buffer[] = [];
    while (stream.rest.length > 0) {
      const size = Math.min(stream.rest.length, stream.window, this.#window, this.#frameSize);
      if (size <= 0) break;
      const body = stream.rest.subarray(0, size);
      stream.rest = stream.rest.subarray(size);
      stream.window -= size;
      this.#window -= size;
      frames.push(frame(FRAME.data, stream.rest.length === 0 ? FLAG.endStream : 0, id, body));
    }
    return frames;
  }

  #sendWaiting(): void {
    const frames: Buffer[] = [];
    for (const [id, stream] of this.#streams) if (stream.rest.length > 0) frames.push(...this.#sendable(id, stream));
    if (frames.length > 0) this.#socket.write(Buffer.concat(frames));
  }

  #wider(): Buffer {
    const step = Buffer.alloc(4);
    step.writeUInt32BE(WINDOW_STEP);
    return frame(FRAME.windowUpdate, 0, 0, step);
  }

  #read(bytes: Buffer): void {
    this.#input = this.#input.length === 0 ? bytes : Buffer.concat([this.#input, bytes]);
    try {
      for (;;) {
        if (this.#input.length < FRAME_HEADER) return;
        const length = this.#input.readUIntBE(0, 3);
        if (this.#input.length < FRAME_HEADER + length) return;
        const body = this.#input.subarray(FRAME_HEADER, FRAME_HEADER + length);
        const [type, flags, id] = [this.#input[3]!, this.#input[4]!, this.#input.readUInt32BE(5) & LARGEST_WINDOW];
        this.#input = this.#input.subarray(FRAME_HEADER + length);
        this.#onFrame(type, flags, id, body);
      }
    } catch (error) {
      this.#end((error as Error).message, () => true);
      this.close();
    }
  }

  #onFrame(type: number, flags: number, id: number, body: Buffer): void {
    if (type === FRAME.data) this.#onData(flags, id, body);
    else if (type === FRAME.headers) {
      const isPrioritized = (flags & FLAG.priority) !== 0;
      this.#onHeaders(flags, id, unpadded(flags, body).subarray(isPrioritized ? 5 : 0));
    } else if (type === FRAME.more && this.#headers !== undefined) {
      const { flags: first, block } = this.#headers;
      this.#onHeaders(first | (flags & FLAG.endHeaders), id, Buffer.concat([block, body]));
    } else if (type === FRAME.settings) this.#onSettings(flags, body);
    else if (type === FRAME.windowUpdate) this.#onWindow(id, body.readUInt32BE(0) & LARGEST_WINDOW);
    else if (type === FRAME.ping && (flags & FLAG.ack) === 0) this.#socket.write(frame(FRAME.ping, FLAG.ack, 0, body));
    else if (type === FRAME.reset) {
      const reason = body.readUInt32BE(0);
      this.#fail(id, `the server gave the call up (HTTP/2 error ${reason})`, reason !== REFUSED_STREAM);
    } else if (type === FRAME.goAway) {
      const last = body.readUInt32BE(0) & LARGEST_WINDOW;
      this.#isOver = true;
      for (const stream of this.#streams.keys()) if (stream > last) this.#fail(stream, "the server goes away", false);
      this.#closeIfDone();
    } else if (type === FRAME.push) throw new RangeError("a push that was not asked for");
  }

  #onData(flags: number, id: number, body: Buffer): void {
    this.#received += body.length;
    if (this.#received >= WINDOW_STEP) {
      this.#received -= WINDOW_STEP;
      this.#socket.write(this.#wider());
    }
    this.#streams.get(id)?.parts.push(unpadded(flags, body));
    if (flags & FLAG.endStream) this.#fail(id, "the reply has no trailers", true);
  }

  /** The block that ends the stream is the one with gRPC's status; that before the data says nothing that matters. */
  #onHeaders(flags: number, id: number, block: Buffer): void {
    this.#headers = (flags & FLAG.endHeaders) === 0 ? { id, flags, block } : undefined;
    if (this.#headers !== undefined || (flags & FLAG.endStream) === 0) return;
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    const headers = decodeHeaders(block);
    this.#streams.delete(id);
    const [only] = stream.parts;
    stream.resolve({ headers, data: stream.parts.length === 1 ? only! : Buffer.concat(stream.parts) });
    this.#closeIfDone();
  }

  #onSettings(flags: number, body: Buffer): void {
    if (flags & FLAG.ack) return;
    for (let at = 0; at + 6 <= body.length; at += 6) {
      const [name, value] = [body.readUInt16BE(at), body.readUInt32BE(at + 2)];
      if (name === SETTING.mostStreams) this.#mostStreams = value;
      if (name === SETTING.frameSize) this.#frameSize = value;
      if (name !== SETTING.window) continue;
      for (const stream of this.#streams.values()) stream.window += value - this.#initialWindow;
      this.#initialWindow = value;
    }
    this.#socket.write(frame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(0)));
    this.#sendWaiting();
  }

  #onWindow(id: number, step: number): void {
    const stream = this.#streams.get(id);
    if (id === 0) this.#window += step;
    else if (stream !== undefined) stream.window += step;
    this.#sendWaiting();
  }

  #fail(id: number, reason: string, isSent: boolean): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.reject(new CallBroken(reason, isSent));
    this.#closeIfDone();
  }

  #end(reason: string, isSent: (id: number) => boolean): void {
    this.#isOver = true;
    for (const id of [...this.#streams.keys()]) this.#fail(id, reason, isSent(id));
  }
}

function frame(type: number, flags: number, id: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER + body.length);
  bytes.writeUIntBE(body.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  body.copy(bytes, FRAME_HEADER);
  return bytes;
}

const unpadded = (flags: number, body: Buffer) =>
  flags & FLAG.padded ? body.subarray(1, body.length - (body[0] ?? 0)) : body;
