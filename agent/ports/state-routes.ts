import type { Datapath } from "../../datapath/mod.ts";
import type { Id } from "../../model/mod.ts";
import type { Loop } from "../loop/mod.ts";
import { planText } from "../plan/mod.ts";
import type { Routes } from "./server.ts";

interface Parts {
  host: string;
  version: string;
  loop: Loop;
  datapath: Datapath;
  isConnected(): boolean;
}

/** The read-only routes: what the agent knows and what its data plane has. */
export function stateRoutes(parts: Parts): Routes {
  const { loop, datapath } = parts;
  const startMs = performance.now();
  const ids = () => [...loop.view.ports.keys()];
  return {
    "GET /v1/status": () => ({
      status: 200,
      body: {
        host: parts.host,
        version: parts.version,
        connected: parts.isConnected(),
        /** The data plane is at a whole view that the control node has given to this process. */
        synced: loop.isSynced,
        revision: loop.held.revision ?? null,
        revisionInForce: loop.revisionInForce,
        networks: loop.view.networks.size,
        endpoints: loop.view.endpoints.size,
        ports: { up: ids().filter((id) => loop.state(id).up).length, all: loop.view.ports.size },
        hostDrops: plain(datapath.hostDrops()),
        uptimeSeconds: Math.round((performance.now() - startMs) / 1000),
      },
    }),
    "GET /v1/ports": () => ({ status: 200, body: { ports: ids().map((id) => portBody(parts, id)) } }),
    "GET /v1/ports/:id": ({ parameter }) =>
      loop.view.ports.has(parameter)
        ? { status: 200, body: { ...portBody(parts, parameter), ...countersBody(datapath, parameter) } }
        : { status: 404, body: { error: { message: `port ${parameter} is not bound to host ${parts.host}` } } },
    "GET /v1/plan": () => ({ status: 200, body: planText(loop.planner.wanted, loop.planner.down) }),
    "GET /v1/dump": () => ({ status: 200, body: datapath.dump() }),
  };
}

function portBody({ loop }: Parts, id: Id): object {
  const port = loop.view.ports.get(id);
  const { mac, fixedIps, networkId, name, place } = port ?? {};
  const vif = loop.planner.wanted.vifs.get(id);
  const ips = fixedIps?.map(({ ip }) => ip);
  const state = loop.state(id);
  return {
    id,
    name,
    networkId,
    mac,
    ips,
    place,
    device: vif?.device ?? null,
    up: state.up,
    reason: state.up ? null : state.reason,
  };
}

function countersBody(datapath: Datapath, id: Id): object {
  const counters = datapath.counters(id);
  if (counters === undefined) return { counters: null };
  const { drops, ...packets } = counters;
  return { counters: { ...plain(packets), drops: plain(drops) } };
}

/** JSON has no big integers; beyond 2^53 a counter loses its last digits. */
function plain(counters: Record<string, bigint>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).map(([name, value]) => [name, Number(value)]));
}
