/** A TCP connection that a test can cut: it forwards to a target until it is broken, and again once it is mended. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class TcpLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #broken = false;

  private constructor(target: { host: string; port: number }) {
    this.#server = createServer((near) => {
      if (this.#broken) return void near.destroy();
      const far = connect(target);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from
          .on("error", () => {})
          .on("close", () => {
            this.#sockets.delete(from);
            to.destroy();
          });
        from.pipe(to);
      }
    });
  }

  /** `target` is host:port. */
  static async to(target: string): Promise<TcpLink> {
    const { hostname, port } = new URL(`tcp://${target}`);
    const link = new TcpLink({ host: hostname, port: Number(port) });
    await new Promise<void>((resolve) => link.#server.listen(0, "127.0.0.1", resolve));
    return link;
  }

  get endpoint(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the link is closed");
    return `127.0.0.1:${address.port}`;
  }

  /** Resets every connection and refuses new ones. */
  break(): void {
    this.#broken = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#broken = false;
  }

  async close(): Promise<void> {
    this.break();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
