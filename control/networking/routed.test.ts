/** Routed networks: subnets on segments, hosts on some of these, and ports whose addresses follow from where they are. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Attributes } from "../../api/mod.ts";
import type { PortRecord } from "../../model/mod.ts";
import { ADMIN, audit, makeWorld, refuses, type World } from "./networking.fixture.ts";

let world: World;
let net: string;
let left: string;
let right: string;

const wish = (physicalNetwork: string, id: number) => ({
  "provider:network_type": "vlan",
  "provider:physical_network": physicalNetwork,
  "provider:segmentation_id": id,
});

beforeEach(async () => {
  world = await makeWorld();
  await world.host("l1", { physical_networks: { left: "eth1" } });
  await world.host("r1", { physical_networks: { right: "eth1" } });
  await world.host("x1", { physical_networks: {} });
  net = (await world.network({ segments: [wish("left", 7), wish("right", 7)] }, ADMIN)).id;
  const segments = await world.networking.list(ADMIN, "segment", { network_id: [net] });
  const on = (name: string) => segments.find((segment) => segment.physical_network === name)?.id;
  left = (await world.subnet(net, "10.0.1.0/24", { segment_id: on("left") }, ADMIN)).id;
  right = (await world.subnet(net, "10.0.2.0/24", { segment_id: on("right") }, ADMIN)).id;
});
afterEach(async () => {
  await audit(world.store);
  await world.close();
});

const port = (attributes: Attributes = {}) => world.port(net, attributes, ADMIN);
const update = (id: string, changes: Attributes) => world.networking.update(ADMIN, "port", id, changes);
const subnets = ({ fixed_ips }: PortRecord) => fixed_ips.map(({ subnet_id }) => subnet_id);
const at = (host: string) => ({ "binding:host_id": host });

describe("a port on a routed network", () => {
  test("gets an address that works at its host", async () => {
    assert.deepEqual(subnets(await port(at("l1"))), [left]);
    assert.deepEqual(subnets(await port(at("r1"))), [right]);
  });

  test("waits for its address until it has a host", async () => {
    const made = await port();
    assert.deepEqual([made.fixed_ips, made.ip_allocation], [[], "deferred"]);
    const placed = await update(made.id, at("r1"));
    assert.deepEqual([subnets(placed), placed.ip_allocation], [[right], "deferred"]);
  });

  test("moves only to where its addresses work", async () => {
    const { id } = await port(at("l1"));
    await refuses(world, "HostNotCompatibleWithFixedIps", () => update(id, at("r1")));
    await refuses(world, "HostNotCompatibleWithFixedIps", () => update(id, at("x1")));
    await world.host("l2", { physical_networks: { left: "eth3" } });
    assert.deepEqual(subnets(await update(id, at("l2"))), [left]);
    const moved = await update(id, { ...at("r1"), fixed_ips: [{ subnet_id: right }] });
    assert.deepEqual(subnets(moved), [right]);
  });

  test("may ask for an address before it has a host, of one segment", async () => {
    assert.deepEqual(subnets(await port({ fixed_ips: [{ subnet_id: right }] })), [right]);
    assert.deepEqual(subnets(await port({ fixed_ips: [{ ip_address: "10.0.1.9" }] })), [left]);
    const both = [{ subnet_id: left }, { subnet_id: right }];
    await refuses(world, "FixedIpsSubnetsNotOnSameSegment", () => port({ fixed_ips: both }));
    assert.deepEqual(subnets(await port({ device_owner: "network:distributed", fixed_ips: both })), [left, right]);
  });

  test("is refused at a host that reaches none of its segments", async () => {
    await refuses(world, "HostNotConnectedToAnySegment", () => port(at("x1")));
    await refuses(world, "HostNotConnectedToAnySegment", () => port(at("nowhere")));
  });

  test("may do without an address", async () => {
    const made = await port({ fixed_ips: [] });
    assert.deepEqual([made.fixed_ips, made.ip_allocation], [[], "none"]);
  });
});

describe("routes between the subnets of a routed network", () => {
  const routes = async (id: string) => (await world.networking.get(ADMIN, "subnet", id)).host_routes;

  test("lead through each subnet's gateway to those on other segments, and go with them", async () => {
    assert.deepEqual(await routes(left), [{ destination: "10.0.2.0/24", nexthop: "10.0.1.1" }]);
    assert.deepEqual(await routes(right), [{ destination: "10.0.1.0/24", nexthop: "10.0.2.1" }]);
    await world.networking.delete(ADMIN, "subnet", right);
    assert.deepEqual(await routes(left), []);
  });

  test("follow the gateway", async () => {
    await world.networking.update(ADMIN, "subnet", left, { gateway_ip: "10.0.1.254", allocation_pools: [] });
    assert.deepEqual(await routes(left), [{ destination: "10.0.2.0/24", nexthop: "10.0.1.254" }]);
    await world.networking.update(ADMIN, "subnet", left, { gateway_ip: null });
    assert.deepEqual(await routes(left), []);
  });

  test("are not added where a wider route leads there already", async () => {
    const wide = [{ destination: "10.0.0.0/16", nexthop: "10.0.1.9" }];
    await world.networking.update(ADMIN, "subnet", left, { host_routes: wide });
    assert.deepEqual(await routes(left), wide);
  });
});
