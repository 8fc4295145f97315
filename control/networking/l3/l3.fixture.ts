/** For tests: a world with an external network, and short ways to make routers and what hangs on them. */
import assert from "node:assert/strict";
import type { Attributes, Caller, NetworkingTypes } from "../../../api/mod.ts";
import type { Kind, RecordTypes } from "../../../model/mod.ts";
import type { MemoryStore } from "../../../store/memory-store.ts";
import { keys, ROOT, type Store } from "../../../store/mod.ts";
import { ADMIN, ALICE, audit, makeWorld, type World } from "../networking.fixture.ts";

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
  // Tests name addresses below the pool, and choices fall into it.
  const pools = { allocation_pools: [{ start: "203.0.113.100", end: "203.0.113.254" }] };
  const externalSubnet = await world.subnet(external.id, "203.0.113.0/24", { enable_dhcp: false, ...pools }, ADMIN);
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
      const ip_address = cidr.replace(/0\/24$/, "254");
      return { router, subnet, port: await world.port(subnet.network_id, { fixed_ips: [{ ip_address }] }) };
    },
  };
  return { ...world, ...l3, external, externalSubnet };
}

/** What each record leans on. */
const USES: { readonly [K in Kind]?: (record: RecordTypes[K], routerOf: (id: string) => string | null) => Leaning } = {
  router: ({ gateways }) => [["qos_policy", gateways[0]?.qos_policy_id]],
  floatingip: ({ port_id, router_id, qos_policy_id }) => [
    ["port", port_id],
    ["router", router_id],
    ["qos_policy", qos_policy_id],
  ],
  port_forwarding: ({ floatingip_id, internal_port_id }, routerOf) => [
    ["floatingip", floatingip_id],
    ["port", internal_port_id],
    ["router", routerOf(floatingip_id)],
  ],
  conntrack_helper: ({ router_id }) => [["router", router_id]],
  ndp_proxy: ({ router_id, port_id }) => [
    ["router", router_id],
    ["port", port_id],
  ],
  local_ip: ({ local_port_id }) => [["port", local_port_id]],
  local_ip_association: ({ local_ip_id, fixed_port_id }) => [
    ["local_ip", local_ip_id],
    ["port", fixed_port_id],
  ],
};
type Leaning = [Kind, string | null | undefined][];

/** As {@link audit}, and each record has exactly the marks of what it leans on. */
export async function auditL3(store: Store): Promise<void> {
  await audit(store);
  const { entries } = await store.list(ROOT);
  const isOurs = (key: string) => key.startsWith(`${ROOT}use/`) && !key.startsWith(`${ROOT}use/security_group`);
  const marks = entries.map(({ key }) => key).filter(isOurs);
  const routers = new Map<string, string | null>();
  const users: { kind: Kind; record: RecordTypes[Kind] & { id: string } }[] = [];
  for (const { key, value } of entries) {
    const kind = key.slice(keys.allRecords.length).split("/")[0] as Kind;
    if (!key.startsWith(keys.allRecords) || USES[kind] === undefined) continue;
    const record = JSON.parse(value);
    if (kind === "floatingip") routers.set(record.id, record.router_id);
    users.push({ kind, record });
  }
  const expected = users.flatMap(({ kind, record }) => {
    const uses = USES[kind] as (record: RecordTypes[Kind], routerOf: (id: string) => string | null) => Leaning;
    const leaning = uses(record, (id) => routers.get(id) ?? null);
    return leaning.flatMap(([on, id]) => (id ? keys.use(on, id, record.id) : []));
  });
  assert.deepEqual(marks.sort(), expected.sort());
}
