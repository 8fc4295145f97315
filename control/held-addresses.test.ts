import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { pino } from "pino";
import type { Networking } from "../api/mod.ts";
import type { PortRecord } from "../model/mod.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { takeHolds } from "./held-addresses.ts";
import { MemoryCache } from "./memory-cache.ts";
import { makeNetworking } from "./networking/mod.ts";

const log = pino({ level: "silent" });
const admin = { requestId: "t", userId: null, projectId: "p1", roles: ["admin"], isAdmin: true };
const VIP = "10.0.0.77";
const PAIR = [{ ip_address: "10.0.0.64/27" }];

let store: MemoryStore;
let memory: MemoryCache;
let networking: Networking;
let network = "";
let ports: PortRecord[] = [];

before(async () => {
  store = new MemoryStore();
  memory = await MemoryCache.start(store, log, { patienceMs: 5 });
  networking = makeNetworking({ store, memory, log });
  network = (await networking.create(admin, "network", [{ name: "n" }]))[0]!.id;
  await networking.create(admin, "subnet", [{ network_id: network, ip_version: 4, cidr: "10.0.0.0/24" }]);
});
after(() => memory.close());
beforeEach(async () => {
  for (const { id } of ports) await networking.delete(admin, "port", id);
  ports = [];
  for (const host of ["h1", "h2"]) ports.push(await makePort({ "binding:host_id": host, allowed_address_pairs: PAIR }));
});

const makePort = async (body: object) =>
  (await networking.create(admin, "port", [{ network_id: network, ...body }]))[0] as unknown as PortRecord;
const held = (port: PortRecord | undefined) =>
  (memory.get("port", port!.id)?.record.held_addresses ?? []).map(({ ip_address }) => ip_address);
const tell = (host: string, index: number, ip = VIP, more: { mac?: string; since_ms?: number } = {}, nowMs = 10_000) =>
  takeHolds(
    { store, memory },
    host,
    [{ port_id: ports[index]!.id, ip, mac: more.mac ?? ports[index]!.mac_address, since_ms: more.since_ms ?? 0 }],
    nowMs,
  );

test("an address has one holder: the last who said so", async () => {
  await tell("h1", 0);
  assert.deepEqual([held(ports[0]), held(ports[1])], [[VIP], []]);
  await tell("h2", 1);
  assert.deepEqual([held(ports[0]), held(ports[1])], [[], [VIP]]);
  assert.equal("held_addresses" in (memory.get("port", ports[0]!.id)?.record ?? {}), false);
});

test("what is known costs no write, and what Neutron shows of a port stays the same", async () => {
  await tell("h1", 0);
  const revision = memory.revision;
  await tell("h1", 0, VIP, {}, 20_000);
  assert.equal(memory.revision, revision);
  assert.equal(memory.get("port", ports[0]!.id)?.record.revision_number, ports[0]!.revision_number);
});

const refused: [name: string, host: string, ip: string, more: { mac?: string }][] = [
  ["by another host", "h2", VIP, {}],
  ["outside its pairs", "h1", "10.0.0.99", {}],
  ["under another MAC than its pair's", "h1", VIP, { mac: "02:00:00:00:00:99" }],
  ["that is no address", "h1", "10.0.0.777", {}],
];
for (const [name, host, ip, more] of refused)
  test(`an address ${name} is not taken`, async () => {
    await tell(host, 0, ip, more);
    assert.deepEqual(held(ports[0]), []);
  });

test("without port security any address but the way out of the network", async () => {
  const open = await makePort({ "binding:host_id": "h1", port_security_enabled: false, security_groups: [] });
  ports.push(open);
  await tell("h1", 2, "10.0.0.1");
  await tell("h1", 2, open.fixed_ips[0]!.ip_address);
  await tell("h1", 2, "10.0.0.200", { mac: "00:00:5e:00:01:33" });
  assert.deepEqual(held(open), ["10.0.0.200"]);
});

test("what comes late does not overtake", async () => {
  await tell("h2", 1, VIP, {}, 10_000);
  await tell("h1", 0, VIP, { since_ms: 5_000 }, 12_000);
  assert.deepEqual([held(ports[0]), held(ports[1])], [[], [VIP]]);
  await tell("h1", 0, VIP, { since_ms: 1_000 }, 12_000);
  assert.deepEqual(held(ports[0]), [VIP]);
});

test("a port keeps the newest 64", async () => {
  const wide = await makePort({ "binding:host_id": "h1", allowed_address_pairs: [{ ip_address: "10.1.0.0/24" }] });
  ports.push(wide);
  for (let i = 0; i < 70; i++) await tell("h1", 2, `10.1.0.${i}`);
  const all = held(wide);
  assert.deepEqual([all.length, all[0], all.at(-1)], [64, "10.1.0.6", "10.1.0.69"]);
});
