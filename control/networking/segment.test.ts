import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Attributes } from "../../api/mod.ts";
import type { FaultCode } from "../../model/mod.ts";
import { ADMIN, ALICE, audit, makeWorld, refuses, type World } from "./networking.fixture.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld({ vxlanRanges: [[100, 199]], vlanRanges: { physnet1: [[10, 12]], physnet2: [] } });
});
afterEach(async () => {
  await audit(world.store);
  await world.close();
});

const wish = (type: string, physicalNetwork?: string, id?: number) => ({
  "provider:network_type": type,
  ...(physicalNetwork !== undefined && { "provider:physical_network": physicalNetwork }),
  ...(id !== undefined && { "provider:segmentation_id": id }),
});
const one = async <T>(rows: Promise<T[]>): Promise<T> => (await rows)[0] as T;
const segment = (network_id: string, network_type: string, more: Attributes = {}) =>
  one(world.networking.create(ADMIN, "segment", [{ network_id, network_type, ...more }]));
const segmentsOf = (network_id: string) => world.networking.list(ADMIN, "segment", { network_id: [network_id] });
const shown = async (id: string) => (await world.networking.get(ADMIN, "network", id)) as unknown as Attributes;

describe("a network's segments", () => {
  test("a network has one, which is its provider attributes", async () => {
    const network = await world.network();
    const [only, ...others] = await segmentsOf(network.id);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [only?.network_type, only?.physical_network, only?.segmentation_id, only?.name, only?.description],
      ["vxlan", null, network["provider:segmentation_id"], null, null],
    );
    assert.equal("segments" in network, false);
  });

  test("several are shown in a list instead, in their order, and the MTU is the least", async () => {
    const segments = [wish("vlan", "physnet2", 77), wish("vxlan")];
    const network = await world.network({ segments }, ADMIN);
    assert.equal(network.mtu, 1450);
    const row = await shown(network.id);
    assert.equal(row["provider:network_type"], undefined);
    const [first, second] = row.segments as Attributes[];
    assert.deepEqual(first, wish("vlan", "physnet2", 77));
    assert.equal(second?.["provider:network_type"], "vxlan");
  });

  const refused: [string, Attributes, FaultCode][] = [
    [
      "the same twice",
      { segments: [wish("vlan", "physnet1", 7), wish("vlan", "physnet1", 7)] },
      "SegmentsContainDuplicateEntry",
    ],
    [
      "two on one physical network",
      { segments: [wish("vlan", "physnet1", 7), wish("vlan", "physnet1", 8)] },
      "NeutronDbObjectDuplicateEntry",
    ],
    [
      "a list and provider attributes",
      { segments: [wish("vxlan")], ...wish("vlan") },
      "SegmentsSetInConjunctionWithProviders",
    ],
    ["one without a type", { segments: [{ "provider:segmentation_id": 7 }] }, "InvalidInput"],
    ["one of a physical network that nobody knows", { segments: [wish("vlan", "other", 7)] }, "InvalidInput"],
  ];
  for (const [name, attributes, code] of refused) {
    test(`a network may not have ${name}`, () => refuses(world, code, () => world.network(attributes, ADMIN)));
  }

  test("an id that is named is not given to another of the same request by chance", async () => {
    const segments = [wish("vxlan"), wish("vxlan", undefined, 100)];
    const world1 = await makeWorld({ vxlanRanges: [[100, 101]] });
    const network = (await world1.network({ segments }, ADMIN)) as unknown as Attributes;
    assert.deepEqual(
      (network.segments as Attributes[]).map((each) => each["provider:segmentation_id"]),
      [101, 100],
    );
    await world1.close();
  });

  test("with several, none of its provider attributes changes", async () => {
    const network = await world.network({ segments: [wish("vlan", "physnet1", 7), wish("vxlan")] }, ADMIN);
    const change = (changes: Attributes) => () => world.networking.update(ADMIN, "network", network.id, changes);
    await refuses(
      world,
      "InvalidInput",
      change({ "provider:segmentation_id": 8 }),
      /only in provider networks with a single/,
    );
    await refuses(world, "InvalidInput", change({ "provider:network_type": "vlan" }), /does not support/);
  });

  test("a VLAN moves, and its segment with it", async () => {
    const network = await world.network(wish("vlan", "physnet1", 7), ADMIN);
    const after = await world.networking.update(ADMIN, "network", network.id, { "provider:segmentation_id": 8 });
    assert.equal(after["provider:segmentation_id"], 8);
    assert.equal((await segmentsOf(network.id))[0]?.segmentation_id, 8);
    await world.network(wish("vlan", "physnet1", 7), ADMIN);
    const overlay = await world.network();
    await refuses(
      world,
      "InvalidInput",
      () => world.networking.update(ADMIN, "network", overlay.id, { "provider:segmentation_id": 150 }),
      /Only VLAN/,
    );
  });
});

describe("segments as resources", () => {
  test("one is added, described and removed, and the network follows", async () => {
    const network = await world.network({ mtu: 1400, ...wish("vlan", "physnet1", 7) }, ADMIN);
    const added = await segment(network.id, "vxlan", { name: "overlay" });
    assert.equal((((await shown(network.id)).segments as unknown[]) ?? []).length, 2);
    const described = await world.networking.update(ADMIN, "segment", added.id, { name: null, description: "d" });
    assert.deepEqual([described.name, described.description, described.revision_number], [null, "d", 2]);
    const [first] = await segmentsOf(network.id).then((rows) => rows.filter(({ id }) => id !== added.id));
    await world.networking.delete(ADMIN, "segment", first?.id ?? "");
    const { "provider:network_type": type, "provider:segmentation_id": id, revision_number } = await shown(network.id);
    assert.deepEqual([type, id, revision_number], ["vxlan", added.segmentation_id, 3]);
    await world.networking.delete(ADMIN, "segment", added.id);
    assert.equal((await shown(network.id))["provider:network_type"], null);
    const again = await segment(network.id, "vlan", { physical_network: "physnet1" });
    assert.ok((again.segmentation_id ?? 0) >= 10, "chosen from the range");
  });

  const refused: [string, string, Attributes, FaultCode][] = [
    ["of an unknown type", "gre", {}, "InvalidInput"],
    [
      "on a place that the network has already",
      "vlan",
      { physical_network: "physnet1" },
      "NeutronDbObjectDuplicateEntry",
    ],
    ["that another network has", "vlan", { physical_network: "physnet2", segmentation_id: 5 }, "VlanIdInUse"],
    ["that cannot carry the network's MTU", "vxlan", {}, "InvalidInput"],
  ];
  for (const [name, type, more, code] of refused) {
    test(`none is added ${name}`, async () => {
      const network = await world.network(wish("vlan", "physnet1", 7), ADMIN);
      await world.network(wish("vlan", "physnet2", 5), ADMIN);
      await refuses(world, code, () => segment(network.id, type, more));
    });
  }

  test("one that a subnet or a bound port is on stays", async () => {
    await world.host("h1", { physical_networks: { physnet2: "eth1" } });
    const network = await world.network(wish("vlan", "physnet1", 7), ADMIN);
    const second = await segment(network.id, "vlan", { physical_network: "physnet2", segmentation_id: 8 });
    const [first] = (await segmentsOf(network.id)).filter(({ id }) => id !== second.id);
    assert.ok(first);
    const port = await world.port(network.id, { "binding:host_id": "h1" }, ADMIN);
    assert.equal(port["binding:vif_type"], "tap");
    const remove = (id: string) => () => world.networking.delete(ADMIN, "segment", id);
    await refuses(world, "SegmentInUse", remove(second.id), /still bound with 1 port/);
    const subnet = await world.subnet(network.id, "10.0.0.0/24", { segment_id: first.id }, ADMIN);
    await refuses(world, "SegmentInUse", remove(first.id), new RegExp(subnet.id));
    await world.networking.delete(ADMIN, "port", port.id);
    await remove(second.id)();
    await refuses(world, "SegmentNotFound", remove(second.id));
  });
});

describe("subnets on segments", () => {
  test("all of a network's subnets are on segments of it, or none is", async () => {
    const network = await world.network(wish("vlan", "physnet1", 7), ADMIN);
    const other = await world.network({}, ADMIN);
    const [own] = await segmentsOf(network.id);
    const [foreign] = await segmentsOf(other.id);
    const make = (cidr: string, segment_id: string | null) => () =>
      world.subnet(network.id, cidr, { segment_id }, ADMIN);
    await refuses(world, "SegmentNotFound", make("10.0.0.0/24", "none"));
    await refuses(world, "NetworkIdsDontMatch", make("10.0.0.0/24", foreign?.id ?? ""));
    assert.equal((await shown(network.id)).l2_adjacency, true);
    await make("10.0.0.0/24", own?.id ?? "")();
    assert.equal((await shown(network.id)).l2_adjacency, false);
    await refuses(world, "SubnetsNotAllAssociatedWithSegments", make("10.0.1.0/24", null));
    await make("10.0.1.0/24", own?.id ?? "")();
  });

  test("the only subnet of a network comes onto its only segment, and stays there", async () => {
    const network = await world.network();
    const [only] = await segmentsOf(network.id);
    const subnet = await world.subnet(network.id, "10.0.0.0/24");
    const put = (segment_id: string | null) => world.networking.update(ADMIN, "subnet", subnet.id, { segment_id });
    assert.equal((await put(only?.id ?? "")).segment_id, only?.id);
    await refuses(world, "SubnetSegmentAssociationChangeNotAllowed", () => put(null));
    const two = await world.network({ segments: [wish("vlan", "physnet1", 7), wish("vxlan")] }, ADMIN);
    const on = await world.subnet(two.id, "10.0.0.0/24", {}, ADMIN);
    const [target] = await segmentsOf(two.id);
    await refuses(world, "NoUpdateSubnetWhenMultipleSegmentsOnNetwork", () =>
      world.networking.update(ADMIN, "subnet", on.id, { segment_id: target?.id }),
    );
  });
});

describe("ranges of segments", () => {
  const range = (attributes: Attributes) =>
    one(world.networking.create(ADMIN, "network_segment_range", [{ name: "r", ...attributes }]));
  const vxlan = { network_type: "vxlan", minimum: 1000, maximum: 1001 };

  test("the control node's own are shown, the same on every node, and cannot be changed", async () => {
    const rows = await world.networking.list(ADMIN, "network_segment_range", {});
    const texts = rows.map((row) => [row.default, row.network_type, row.physical_network, row.minimum, row.maximum]);
    assert.deepEqual(texts, [
      [true, "vlan", "physnet1", 10, 12],
      [true, "vxlan", null, 100, 199],
    ]);
    const other = await makeWorld({ vxlanRanges: [[100, 199]] });
    const [same] = await other.networking.list(ADMIN, "network_segment_range", {});
    assert.equal(same?.id, rows[1]?.id);
    await other.close();
    const id = rows[0]?.id ?? "";
    await refuses(world, "NetworkSegmentRangeDefaultReadOnly", () =>
      world.networking.delete(ADMIN, "network_segment_range", id),
    );
    await refuses(world, "NetworkSegmentRangeDefaultReadOnly", () =>
      world.networking.update(ADMIN, "network_segment_range", id, { name: "x" }),
    );
  });

  test("a project's own range comes first, then the shared ones without those of others", async () => {
    await range({ ...vxlan, shared: false, project_id: "alice" });
    const first = await world.network();
    const second = await world.network();
    const ids = [first, second].map((network) => network["provider:segmentation_id"]);
    assert.deepEqual(new Set(ids), new Set([1000, 1001]));
    await range({ network_type: "vxlan", minimum: 100, maximum: 198, shared: false, project_id: "bob" });
    assert.equal((await world.network())["provider:segmentation_id"], 199);
    await refuses(world, "NoNetworkAvailable", () => world.network());
  });

  test("one tells what of it is used, by whom, and what is free", async () => {
    const made = await range(vxlan);
    await world.network(wish("vxlan", undefined, 1001), ADMIN);
    const row = await world.networking.get(ADMIN, "network_segment_range", made.id);
    const { used, available, project_id } = row as unknown as Attributes;
    assert.deepEqual({ used, available, project_id }, { used: { 1001: "admin" }, available: [1000], project_id: null });
  });

  test("what is in use keeps a range from ending, and from shrinking onto it", async () => {
    const made = await range({ ...vxlan, minimum: 1000, maximum: 1009 });
    const network = await world.network(wish("vxlan", undefined, 1005), ADMIN);
    const change = (changes: Attributes) => world.networking.update(ADMIN, "network_segment_range", made.id, changes);
    await refuses(world, "NetworkSegmentRangeReferencedByProject", () => change({ maximum: 1005 }));
    assert.equal((await change({ maximum: 1006 })).maximum, 1006);
    const remove = () => world.networking.delete(ADMIN, "network_segment_range", made.id);
    await refuses(world, "NetworkSegmentRangeReferencedByProject", remove);
    await world.networking.delete(ADMIN, "network", network.id);
    await remove();
  });

  const refused: [string, Attributes, FaultCode][] = [
    ["overlap another", { ...vxlan, minimum: 999 }, "NetworkSegmentRangeOverlaps"],
    ["end before it begins", { network_type: "vxlan", minimum: 9, maximum: 8 }, "NetworkTunnelRangeError"],
    [
      "have VNIs that there are not",
      { network_type: "vxlan", minimum: 9, maximum: 2 ** 24 },
      "NetworkTunnelRangeError",
    ],
    [
      "have VLANs that there are not",
      { network_type: "vlan", physical_network: "p", minimum: 1, maximum: 5000 },
      "NetworkVlanRangeError",
    ],
    ["be of VLANs nowhere", { network_type: "vlan", minimum: 1, maximum: 5 }, "BadRequest"],
    [
      "be of a type that is not carried",
      { network_type: "gre", minimum: 1, maximum: 5 },
      "NetworkSegmentRangeNetTypeNotSupported",
    ],
  ];
  for (const [name, attributes, code] of refused) {
    test(`a range may not ${name}`, async () => {
      await range(vxlan);
      await refuses(world, code, () => range(attributes));
    });
  }

  test("of two that overlap, made at two control nodes at a time, one wins", async () => {
    const other = await makeWorld({}, world.store);
    const make = (at: World) => at.networking.create(ADMIN, "network_segment_range", [{ ...vxlan, shared: true }]);
    const results = await Promise.allSettled([make(world), make(other), make(world), make(other)]);
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    await other.close();
  });
});

test("a segment and a port that comes to be on it do not miss each other", async () => {
  const other = await makeWorld({}, world.store);
  await world.host("h1", { physical_networks: { physnet1: "eth1" } });
  for (let round = 0; round < 10; round++) {
    const network = await world.network(wish("vlan", "physnet1", 7), ADMIN);
    const port = await world.port(network.id, {}, ALICE).catch(() => world.port(network.id, {}, ADMIN));
    const [only] = await segmentsOf(network.id);
    await Promise.allSettled([
      world.networking.delete(ADMIN, "segment", only?.id ?? ""),
      other.networking.update(ADMIN, "port", port.id, { "binding:host_id": "h1" }),
    ]);
    const bound = await world.networking.get(ADMIN, "port", port.id);
    const left = await segmentsOf(network.id);
    assert.equal(bound["binding:vif_type"], left.length === 1 ? "tap" : "binding_failed");
    await world.networking.delete(ADMIN, "port", port.id);
    await world.networking.delete(ADMIN, "network", network.id);
  }
  await other.close();
});
