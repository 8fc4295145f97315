import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Attributes, Networking } from "../../../api/mod.ts";
import {
  Fault,
  type PortRecord,
  prefix,
  prefixContains,
  prefixesOverlap,
  type ResourceRecordKind,
  type RouterRecord,
} from "../../../model/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import type { Memory } from "../../memory.ts";
import { ADMIN, ALICE, makeWorld } from "../networking.fixture.ts";
import { auditL3, type L3World, makeL3World } from "./l3.fixture.ts";

/** A step names things by number, so that shrinking keeps it meaningful. */
interface Step {
  call: keyof typeof CALLS;
  node: number;
  at: number;
  to: number;
}

type Pick = (kind: ResourceRecordKind, number: number) => string;
type Call = (networking: Networking, step: Step, pick: Pick, external: string) => Promise<unknown>;

const act =
  (action: string, body: (step: Step, pick: Pick, external: string) => Attributes): Call =>
  (networking, step, pick, external) =>
    networking.act(ADMIN, "router", pick("router", step.at), action, body(step, pick, external));
const update =
  (kind: ResourceRecordKind, changes: (step: Step, pick: Pick, external: string) => Attributes): Call =>
  (networking, step, pick, external) =>
    networking.update(ADMIN, kind, pick(kind, step.at), changes(step, pick, external));
const remove =
  (kind: ResourceRecordKind): Call =>
  (networking, step, pick) =>
    networking.delete(ADMIN, kind, pick(kind, step.at));

const address = (to: number) => `10.${to % 2}.0.${10 + (to % 3)}`;
const gateways = ({ to }: Step, external: string) =>
  [1, 2].slice(0, to % 3).map((n) => ({
    network_id: external,
    external_fixed_ips: [{ ip_address: `203.0.113.${10 + n + (to % 2)}` }],
  }));

const CALLS = {
  addSubnet: act("add_router_interface", ({ to }, pick) => ({ subnet_id: pick("subnet", to) })),
  addPort: act("add_router_interface", ({ to }, pick) => ({ port_id: pick("port", to) })),
  removeSubnet: act("remove_router_interface", ({ to }, pick) => ({ subnet_id: pick("subnet", to) })),
  removePort: act("remove_router_interface", ({ to }, pick) => ({ port_id: pick("port", to) })),
  setGateway: update("router", ({ to }, _pick, external) => ({
    external_gateway_info: to % 3 === 0 ? null : { network_id: external },
  })),
  setGateways: act("update_external_gateways", (step, _pick, external) => ({
    external_gateways: gateways(step, external),
  })),
  setRoutes: update("router", ({ to }) => ({
    routes: to % 3 === 0 ? [] : [{ destination: "192.0.2.0/24", nexthop: address(to) }],
  })),
  removeRouter: remove("router"),
  makeFloating: (networking, { to }, pick, external) =>
    networking.create(ADMIN, "floatingip", [
      { floating_network_id: external, ...(to % 2 === 0 && { port_id: pick("port", to) }) },
    ]),
  associate: update("floatingip", ({ to }, pick) => ({ port_id: to % 4 === 0 ? null : pick("port", to) })),
  removeFloating: remove("floatingip"),
  forward: (networking, { at, to }, pick) => {
    const ports = { external_port: 80 + (to % 3), internal_port: 80 + (at % 2), protocol: "tcp" };
    const ends = { floatingip_id: pick("floatingip", at), internal_port_id: pick("port", to) };
    return networking.create(ADMIN, "port_forwarding", [{ ...ends, ...ports }]);
  },
  unforward: remove("port_forwarding"),
  makePort: (networking, { at, to }, pick) =>
    networking.create(ALICE, "port", [
      { network_id: pick("network", at), ...(to % 2 === 0 && { fixed_ips: [{ ip_address: address(to) }] }) },
    ]),
  movePort: update("port", ({ to }) => ({ fixed_ips: to % 3 === 0 ? [] : [{ ip_address: address(to) }] })),
  disownPort: update("port", () => ({ device_id: "", device_owner: "" })),
  removePortItself: remove("port"),
  moveSubnet: update("subnet", ({ to }) => ({ gateway_ip: address(to) })),
  removeSubnetItself: remove("subnet"),
  helper: (networking, { at }, pick) =>
    networking.create(ADMIN, "conntrack_helper", [
      { router_id: pick("router", at), protocol: "tcp", port: 21, helper: "ftp" },
    ]),
} satisfies Record<string, Call>;

/** What makes things, more often than what takes them away. */
const CALL_NAMES = [
  ...(Object.keys(CALLS) as (keyof typeof CALLS)[]),
  ...(["associate", "associate", "forward", "forward", "forward", "makePort", "addSubnet", "setGateway"] as const),
  ...(["associate", "forward", "makeFloating"] as const),
];
const step: fc.Arbitrary<Step> = fc.record({
  call: fc.constantFrom(...CALL_NAMES),
  node: fc.nat(1),
  at: fc.nat(5),
  to: fc.nat(11),
});

/** Anything may be refused, by a fault; then nothing else may have gone wrong. */
async function bear(attempt: Promise<unknown>): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    assert.ok(error instanceof Fault, error instanceof Error ? error.stack : String(error));
    assert.notEqual(error.code, "ServiceUnavailable", error.message);
  }
}

const rows = <K extends ResourceRecordKind>(memory: Memory, kind: K) =>
  Array.from(memory.all(kind), ({ record }) => record);

const portsOf = (memory: Memory, { id }: RouterRecord): PortRecord[] =>
  rows(memory, "port").filter(({ router_port }) => router_port?.router_id === id);

/** The router's subnets are apart, its gateways have their ports, its routes go through what it is connected to. */
function checkRouter(memory: Memory, router: RouterRecord): void {
  const ports = portsOf(memory, router);
  const subnets = ports
    .filter(({ router_port }) => router_port?.type === "interface")
    .flatMap((port) => port.fixed_ips.map(({ subnet_id }) => memory.get("subnet", subnet_id)?.record))
    .filter((subnet) => subnet !== undefined);
  for (const [i, one] of subnets.entries()) {
    for (const other of subnets.slice(i + 1)) assert.ok(!prefixesOverlap(prefix(one.cidr), prefix(other.cidr)));
  }
  const gatewayPorts = ports.filter(({ router_port }) => router_port?.type === "gateway").map(({ id }) => id);
  assert.deepEqual(router.gateways.map(({ port_id }) => port_id).sort(), gatewayPorts.sort());
  const external = router.gateways.flatMap(({ network_id }) =>
    [...memory.subnetsOfNetwork(network_id)].flatMap((id) => memory.get("subnet", id)?.record ?? []),
  );
  for (const { nexthop } of router.routes) {
    assert.ok(
      [...subnets, ...external].some(({ cidr }) => prefixContains(prefix(cidr), nexthop)),
      "a lost route",
    );
  }
}

/** Whoever translates to an address goes through a router that joins its subnet with the outside. */
function checkReachable(memory: Memory, routerId: string | null, portId: string, fixed: string | null, net: string) {
  const entry = memory.get("port", portId)?.record.fixed_ips.find(({ ip_address }) => ip_address === fixed);
  assert.ok(entry, "the port lost the address");
  const router = routerId === null ? undefined : memory.get("router", routerId)?.record;
  assert.ok(router, "the router is gone");
  assert.ok(
    router.gateways.some(({ network_id }) => network_id === net),
    "the router has no way out",
  );
  const inside = portsOf(memory, router).flatMap(({ fixed_ips }) => fixed_ips);
  assert.ok(
    inside.some(({ subnet_id }) => subnet_id === entry.subnet_id),
    "the router is not on the subnet",
  );
}

function checkAll(memory: Memory): void {
  for (const router of rows(memory, "router")) checkRouter(memory, router);
  for (const { router_port } of rows(memory, "port")) {
    if (router_port) assert.ok(memory.get("router", router_port.router_id), "a port without its router");
  }
  const pairs = new Set<string>();
  for (const floating of rows(memory, "floatingip")) {
    const { port_id, fixed_ip_address: fixed, router_id, floating_network_id: net } = floating;
    const forwardings = rows(memory, "port_forwarding").filter(({ floatingip_id }) => floatingip_id === floating.id);
    const own = memory.get("port", floating.floating_port_id)?.record.fixed_ips;
    assert.ok(own?.some(({ ip_address }) => ip_address === floating.floating_ip_address));
    if (port_id !== null) {
      assert.equal(forwardings.length, 0);
      checkReachable(memory, router_id, port_id, fixed, net);
      assert.ok(!pairs.has(`${port_id} ${fixed}`), "two floating IPs for one address");
      pairs.add(`${port_id} ${fixed}`);
    } else assert.equal(router_id !== null, forwardings.length > 0);
    const outside = forwardings.map(({ external_ports, protocol }) => `${external_ports} ${protocol}`);
    assert.equal(new Set(outside).size, outside.length);
    for (const { internal_port_id, internal_ip_address } of forwardings) {
      checkReachable(memory, router_id, internal_port_id, internal_ip_address, net);
    }
  }
}

async function setUp(store: MemoryStore): Promise<L3World> {
  const world = await makeL3World(store);
  const network = await world.network();
  const router = await world.router({ external_gateway_info: { network_id: world.external.id } });
  for (const cidr of ["10.0.0.0/24", "10.1.0.0/24"]) {
    const subnet = await world.subnet(network.id, cidr);
    await world.act(router, "add_router_interface", { subnet_id: subnet.id });
  }
  await world.inside("10.0.0.0/16");
  await world.router();
  for (const to of [0, 1]) await world.port(network.id, { fixed_ips: [{ ip_address: address(to) }] });
  for (const _ of [1, 2, 3]) await world.floatingIp();
  return world;
}

test("whatever two nodes are asked, at once or in turn, routers join what they say and addresses are translated where they can be", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.nat(3), async (steps, together) => {
      const store = new MemoryStore();
      const world = await setUp(store);
      const other = await makeWorld({}, store);
      await other.memory.reached(await store.revision());
      const nodes = [world, other];
      const pick: Pick = (kind, number) => {
        const ids = rows(world.memory, kind)
          .filter((record) => kind !== "port" || number === 0 || (record as PortRecord).project_id !== "")
          .map(({ id, created_at }) => `${created_at} ${id}`)
          .sort();
        return ids[number % Math.max(1, ids.length)]?.split(" ")[1] ?? "none";
      };
      for (let i = 0; i < steps.length; i += together + 1) {
        const group = steps.slice(i, i + together + 1).map((each) => {
          const call: Call = CALLS[each.call];
          return bear(call(nodes[each.node]!.networking, each, pick, world.external.id));
        });
        await Promise.all(group);
        await world.memory.reached(await store.revision());
        checkAll(world.memory);
      }
      await auditL3(store);
      await world.close();
      await other.close();
    }),
    { numRuns: 60 },
  );
});
