import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Attributes, NetworkingTypes } from "../../../api/mod.ts";
import type { FaultCode } from "../../../model/mod.ts";
import { ADMIN, ALICE, refuses } from "../networking.fixture.ts";
import { auditL3, type L3World, makeL3World } from "./l3.fixture.ts";

let world: L3World;
let external: NetworkingTypes["network"];
let inner: NetworkingTypes["subnet"];

/** A subnet of a pool in an address scope of its own, or in one that is there. */
async function scoped(networkId: string, cidr: string, scopeId: string, by = ALICE) {
  const prefixes = [`${cidr.split("::")[0]}::/48`];
  const pool = { name: "p", prefixes, address_scope_id: scopeId, default_prefixlen: 64 };
  const [made] = await world.networking.create(ADMIN, "subnetpool", [{ ...pool, shared: true }]);
  return world.subnet(networkId, cidr, { subnetpool_id: made?.id, enable_dhcp: false }, by);
}

async function newScope(): Promise<string> {
  const [made] = await world.networking.create(ADMIN, "address_scope", [{ name: "s", ip_version: 6, shared: true }]);
  assert.ok(made);
  return made.id;
}

before(async () => {
  world = await makeL3World();
  external = await world.network({ "router:external": true }, ADMIN);
  const scope = await newScope();
  await scoped(external.id, "2001:db8:e::/64", scope, ADMIN);
  inner = await scoped((await world.network()).id, "2001:db8:1::/64", scope);
});
after(async () => {
  await auditL3(world.store);
  await world.close();
});

const info = () => ({ external_gateway_info: { network_id: external.id } });
const make = async (router: { id: string }, port: { id: string }, more: Attributes = {}) => {
  const [row] = await world.networking.create(ALICE, "ndp_proxy", [
    { router_id: router.id, port_id: port.id, ...more },
  ]);
  assert.ok(row);
  return row;
};

test("a router proxies with an IPv6 gateway in an address scope, and not without", async () => {
  const plain = { external_gateway_info: { network_id: world.external.id } };
  const enable_ndp_proxy = true;
  await refuses(
    world,
    "RouterGatewayNotValid",
    () => world.router({ enable_ndp_proxy }),
    /not contain external gateway/,
  );
  await refuses(
    world,
    "RouterGatewayNotValid",
    () => world.router({ ...plain, enable_ndp_proxy }),
    /don't support IPv6/,
  );
  const router = await world.router(plain);
  await refuses(world, "RouterGatewayNotValid", () => world.set(router, { enable_ndp_proxy }));
  const proxying = await world.router({ ...info(), enable_ndp_proxy });
  assert.equal(proxying.enable_ndp_proxy, true);
  const unset = { external_gateway_info: null };
  await refuses(
    world,
    "RouterGatewayNotValid",
    () => world.set(proxying, { ...unset, enable_ndp_proxy }),
    /will be unset/,
  );
  assert.equal((await world.set(proxying, unset)).enable_ndp_proxy, false);
});

test("a proxy keeps gateway, interface and router, and goes with its port", async () => {
  const router = await world.router({ ...info(), enable_ndp_proxy: true });
  await world.act(router, "add_router_interface", { subnet_id: inner.id });
  const port = await world.port(inner.network_id);
  const proxy = await make(router, port);
  assert.equal(proxy.ip_address, port.fixed_ips[0]?.ip_address);
  await refuses(world, "NeutronDbObjectDuplicateEntry", () => make(router, port));
  await refuses(world, "RouterInterfaceInUseByNDPProxy", () =>
    world.act(router, "remove_router_interface", { subnet_id: inner.id }),
  );
  await refuses(world, "RouterGatewayInUseByNDPProxy", () => world.set(router, { external_gateway_info: null }));
  assert.equal((await world.networking.update(ALICE, "ndp_proxy", proxy.id, { name: "n" })).name, "n");
  await world.networking.delete(ALICE, "port", port.id);
  await refuses(world, "NDPProxyNotFound", () => world.networking.get(ALICE, "ndp_proxy", proxy.id));
  await world.act(router, "remove_router_interface", { subnet_id: inner.id });
  await world.networking.delete(ALICE, "router", router.id);
});

test("a proxy is for an address that the router reaches, in one scope with the outside", async () => {
  const router = await world.router({ ...info(), enable_ndp_proxy: true });
  const off = await world.router(info());
  const four = await world.inside("10.2.0.0/24");
  const alien = await scoped((await world.network()).id, "2001:db8:2::/64", await newScope());
  for (const subnet of [inner, four, alien]) await world.act(router, "add_router_interface", { subnet_id: subnet.id });
  const side = await world.port(inner.network_id);
  await world.act(off, "add_router_interface", { port_id: side.id });
  const [port, v4, apart, far] = [
    await world.port(inner.network_id),
    await world.port(four.network_id),
    await world.port(alien.network_id),
    await world.port((await world.inside("2001:db8:3::/64")).network_id),
  ];
  /** [router, port, address, fault] */
  const rows: [{ id: string }, { id: string }, string | null, FaultCode][] = [
    [off, port, null, "RouterNDPProxyNotEnable"],
    [router, { id: "none" }, null, "PortNotFound"],
    [router, far, null, "PortUnreachableRouter"],
    [router, v4, null, "BadRequest"],
    [router, port, "2001:db8:1::99", "InvalidAddress"],
    [router, apart, null, "AddressScopeConflict"],
  ];
  for (const [by, to, ip_address, code] of rows) await refuses(world, code, () => make(by, to, { ip_address }));
});
