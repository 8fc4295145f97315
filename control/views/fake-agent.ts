/** For the tests of views: a reader that keeps the view as an agent does, and the view by its definition. */
import assert from "node:assert/strict";
import type { HostView, ViewMessage } from "../../model/mod.ts";
import type { MemoryTables } from "../memory-tables.ts";
import { viewEndpoint, viewNetwork, viewPort } from "./derive.ts";
import type { Reader } from "./views.ts";

/** An agent's side of the stream: keeps the view and the revision that it may resume from. */
export class Agent implements Reader {
  view: HostView = { networks: new Map(), ports: new Map(), endpoints: new Map() };
  revision: number | undefined;
  ended = false;
  text = "";

  send(text: string): void {
    this.text += text;
    for (const line of text.trimEnd().split("\n")) this.#take(JSON.parse(line));
  }

  end(): void {
    this.ended = true;
  }

  #take(message: ViewMessage): void {
    const { networks, ports, endpoints } = this.view;
    if (message.type === "snapshot") for (const table of [networks, ports, endpoints]) table.clear();
    else if (message.type === "synced" || message.type === "bookmark") this.revision = message.revision;
    else if (message.type === "put") {
      const table = { network: networks, port: ports, endpoint: endpoints }[message.kind] as Map<string, unknown>;
      if (message.kind === "endpoint")
        assert.ok(networks.has(message.value.networkId), "endpoint of an unknown network");
      table.set(message.value.id, message.value);
    } else {
      ({ network: networks, port: ports, endpoint: endpoints })[message.kind].delete(message.id);
      if (message.kind !== "network") return;
      for (const [id, { networkId }] of endpoints) if (networkId === message.id) endpoints.delete(id);
    }
  }
}

/** The view by its definition, from all records. */
export function wholeView(memory: MemoryTables, host: string): HostView {
  const view: HostView = { networks: new Map(), ports: new Map(), endpoints: new Map() };
  for (const { record } of memory.all("port")) {
    const port = viewPort(memory, host, record.id);
    if (port !== undefined) view.ports.set(port.id, port);
  }
  for (const { networkId } of view.ports.values()) view.networks.set(networkId, viewNetwork(memory, networkId)!);
  for (const { record } of memory.all("port")) {
    const endpoint = viewEndpoint(memory, record.network_id, record.id);
    if (endpoint !== undefined && view.networks.has(endpoint.networkId)) view.endpoints.set(endpoint.id, endpoint);
  }
  return view;
}
