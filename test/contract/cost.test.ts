/**
 * What a request costs, counted: a list looks at the rows that it gives and at what belongs to them, not at those of
 * others; and the store is asked nothing by a read, and once by a write.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fastify, { type FastifyInstance } from "fastify";
import pino from "pino";
import type { Memory } from "../../control/memory.ts";
import { MemoryCache } from "../../control/memory-cache.ts";
import { makeNetworking } from "../../control/networking/mod.ts";
import { quotaFlag } from "../../control/quota-flag.ts";
import { neutronDoor } from "../../proxy/neutron/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { type Asker, authenticator, ONE, TWO } from "../fuzz/callers.ts";

/** Of each kind that the asker has, and that the other project has more and more of. */
const OWN = 5;

let reads = 0;
let storeCalls: string[] = [];

/** Counts what is asked of memory: each call, and each row that is walked over. */
function counted(memory: Memory): Memory {
  const walk = function* <T>(rows: Iterable<T>) {
    for (const row of rows) {
      reads++;
      yield row;
    }
  };
  return new Proxy(memory, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        reads++;
        const value: unknown = Reflect.apply(member, target, given);
        return name === "all" ? walk(value as Iterable<unknown>) : value;
      };
    },
  });
}

function watched(store: MemoryStore): MemoryStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        if (name !== "watch") storeCalls.push(String(name));
        return Reflect.apply(member, target, given);
      };
    },
  });
}

let app: FastifyInstance;
let memory: MemoryCache;
before(async () => {
  const log = pino({ level: "silent" });
  const store = new MemoryStore();
  memory = await MemoryCache.start(store, log);
  const options = { quotas: quotaFlag("all=-1") };
  const networking = makeNetworking({ store: watched(store), memory: counted(memory), log, options });
  app = fastify();
  await app.register(neutronDoor, { networking, authenticator });
});
after(async () => {
  await app.close();
  await memory.close();
});

async function ask(asker: Asker, method: "GET" | "POST" | "PUT", path: string, body?: object) {
  const headers = { "x-auth-token": asker.token };
  const reply = await app.inject({ method, url: `/v2.0/${path}`, headers, ...(body && { payload: body }) });
  assert.ok(reply.statusCode < 300, `${method} ${path}: ${reply.payload}`);
  return reply.json();
}

const make = async (asker: Asker, path: string, name: string, body: object): Promise<string> =>
  (await ask(asker, "POST", path, { [name]: body }))[name].id;

/** One more of each kind, with what belongs to it. */
async function plant(asker: Asker, octet: number): Promise<void> {
  const network_id = await make(asker, "networks", "network", { name: "n" });
  const cidr = `10.${octet % 250}.${Math.floor(octet / 250)}.0/24`;
  const subnet_id = await make(asker, "subnets", "subnet", { network_id, ip_version: 4, cidr });
  await make(asker, "ports", "port", { network_id });
  const port_id = await make(asker, "ports", "port", { network_id });
  await make(asker, "trunks", "trunk", { port_id });
  const router = await make(asker, "routers", "router", {});
  await ask(asker, "PUT", `routers/${router}/add_router_interface`, { subnet_id });
  const security_group_id = await make(asker, "security-groups", "security_group", { name: "g" });
  await make(asker, "security-group-rules", "security_group_rule", { security_group_id, direction: "ingress" });
  await make(asker, "subnetpools", "subnetpool", { name: "p", prefixes: ["10.0.0.0/8"] });
  await make(asker, "address-scopes", "address_scope", { name: "s", ip_version: 4 });
  await make(asker, "address-groups", "address_group", { addresses: ["10.0.0.0/24"] });
}

const LISTS = [
  "networks",
  "subnets",
  "ports",
  "trunks",
  "routers",
  "security-groups",
  "security-group-rules",
  "subnetpools",
  "address-scopes",
  "address-groups",
  "rbac-policies",
  "floatingips",
  "qos/policies",
  "ports?device_owner=network:router_interface",
  "ports?fields=id&name=x",
] as const;

async function costOf(path: string): Promise<number> {
  await ask(ONE, "GET", path); // an index is filled when it is first used
  reads = 0;
  storeCalls = [];
  await ask(ONE, "GET", path);
  assert.deepEqual(storeCalls, [], `${path} asks the store`);
  return reads;
}

describe("a list costs what it gives", () => {
  let planted = 0;
  const grow = async (asker: Asker, count: number) => {
    for (let at = 0; at < count; at++) await plant(asker, planted++);
  };
  test("whatever there is of others", async () => {
    await grow(ONE, OWN);
    await grow(TWO, OWN);
    const few = new Map<string, number>();
    for (const path of LISTS) few.set(path, await costOf(path));
    assert.ok((few.get("networks") ?? 0) >= OWN, "reads are not counted");
    await grow(TWO, 4 * OWN);
    for (const path of LISTS) {
      const now = await costOf(path);
      assert.equal(now, few.get(path), `${path}: ${few.get(path)} reads with few of others, ${now} with more`);
    }
  });
  test("and a fixed number of looks for each row", async () => {
    const before = new Map<string, number>();
    for (const path of LISTS) before.set(path, await costOf(path));
    await grow(ONE, OWN);
    for (const path of LISTS) {
      const [then = 0, now] = [before.get(path), await costOf(path)];
      assert.ok(now <= 2 * then + 4, `${path}: ${then} reads for ${OWN} of each, ${now} for twice as many`);
    }
  });
});

describe("a write is one transaction", () => {
  const rows: [what: string, path: string, body: (networkId: string) => object][] = [
    ["a network", "networks", () => ({ network: {} })],
    ["a hundred ports", "ports", (network_id) => ({ ports: Array.from({ length: 100 }, () => ({ network_id })) })],
    ["twenty networks", "networks", () => ({ networks: Array.from({ length: 20 }, () => ({ name: "n" })) })],
    ["a group with its rules", "security-groups", () => ({ security_group: { name: "g" } })],
  ];
  for (const [what, path, body] of rows) {
    test(what, async () => {
      const network = await make(ONE, "networks", "network", {});
      storeCalls = [];
      await ask(ONE, "POST", path, body(network));
      assert.deepEqual(storeCalls, ["commit"]);
    });
  }
});
