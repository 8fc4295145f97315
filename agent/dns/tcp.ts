/** Questions by TCP (RFC 7766): many on one connection, each answered when its answer is there. */
import { createServer, type Server, type Socket } from "node:net";
import type { Id, Ip } from "../../model/mod.ts";
import type { Answerer } from "./answer.ts";
import { Framer, framed } from "./framing.ts";
import type { Clients, Place } from "./udp.ts";

const IDLE_MS = 10_000;
/** Far more than a question needs; without it a thousand connections could each make us hold 64 KiB. */
const QUESTION_BYTES = 4_096;
const ANSWER_BYTES = 65_535;
/** Questions of one connection that wait for an answer, and octets that it has not read yet: more are not taken in. */
const MOST_WAITING = 64;
const MOST_UNREAD_BYTES = 256 * 1024;
const MOST_CONNECTIONS = 1_024;
const MOST_OF_PORT = 32;

/** @throws Error EADDRINUSE and the like, when the socket cannot be had */
export async function listenTcp(place: Place, answerer: Answerer, clients: Clients): Promise<TcpServer> {
  const server = new TcpServer(answerer, clients);
  await server.open(place);
  return server;
}

export class TcpServer {
  readonly #answerer: Answerer;
  readonly #clients: Clients;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #ofPort = new Map<Id, number>();

  constructor(answerer: Answerer, clients: Clients) {
    this.#answerer = answerer;
    this.#clients = clients;
    this.#server = createServer({ noDelay: true }, (socket) => this.#take(socket));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  async open({ ip, port }: Place): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#server.once("error", reject).listen(port, ip, resolve));
    this.#server.on("error", () => {});
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket): void {
    socket.on("error", () => {});
    const id = this.#clients.clientOf((socket.remoteAddress ?? "") as Ip);
    const count = this.#ofPort.get(id ?? "") ?? 0;
    if (id === undefined || count >= MOST_OF_PORT) {
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    this.#ofPort.set(id, count + 1);
    socket.on("close", () => {
      this.#open.delete(socket);
      const left = (this.#ofPort.get(id) ?? 1) - 1;
      if (left > 0) this.#ofPort.set(id, left);
      else this.#ofPort.delete(id);
    });
    serve(socket, (bytes) => {
      const port = this.#clients.portOf(id);
      return port === undefined ? undefined : this.#answerer.answer(bytes, { port, limit: () => ANSWER_BYTES });
    });
  }
}

type Answer = ReturnType<Answerer["answer"]>;

function serve(socket: Socket, answerTo: (bytes: Buffer) => Answer): void {
  let waiting = 0;
  const isFull = () => waiting >= MOST_WAITING || socket.writableLength >= MOST_UNREAD_BYTES;
  const send = (answer: Uint8Array | undefined) => {
    if (answer !== undefined && !socket.destroyed) socket.write(framed(answer));
  };
  const resume = () => {
    if (!isFull()) socket.resume();
  };
  const framer = new Framer(QUESTION_BYTES, (bytes) => {
    const answer = answerTo(bytes);
    if (!(answer instanceof Promise)) return send(answer);
    waiting++;
    void answer.then((late) => {
      waiting--;
      send(late);
      resume();
    });
  });
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on("data", (chunk) => {
    if (!framer.take(chunk)) socket.destroy();
    else if (isFull()) socket.pause();
  });
  socket.on("drain", resume);
}
