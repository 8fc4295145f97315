import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Attributes, NetworkingTypes } from "../../../api/mod.ts";
import { ADMIN, ALICE, refuses } from "../networking.fixture.ts";
import { auditL3, type L3World, makeL3World } from "./l3.fixture.ts";

let world: L3World;
let second: NetworkingTypes["network"];
before(async () => {
  world = await makeL3World();
  second = await world.network({ "router:external": true }, ADMIN);
  await world.subnet(second.id, "198.51.100.0/24", { enable_dhcp: false }, ADMIN);
});
after(async () => {
  await auditL3(world.store);
  await world.close();
});

const on = (network: { id: string }, ...addresses: string[]): Attributes => ({
  network_id: network.id,
  ...(addresses.length > 0 && { external_fixed_ips: addresses.map((ip_address) => ({ ip_address })) }),
});

interface ShownGateway {
  network_id: string;
  external_fixed_ips: { ip_address: string }[];
}

/** Each gateway as NETWORK:ADDRESS, where the network is "a" or "b". */
const brief = (router: Attributes) =>
  (router.external_gateways as ShownGateway[]).map(
    ({ network_id, external_fixed_ips: [entry] }) =>
      `${network_id === second.id ? "b" : "a"}:${entry?.ip_address.split(".").at(-1)}`,
  );
const act = (router: { id: string }, verb: string, ...external_gateways: Attributes[]) =>
  world.act(router, `${verb}_external_gateways`, { external_gateways }, ADMIN);

/** [name, calls, the gateways after them] on a router with a:50 and b:60 */
const rows: [string, [verb: string, gateways: () => Attributes[]][], string[]][] = [
  ["further ones come last", [["add", () => [on(world.external, "203.0.113.51")]]], ["a:50", "b:60", "a:51"]],
  ["one goes by its network", [["remove", () => [on(second)]]], ["a:50"]],
  ["the next becomes the first", [["remove", () => [on(world.external)]]], ["b:60"]],
  [
    "one of several on a network goes by its address",
    [
      ["add", () => [on(second, "198.51.100.61")]],
      ["remove", () => [on(second, "198.51.100.60")]],
    ],
    ["a:50", "b:61"],
  ],
  ["an update without any removes all", [["update", () => []]], []],
  ["an update puts the first first", [["update", () => [on(second), on(world.external)]]], ["b:60", "a:50"]],
  ["an update drops what it does not name", [["update", () => [on(second)]]], ["b:60"]],
  [
    "an update makes and moves",
    [["update", () => [on(world.external, "203.0.113.55"), on(second, "198.51.100.60"), on(second, "198.51.100.62")]]],
    ["a:55", "b:60", "b:62"],
  ],
];
for (const [name, calls, expected] of rows) {
  test(`gateways: ${name}`, async () => {
    const router = await world.router();
    const made = await act(router, "add", on(world.external, "203.0.113.50"), on(second, "198.51.100.60"));
    assert.deepEqual(brief(made), ["a:50", "b:60"]);
    assert.equal((made.external_gateway_info as ShownGateway).network_id, world.external.id);
    let shown: Attributes = made;
    for (const [verb, gateways] of calls) shown = await act(router, verb, ...gateways());
    assert.deepEqual(brief(shown), expected);
    const stored = await world.networking.get(ALICE, "router", router.id);
    assert.deepEqual(brief(stored as unknown as Attributes), expected);
    const ports = await world.networking.list(ADMIN, "port", { device_id: [router.id] });
    assert.equal(ports.length, expected.length);
    await world.networking.delete(ALICE, "router", router.id);
  });
}

test("what cannot be told apart or is not there is refused", async () => {
  const router = await world.router();
  await refuses(world, "UnableToRemoveGateways", () => act(router, "remove", on(second)));
  await act(router, "add", on(second, "198.51.100.60"), on(second, "198.51.100.61"));
  await refuses(world, "UnableToMatchGateways", () => act(router, "remove", on(second)), /multiple gateway ports/);
  await refuses(world, "UnableToMatchGateways", () => act(router, "remove", on(second, "198.51.100.99")));
  await refuses(world, "UnableToMatchGateways", () => act(router, "remove", on(world.external)));
  await world.networking.delete(ALICE, "router", router.id);
});

test("the last gateway on a network stays while floating IPs of it need it", async () => {
  const { router, port } = await world.joined();
  await act(router, "add", on(world.external), on(second));
  const floating = await world.floatingIp({ port_id: port.id });
  const named = async () => brief((await world.networking.get(ALICE, "router", router.id)) as unknown as Attributes);
  const address = (await named())[0]?.split(":")[1];
  assert.equal((await act(router, "remove", on(world.external, `203.0.113.${address}`))).id, router.id);
  await refuses(world, "RouterExternalGatewayInUseByFloatingIp", () => act(router, "remove", on(world.external)));
  await refuses(world, "RouterExternalGatewayInUseByFloatingIp", () => act(router, "update", on(second)));
  await world.networking.delete(ALICE, "floatingip", floating.id);
  assert.equal((await act(router, "update", on(second))).id, router.id);
  assert.equal((await named()).length, 1);
});
