/** For tests: a world with an external network, and short ways to make routers and what hangs on them. */
import assert from "node:assert/strict";
import type { Attributes, Caller, NetworkingTypes } from "../../../api/mod.ts";
import type { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, makeWorld, type World } from "../networking.fixture.ts";

export interface L3World extends World {
  external: NetworkingTypes["network"];
  externalSubnet: NetworkingTypes["subnet"];
  router(attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["router"]>;
  floatingIp(attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["floatingip"]>;
  /** A network of ALICE's with a subnet. */
  inside(cidr: string, attributes?: Attributes): Promise<NetworkingTypes["subnet"]>;
  act(router: { id: string }, action: string, body: Attributes, by?: Caller): Promise<Attributes>;
  set(router: { id: string }, changes: Attributes, by?: Caller): Promise<NetworkingTypes["router"]>;
  /** Router, inner subnet, and a port there, joined. */
  joined(cidr?: string): Promise<{
    router: NetworkingTypes["router"];
    subnet: NetworkingTypes["subnet"];
    port: NetworkingTypes["port"];
  }>;
}

export async function makeL3World(store?: MemoryStore): Promise<L3World> {
  const world = await makeWorld({}, store);
  const { networking } = world;
  const one = async <T>(rows: Promise<T[]>): Promise<T> => {
    const [row] = await rows;
    assert.ok(row);
    return row;
  };
  const external = await world.network({ "router:external": true }, ADMIN);
  const externalSubnet = await world.subnet(external.id, "203.0.113.0/24", { enable_dhcp: false }, ADMIN);
  const l3: Omit<L3World, keyof World | "external" | "externalSubnet"> = {
    router: (attributes = {}, by = ALICE) => one(networking.create(by, "router", [attributes])),
    floatingIp: (attributes = {}, by = ALICE) =>
      one(networking.create(by, "floatingip", [{ floating_network_id: external.id, ...attributes }])),
    inside: async (cidr, attributes = {}) => world.subnet((await world.network()).id, cidr, attributes),
    act: (router, action, body, by = ALICE) => networking.act(by, "router", router.id, action, body),
    set: (router, changes, by = ALICE) => networking.update(by, "router", router.id, changes),
    async joined(cidr = "10.0.0.0/24") {
      const router = await l3.router({ external_gateway_info: { network_id: external.id } });
      const subnet = await l3.inside(cidr);
      await l3.act(router, "add_router_interface", { subnet_id: subnet.id });
      return { router, subnet, port: await world.port(subnet.network_id) };
    },
  };
  return { ...world, ...l3, external, externalSubnet };
}
