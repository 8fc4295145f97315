/** A view stream's HTTP side: lines out, and an end to readers that do not keep up. */
import type { ServerResponse } from "node:http";
import type { Log } from "../memory-cache.ts";
import type { Reader } from "../views/mod.ts";

/** What may wait for a slow reader beside its opening, which it asked for. */
const QUEUE_BYTES = 8 * 1024 * 1024;

interface About {
  host: string;
  requestId: string;
}

export class ViewStream implements Reader {
  readonly #response: ServerResponse;
  readonly #log: Log;
  readonly #about: About;
  #limitBytes = 0;

  constructor(response: ServerResponse, about: About, log: Log) {
    this.#response = response;
    this.#about = about;
    this.#log = log;
  }

  send(text: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, {
        "content-type": "application/x-ndjson",
        "cache-control": "no-store",
        "x-openstack-request-id": this.#about.requestId,
      });
    }
    this.#response.write(text);
    const waiting = this.#response.writableLength;
    if (this.#limitBytes === 0) this.#limitBytes = waiting + QUEUE_BYTES;
    if (waiting <= this.#limitBytes) return;
    this.#log.warn({ ...this.#about, waiting }, "the agent does not read its view: closing its stream, it may resume");
    this.#response.destroy();
  }

  end(): void {
    this.#response.end();
  }
}
