/** A control node for one agent, played by the test: its stream says what the test puts in, and it keeps the reports. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { HostStatus, Id, PortReport, ViewMessage, ViewTypes } from "../../model/mod.ts";

export class PlayedControl {
  /** The `since` of each watch, in order; null = from the start. */
  readonly watches: (number | null)[] = [];
  readonly reports: HostStatus[] = [];
  /** Ports made for containers, by container id; given by `makePort`. */
  readonly made = new Map<string, Id>();
  makePort: (containerId: string) => Id = () => {
    throw new Error("no port was expected");
  };
  revision = 1;
  /** Revisions up to this one can no longer be resumed from. */
  forgottenUpTo = 0;
  readonly #objects = new Map<Id, ViewMessage>();
  readonly #history: { revision: number; message: ViewMessage }[] = [];
  readonly #streams = new Set<ServerResponse>();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async listen(address: string, port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, address, resolve));
    const bound = this.#server.address();
    return `http://[${address}]:${typeof bound === "object" ? bound?.port : 0}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  put<K extends keyof ViewTypes>(kind: K, value: ViewTypes[K]): void {
    const message = { type: "put", kind, value } as ViewMessage;
    this.#objects.set(`${kind} ${value.id}`, message);
    this.#tell(message);
  }

  remove(kind: keyof ViewTypes, id: Id): void {
    this.#objects.delete(`${kind} ${id}`);
    this.#tell({ type: "delete", kind, id });
  }

  /** What was reported last of a port. */
  reported(id: Id): PortReport | undefined {
    return this.reports.findLast(({ ports }) => ports[id] !== undefined)?.ports[id];
  }

  cutStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  #tell(message: ViewMessage): void {
    this.revision += 1;
    this.#history.push({ revision: this.revision, message });
    for (const stream of this.#streams) send(stream, message, { type: "bookmark", revision: this.revision });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== "Bearer secret-of-the-host")
      return end(response, 401, { error: { message: "no" } });
    const url = new URL(request.url ?? "", "http://control");
    let text = "";
    for await (const chunk of request) text += chunk;
    switch (`${request.method} ${url.pathname}`) {
      case "GET /v1/hosts/h1/watch":
        return this.#watch(url, response);
      case "PUT /v1/hosts/h1/status":
        this.reports.push(JSON.parse(text) as HostStatus);
        return end(response, 204);
      case "POST /v1/hosts/h1/ports": {
        const { container_id } = JSON.parse(text) as { container_id: string };
        const id = this.made.get(container_id) ?? this.makePort(container_id);
        this.made.set(container_id, id);
        return end(response, 201, { id });
      }
      default:
        for (const [container, id] of this.made) if (url.pathname.endsWith(id)) this.made.delete(container);
        return end(response, request.method === "DELETE" ? 204 : 404);
    }
  }

  #watch(url: URL, response: ServerResponse): void {
    const since = url.searchParams.has("since") ? Number(url.searchParams.get("since")) : null;
    this.watches.push(since);
    if (since !== null && since <= this.forgottenUpTo) {
      end(response, 410, { error: { message: "too old" } });
      return;
    }
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const synced: ViewMessage = { type: "synced", revision: this.revision };
    if (since === null) send(response, { type: "snapshot" }, ...this.#objects.values(), synced);
    else
      send(response, ...this.#history.filter(({ revision }) => revision > since).map(({ message }) => message), synced);
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }
}

function send(response: ServerResponse, ...messages: ViewMessage[]): void {
  response.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
}

function end(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body === undefined ? "" : JSON.stringify(body));
}
