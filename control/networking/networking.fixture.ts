/** For tests: networking over a store in memory, callers, and short ways to make what a test needs. */
import assert from "node:assert/strict";
import type { Attributes, Caller, Networking, NetworkingTypes } from "../../api/mod.ts";
import { Fault, type FaultCode, type HostFacts, type HostRecord, ip } from "../../model/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { keys, type Store } from "../../store/mod.ts";
import { MemoryCache } from "../memory-cache.ts";
import type { NetworkingOptions } from "./env.ts";
import { makeNetworking } from "./mod.ts";

const nothing = () => {};
export const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export const caller = (projectId: string, isAdmin = false): Caller => ({
  requestId: "req-test",
  userId: "user",
  projectId,
  roles: isAdmin ? ["admin"] : ["member"],
  isAdmin,
});

export const ADMIN = caller("admin", true);
export const ALICE = caller("alice");
export const BOB = caller("bob");

export interface World {
  store: Store;
  memory: MemoryCache;
  networking: Networking;
  network(attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["network"]>;
  subnet(networkId: string, cidr: string, attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["subnet"]>;
  port(networkId: string, attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["port"]>;
  host(name: string, facts?: Partial<HostFacts> | null): Promise<void>;
  close(): Promise<void>;
}

export async function makeWorld(
  options: Partial<NetworkingOptions> = {},
  store: Store = new MemoryStore(),
): Promise<World> {
  const memory = await MemoryCache.start(store, silent);
  const networking = makeNetworking({ store, memory, log: silent, options });
  const one = async <T>(rows: Promise<T[]>): Promise<T> => {
    const [row] = await rows;
    assert.ok(row);
    return row;
  };
  return {
    store,
    memory,
    networking,
    network: (attributes = {}, by = ALICE) => one(networking.create(by, "network", [{ name: "net", ...attributes }])),
    subnet: (network_id, cidr, attributes = {}, by = ALICE) =>
      one(networking.create(by, "subnet", [{ network_id, cidr, ...attributes }])),
    port: (network_id, attributes = {}, by = ALICE) =>
      one(networking.create(by, "port", [{ network_id, ...attributes }])),
    host: (name, facts = {}) => putHost(store, memory, name, facts),
    close: () => memory.close(),
  };
}

async function putHost(store: Store, memory: MemoryCache, name: string, facts: Partial<HostFacts> | null) {
  const reported: HostFacts = {
    tunnel_ip: ip("192.0.2.1"),
    physical_networks: { physnet1: "eth0" },
    underlay_mtu: 1500,
    agent_version: "test",
    datapath: "ebpf",
    ...facts,
  };
  const record: HostRecord = {
    name,
    token_sha256: "",
    container_projects: [],
    created_at: "2026-01-01T00:00:00Z",
    facts: facts === null ? null : reported,
  };
  const put = { kind: "put", key: keys.record("host", name), value: JSON.stringify(record) } as const;
  const commit = await store.commit({ guards: [], writes: [put] });
  await memory.reached(commit.revision);
}

/** Everything in the store but the hosts: a request that was refused must leave it as it was. */
export async function contents(store: Store): Promise<string[]> {
  const { entries } = await store.list("/cable/");
  return entries.map(({ key, value }) => `${key} ${value}`).sort();
}

/** Demands that `attempt` is refused with this fault, and that nothing was written. */
export async function refuses(
  world: Pick<World, "store">,
  code: FaultCode,
  attempt: () => Promise<unknown>,
  message?: RegExp,
): Promise<void> {
  const before = await contents(world.store);
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(await contents(world.store), before);
}
