/** Several control nodes, each a process with its own memory, over one real etcd: what only one may have, one gets. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { NetworkingTypes } from "../../api/mod.ts";
import { audit } from "../../control/networking/networking.fixture.ts";
import type { PortRecord } from "../../model/mod.ts";
import { etcdStore, keys, type Store } from "../../store/mod.ts";
import { type Etcd, startEtcd } from "../kit/etcd.ts";
import type { Call } from "./ipam.node.ts";
import { codeOf, granted, NODES, type Node, startNodes } from "./nodes.ts";

describe("four control nodes at once", () => {
  let etcd: Etcd;
  let store: Store;
  let nodes: Node[];

  before(async () => {
    etcd = await startEtcd();
    store = etcdStore({ endpoints: [etcd.endpoint] });
    nodes = await startNodes(etcd.endpoint);
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await store.close();
    await etcd.stop();
  });

  const any = (n: number): Node => {
    const node = nodes[n % NODES];
    assert.ok(node);
    return node;
  };
  const all = (call: (n: number) => Call) => Promise.all(nodes.map((node, n) => node.call(call(n))));
  const create = (kind: "network" | "subnet" | "port", ...bodies: object[]): Call => ({
    method: "create",
    args: [kind, bodies as Record<string, unknown>[]],
  });
  async function network(): Promise<string> {
    const [made] = granted<NetworkingTypes["network"][]>(await any(0).call(create("network", { name: "n" })));
    return made?.id ?? "";
  }
  async function subnet(network_id: string, cidr: string, more: object = {}): Promise<string> {
    const body = { network_id, cidr, ...more };
    const [made] = granted<NetworkingTypes["subnet"][]>(await any(1).call(create("subnet", body)));
    return made?.id ?? "";
  }
  async function fillAll(networkId: string) {
    const fills = await all(() => ({ method: "fill", args: [networkId, 8] }));
    const values = fills.map((answer) => granted<{ made: { id: string; ip: string }[]; refusals: string[] }>(answer));
    for (const { refusals } of values) assert.deepEqual([...new Set(refusals)], ["IpAddressGenerationFailure"]);
    return values.flatMap(({ made }) => made);
  }

  it("allocating from one /24 until it is full give each of its 253 addresses once, and deleted ones again", async () => {
    const networkId = await network();
    await subnet(networkId, "10.0.0.0/24");
    const made = await fillAll(networkId);
    const addresses = Array.from({ length: 253 }, (_, i) => `10.0.0.${i + 2}`);
    assert.deepEqual(made.map(({ ip }) => ip).sort(), addresses.sort());
    await audit(store);

    const freed = made.filter((_, i) => i % 3 === 0);
    const deleted = await Promise.all(freed.map(({ id }, n) => any(n).call({ method: "delete", args: ["port", id] })));
    assert.ok(deleted.every((answer) => codeOf(answer) === "done"));
    const again = await fillAll(networkId);
    assert.deepEqual(again.map(({ ip }) => ip).sort(), freed.map(({ ip }) => ip).sort());
    await audit(store);
  });

  it("making ports in bulk give no address twice", async () => {
    const networkId = await network();
    await subnet(networkId, "10.0.0.0/22");
    const bodies = Array.from({ length: 100 }, () => ({ network_id: networkId }));
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => any(n).call(create("port", ...bodies))));
    const ports = answers.flatMap((answer) => granted<NetworkingTypes["port"][]>(answer));
    assert.equal(new Set(ports.map((port) => port.fixed_ips[0]?.ip_address)).size, 1000);
    assert.equal(new Set(ports.map((port) => port.mac_address)).size, 1000);
    await audit(store);
  });

  it("making overlapping subnets: one wins", async () => {
    for (let round = 0; round < 10; round++) {
      const network_id = await network();
      const answers = await all((n) => create("subnet", { network_id, cidr: `10.0.0.0/${16 + n}` }));
      assert.deepEqual(answers.map(codeOf).sort(), ["InvalidInput", "InvalidInput", "InvalidInput", "done"]);
    }
  });

  for (const [what, body, code] of [
    ["MAC address", { mac_address: "02:00:00:00:00:01" }, "MacAddressInUse"],
    ["address", { fixed_ips: [{ ip_address: "10.0.0.9" }] }, "IpAddressAlreadyAllocated"],
  ] as const) {
    it(`asking for the same ${what}: one gets it`, async () => {
      for (let round = 0; round < 10; round++) {
        const network_id = await network();
        await subnet(network_id, "10.0.0.0/24");
        const answers = await all(() => create("port", { network_id, ...body }));
        assert.deepEqual(answers.map(codeOf).sort(), [code, code, code, "done"]);
      }
      await audit(store);
    });
  }

  it("deleting a network while ports are created there: either both go on or neither", async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    for (let round = 0; round < 40; round++) {
      const network_id = await network();
      await subnet(network_id, "10.0.0.0/24");
      const deleting = pause().then(() => any(0).call({ method: "delete", args: ["network", network_id] }));
      const creating = [1, 2, 3].map((n) => pause().then(() => any(n).call(create("port", { network_id }))));
      const deleted = codeOf(await deleting);
      const created = (await Promise.all(creating)).map(codeOf);
      if (deleted === "done")
        assert.ok(
          created.every((code) => code === "NetworkNotFound"),
          created.join(),
        );
      else assert.deepEqual([deleted, ...new Set(created)], ["NetworkInUse", "done"]);
    }
    await audit(store);
  });

  it("making a SLAAC subnet while ports are created: each port has its address there, once", async () => {
    const network_id = await network();
    const ports = Array.from({ length: 60 }, (_, n) => any(n).call(create("port", { network_id })));
    const v6 = { ipv6_ra_mode: "slaac", ipv6_address_mode: "slaac" };
    const subnetId = await subnet(network_id, "2001:db8::/64", v6);
    for (const answer of await Promise.all(ports)) granted(answer);
    const { entries } = await store.list(keys.records("port"));
    const records = entries.map(({ value }): PortRecord => JSON.parse(value));
    const there = records.filter((port) => port.network_id === network_id);
    assert.equal(there.length, 60);
    for (const port of there) assert.equal(port.fixed_ips.filter((entry) => entry.subnet_id === subnetId).length, 1);
    await audit(store);
  });

  it("deleting a subnet while ports are created: no port keeps an address of what is gone", async () => {
    for (let round = 0; round < 40; round++) {
      const network_id = await network();
      const subnetId = await subnet(network_id, "10.0.0.0/24");
      const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      const deleting = pause().then(() => any(0).call({ method: "delete", args: ["subnet", subnetId] }));
      const creating = [1, 2, 3].map((n) => pause().then(() => any(n).call(create("port", { network_id }))));
      const deleted = codeOf(await deleting);
      assert.ok(["done", "SubnetInUse"].includes(deleted), deleted);
      for (const answer of await Promise.all(creating)) {
        const [port] = granted<NetworkingTypes["port"][]>(answer);
        assert.equal(port?.fixed_ips.length, deleted === "done" ? 0 : 1);
      }
    }
    await audit(store);
  });

  it("moving one port between addresses lose none", async () => {
    const network_id = await network();
    await subnet(network_id, "10.0.0.0/24");
    const [port] = granted<NetworkingTypes["port"][]>(await any(0).call(create("port", { network_id })));
    assert.ok(port);
    const answers = await all((n) => ({
      method: "update",
      args: ["port", port.id, { fixed_ips: [{ ip_address: `10.0.0.${100 + n}` }], name: `by ${n}` }],
    }));
    assert.deepEqual(new Set(answers.map(codeOf)), new Set(["done"]));
    await audit(store);
  });

  it("dying in the middle leave nothing half-written", async () => {
    const networkId = await network();
    await subnet(networkId, "10.0.0.0/23");
    const filling = all(() => ({ method: "fill", args: [networkId, 4] }));
    await new Promise((resolve) => setTimeout(resolve, 150));
    await any(1).stop("SIGKILL");
    await any(2).stop("SIGKILL");
    await filling;
    await audit(store);
    const { entries } = await store.list(keys.macsOf(networkId));
    assert.equal(entries.length, 509);
  });
});

describe("four control nodes with few VNIs", () => {
  it("give each once, and then say that there is none", async () => {
    const etcd = await startEtcd();
    const store = etcdStore({ endpoints: [etcd.endpoint] });
    const nodes = await startNodes(etcd.endpoint, { vxlanRanges: [[100, 139]] });
    try {
      const answers = await Promise.all(
        Array.from({ length: 48 }, (_, n) => nodes[n % NODES]?.call({ method: "create", args: ["network", [{}]] })),
      );
      const made = answers.flatMap((answer) =>
        answer && "value" in answer ? granted<NetworkingTypes["network"][]>(answer) : [],
      );
      const vnis = made.map((network) => network["provider:segmentation_id"] ?? 0);
      assert.deepEqual(
        vnis.sort((a, b) => a - b),
        Array.from({ length: 40 }, (_, i) => 100 + i),
      );
      const refused = answers.flatMap((answer) => (answer && "code" in answer ? [answer.code] : []));
      assert.deepEqual([...new Set(refused)], ["NoNetworkAvailable"]);
      await audit(store);
    } finally {
      await Promise.all(nodes.map((node) => node.stop()));
      await store.close();
      await etcd.stop();
    }
  });
});
