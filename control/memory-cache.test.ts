import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { pino } from "pino";
import type { Ip, PortRecord, SubnetRecord } from "../model/mod.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { keys, StoreUnavailable, StoreUnknown } from "../store/mod.ts";
import type { RecordChange } from "./memory.ts";
import { MemoryCache } from "./memory-cache.ts";

const log = pino({ level: "silent" });
const put = (kind: "network" | "subnet" | "port" | "host", id: string, record: object) => ({
  kind: "put" as const,
  key: keys.record(kind, id),
  value: JSON.stringify({ id, name: id, ...record }),
});
const remove = (kind: "network" | "subnet" | "port" | "host", id: string) => ({
  kind: "delete" as const,
  key: keys.record(kind, id),
});
const write = async (store: MemoryStore, ...writes: (ReturnType<typeof put> | ReturnType<typeof remove>)[]) =>
  (await store.commit({ guards: [], writes })).revision;
const port = (
  id: string,
  { network = "n", host = "", device = "", ips = [] as string[], subnet = "s" }: Record<string, string | string[]> = {},
) =>
  put("port", id, {
    network_id: network,
    "binding:host_id": host,
    device_id: device,
    fixed_ips: (ips as string[]).map((ip_address) => ({ subnet_id: subnet, ip_address })),
  });
const vxlan = (id: string, vni: number) =>
  put("network", id, { "provider:network_type": "vxlan", "provider:segmentation_id": vni });

async function started(store = new MemoryStore()) {
  const memory = await MemoryCache.start(store, log, { patienceMs: 5, timeoutMs: 200 });
  const told: string[] = [];
  memory.onChange((changes, revision) => told.push(`${revision}: ${changes.map(changeText).sort().join(" ")}`));
  return { store, memory, told };
}
const changeText = ({ kind, id, before, after }: RecordChange) => `${before ? (after ? "~" : "-") : "+"}${kind}/${id}`;

describe("the memory of records", () => {
  it("has what was there at the start, then every change, and tells whole revisions", async () => {
    const store = new MemoryStore();
    await write(store, port("p1"), vxlan("n", 7));
    const { memory, told } = await started(store);
    assert.equal(memory.get("port", "p1")?.record.network_id, "n");
    const both = await write(store, port("p2"), remove("port", "p1"));
    const last = await write(store, port("p2", { host: "h" }));
    await memory.reached(last);
    assert.deepEqual(told, [`${both}: +port/p2 -port/p1`, `${last}: ~port/p2`]);
    assert.equal(memory.count("port"), 1);
    assert.equal(memory.revision, last);
    await memory.close();
  });

  it("reached() waits for a write that no record shows, by asking for progress", async () => {
    const { store, memory } = await started();
    const { revision } = await store.commit({ guards: [], writes: [{ kind: "put", key: "/other", value: "" }] });
    await memory.reached(revision);
    assert.ok(memory.revision >= revision);
    await memory.close();
  });

  it("reached() gives up in the end", async () => {
    const { memory } = await started();
    await assert.rejects(memory.reached(1_000), StoreUnknown);
    await memory.close();
  });

  for (const [name, value] of [
    ["text that is not JSON", "{"],
    ["a value that is no object", "7"],
    ["a record of another id", '{"id":"other"}'],
  ] as const) {
    it(`counts ${name} as absent, and goes on`, async () => {
      const { store, memory } = await started();
      await write(store, port("p1"));
      await store.commit({ guards: [], writes: [{ kind: "put", key: keys.record("port", "p1"), value }] });
      const last = await write(store, port("p2"), put("host", "later", {}));
      await store.commit({ guards: [], writes: [{ kind: "put", key: `${keys.allRecords}router/r1`, value: "{}" }] });
      await memory.reached(last);
      assert.deepEqual([memory.get("port", "p1"), memory.count("port")], [undefined, 1]);
      await memory.close();
    });
  }

  it("lists again after a compaction, tells only the difference, and follows from there", async () => {
    const { store, memory, told } = await started();
    await memory.reached(await write(store, port("kept"), port("changed"), port("gone")));
    told.length = 0;
    const compacted = new Promise<void>((resolve) => memory.onChange(() => resolve()));
    store.compact(1000, true);
    const relisted = await write(store, port("changed", { host: "h" }), port("new"), remove("port", "gone"));
    await compacted;
    assert.deepEqual(told, [`${relisted}: +port/new -port/gone ~port/changed`]);
    store.compact(0);
    await memory.reached(await write(store, remove("port", "new")));
    assert.equal(memory.count("port"), 2);
    await memory.close();
  });

  it("keeps its content while the store is away, and does not start without it", async () => {
    const { store, memory } = await started();
    await memory.reached(await write(store, port("p1")));
    store.away = true;
    assert.equal(memory.count("port"), 1);
    await assert.rejects(MemoryCache.start(store, log), StoreUnavailable);
    await memory.close();
  });

  it("an address and a VNI handed over within one revision stay indexed, in either order", async () => {
    const { store, memory } = await started();
    await write(
      store,
      port("p1", { ips: ["10.0.0.1"] }),
      port("p2", { ips: ["10.0.0.2"] }),
      vxlan("n1", 1),
      vxlan("n2", 2),
    );
    const swap = [port("p1", { ips: ["10.0.0.2"] }), port("p2", { ips: ["10.0.0.1"] }), vxlan("n1", 2), vxlan("n2", 1)];
    for (const writes of [swap, swap.toReversed()]) {
      await memory.reached(await write(store, ...writes));
      assert.deepEqual([...memory.ipsOfSubnet("s")].sort(), [
        ["10.0.0.1", "p2"],
        ["10.0.0.2", "p1"],
      ]);
    }
    await memory.close();
  });

  it("indexes equal a search through everything, after any history", async () => {
    const id = fc.constantFrom("a", "b", "c", "d");
    const write1 = fc.oneof(
      fc
        .record({
          network: id,
          host: fc.constantFrom("", "h1", "h2"),
          device: fc.constantFrom("", "d1"),
          subnet: id,
          ips: fc.uniqueArray(fc.constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3")),
        })
        .chain((row) => id.map((name) => port(name, row))),
      fc.record({ network_id: id }).chain((row) => id.map((name) => put("subnet", name, row))),
      fc.nat(5).chain((vni) => id.map((name) => vxlan(name, vni))),
      fc
        .constantFrom("port" as const, "subnet" as const, "network" as const)
        .chain((kind) => id.map((name) => remove(kind, name))),
    );
    const revision = fc.uniqueArray(write1, { maxLength: 4, selector: ({ key }) => key, minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(revision, { maxLength: 15 }), async (history) => {
        const { store, memory } = await started();
        let last = 0;
        for (const writes of possible(history)) last = await write(store, ...writes);
        await memory.reached(last);
        const fresh = await MemoryCache.start(store, log);
        assert.deepEqual(indexes(memory), indexes(fresh));
        assert.deepEqual(indexes(memory), searched(memory));
        await memory.close();
        await fresh.close();
      }),
      { numRuns: 100 },
    );
  });
});

type RecordWrites = (ReturnType<typeof put> | ReturnType<typeof remove>)[];

/** The revisions that the store's unique keys let through: no address of a subnet and no VNI held twice. */
function possible(history: RecordWrites[]): RecordWrites[] {
  let now = new Map<string, string>();
  return history.filter((writes) => {
    const next = new Map(now);
    for (const each of writes) {
      if (each.kind === "put") next.set(each.key, each.value);
      else next.delete(each.key);
    }
    const records = [...next.values()].map((value) => JSON.parse(value));
    const held = records.flatMap((record) => [
      ...(record.fixed_ips ?? []).map((ip: object) => JSON.stringify(ip)),
      ...("provider:segmentation_id" in record ? [record["provider:segmentation_id"]] : []),
    ]);
    if (new Set(held).size < held.length) return false;
    now = next;
    return true;
  });
}

const NAMES = ["a", "b", "c", "d", "h1", "h2", "d1"];
const sorted = (values: Iterable<string>) => [...values].sort();

function indexes(memory: MemoryCache) {
  return NAMES.map((name) => ({
    subnets: sorted(memory.subnetsOfNetwork(name)),
    network: sorted(memory.portsOfNetwork(name)),
    host: sorted(memory.portsOfHost(name)),
    device: sorted(memory.portsOfDevice(name)),
    ips: sorted(memory.ipsOfSubnet(name).keys()),
  }));
}

function searched(memory: MemoryCache) {
  const ports = [...memory.all("port")].map(({ record }) => record);
  const of = (holds: (record: PortRecord) => boolean) => sorted(ports.filter(holds).map(({ id }) => id));
  return NAMES.map((name) => ({
    subnets: sorted(
      [...memory.all("subnet")]
        .filter(({ record }) => (record as SubnetRecord).network_id === name)
        .map(({ record }) => record.id),
    ),
    network: of((record) => record.network_id === name),
    host: of((record) => record["binding:host_id"] === name),
    device: of((record) => record.device_id === name),
    ips: sorted(
      new Set(
        ports.flatMap(({ fixed_ips }) =>
          fixed_ips.filter((ip) => ip.subnet_id === name).map((ip) => ip.ip_address as Ip),
        ),
      ),
    ),
  }));
}
