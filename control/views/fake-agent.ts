/** For the tests of views: a reader that keeps the view as an agent does, and the view by its definition. */
import assert from "node:assert/strict";
import { type HostView, type ViewMessage, withRules } from "../../model/mod.ts";
import type { MemoryTables } from "../memory-tables.ts";
import { viewBalancer } from "./balancers.ts";
import { viewEndpoint, viewNetwork, viewPort } from "./derive.ts";
import { viewGroup, viewRouter } from "./derive-policy.ts";
import { Outside } from "./outside.ts";
import { Taps } from "./taps.ts";
import type { Reader } from "./views.ts";

/** An agent's side of the stream: keeps the view and the revision that it may resume from. */
export class Agent implements Reader {
  view: HostView = emptyView();
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
    const { networks, ports, endpoints, groups, routers, balancers } = this.view;
    const tables = {
      network: networks,
      port: ports,
      endpoint: endpoints,
      group: groups,
      router: routers,
      balancer: balancers,
    };
    if (message.type === "snapshot") for (const table of Object.values(tables)) table.clear();
    else if (message.type === "synced" || message.type === "bookmark") this.revision = message.revision;
    else if (message.type === "put") {
      const table = tables[message.kind] as Map<string, unknown>;
      if (message.kind === "endpoint")
        assert.ok(networks.has(message.value.networkId), "endpoint of an unknown network");
      table.set(message.value.id, message.value);
    } else if (message.type === "rules") {
      const group = groups.get(message.group);
      assert.ok(group !== undefined, "rules of an unknown group");
      groups.set(group.id, withRules(group, message.put, message.delete));
    } else {
      tables[message.kind].delete(message.id);
      if (message.kind !== "network") return;
      for (const [id, { networkId }] of endpoints) if (networkId === message.id) endpoints.delete(id);
    }
  }
}

const emptyView = (): HostView => ({
  networks: new Map(),
  ports: new Map(),
  endpoints: new Map(),
  groups: new Map(),
  routers: new Map(),
  balancers: new Map(),
});

/** The view by its definition, from all records. */
export function wholeView(memory: MemoryTables, host: string): HostView {
  const view = emptyView();
  const taps = new Taps(memory);
  taps.everything();
  for (const { record } of memory.all("port")) {
    const port = viewPort(memory, host, record.id, taps);
    if (port !== undefined) view.ports.set(port.id, port);
  }
  const ends = [...memory.all("port")].flatMap(({ record: { id, network_id: network, router_port: is } }) =>
    is?.type === "interface" ? [{ id, network, router: is.router_id }] : [],
  );
  const networks = new Set([...view.ports.values()].map(({ networkId }) => networkId));
  const outside = new Outside(memory);
  outside.everything();
  const served = [...memory.all("router")].filter(({ record }) => record.gateways?.[0]?.hosts?.includes(host));
  const routers = new Set<string>(served.map(({ record }) => record.id));
  for (const end of ends) if (routers.has(end.router)) networks.add(end.network);
  for (const network of networks) {
    for (const end of ends) if (end.network === network) routers.add(end.router);
    for (const end of ends) if (routers.has(end.router)) networks.add(end.network);
  }
  for (const id of routers) {
    const gateway = memory.get("router", id)?.record.gateways?.[0];
    if (gateway !== undefined) networks.add(gateway.network_id);
  }
  for (const id of networks) {
    const network = viewNetwork(memory, id);
    if (network !== undefined) view.networks.set(id, network);
  }
  for (const { record } of memory.all("port")) {
    const endpoint = viewEndpoint(memory, record.network_id, record.id);
    if (endpoint !== undefined && view.networks.has(endpoint.networkId)) view.endpoints.set(endpoint.id, endpoint);
  }
  for (const id of routers) {
    const router = viewRouter(
      memory,
      id,
      ends.filter((end) => end.router === id).map((end) => end.id),
      outside,
    );
    if (router !== undefined) view.routers.set(id, router);
  }
  for (const { record } of memory.all("balancer")) {
    const balancer = routers.has(record.router_id) ? viewBalancer(memory, record.id) : undefined;
    if (balancer !== undefined) view.balancers.set(record.id, balancer);
  }
  const rules = [...memory.all("security_group_rule")].map(({ record }) => record);
  for (const { securityGroups } of view.ports.values()) {
    for (const id of securityGroups) {
      const group = viewGroup(
        memory,
        id,
        rules.filter((rule) => rule.security_group_id === id).map((rule) => rule.id),
      );
      if (group !== undefined) view.groups.set(id, group);
    }
  }
  return view;
}
