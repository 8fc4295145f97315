/**
 * One end of a long TCP transfer, run in a workload's namespace: `stream-end.ts receive PORT` or
 * `stream-end.ts send ADDRESS PORT`. The sender sends numbered words until SIGTERM; the receiver checks every one and
 * at the end prints {"bytes", "wrong", "longestGapMs", "error"}.
 */
import { createConnection, createServer } from "node:net";

const [, , role, ...rest] = process.argv;
const CHUNK_BYTES = 16 * 1024;
const EVERY_MS = 2;

if (role === "receive") receive(Number(rest[0]));
else send(rest[0] ?? "", Number(rest[1]));

function receive(port: number): void {
  const server = createServer((socket) => {
    const seen = { bytes: 0, wrong: 0, longestGapMs: 0, error: "" };
    let last = performance.now();
    socket.on("data", (part) => {
      const now = performance.now();
      seen.longestGapMs = Math.max(seen.longestGapMs, now - last);
      last = now;
      for (const byte of part) {
        if (byte !== byteAt(seen.bytes)) seen.wrong++;
        seen.bytes++;
      }
    });
    socket.on("error", (error) => {
      seen.error = error.message;
    });
    socket.on("close", () => {
      process.stdout.write(`${JSON.stringify(seen)}\n`);
      server.close();
    });
  });
  server.listen(port, "::", () => process.stdout.write("listening\n"));
}

function send(address: string, port: number): void {
  const socket = createConnection(port, address);
  let offset = 0;
  let timer: NodeJS.Timeout;
  const chunk = () => {
    const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let i = 0; i < CHUNK_BYTES; i++) bytes[i] = byteAt(offset + i);
    offset += CHUNK_BYTES;
    if (socket.write(bytes)) timer = setTimeout(chunk, EVERY_MS);
    else socket.once("drain", chunk);
  };
  socket.once("connect", chunk);
  process.once("SIGTERM", () => {
    clearTimeout(timer);
    socket.removeAllListeners("drain").end();
  });
}

/** Position-dependent with a period that no chunk size shares, so that a lost or repeated piece shows. */
function byteAt(offset: number): number {
  return (offset % 251) ^ ((offset >>> 14) & 0xff);
}
