import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Attributes, Networking } from "../../../api/mod.ts";
import type { FaultCode } from "../../../model/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, BOB, makeWorld, refuses } from "../networking.fixture.ts";
import { auditL3, type L3World, makeL3World } from "./l3.fixture.ts";

let world: L3World;
let lan: Awaited<ReturnType<L3World["joined"]>>;
const store = new MemoryStore();
before(async () => {
  world = await makeL3World(store);
  lan = await world.joined();
});
after(async () => {
  await auditL3(world.store);
  await world.close();
});

const ADDRESS = "10.0.0.50";
const inner = () => world.port(lan.subnet.network_id, { fixed_ips: [{ ip_address: ADDRESS }] });
const floatingOf = (id: string) => world.networking.get(ALICE, "floatingip", id);

async function forward(floating: { id: string }, body: Attributes, networking: Networking = world.networking) {
  const given = { protocol: "tcp", internal_ip_address: ADDRESS, floatingip_id: floating.id, ...body };
  const [row] = await networking.create(ALICE, "port_forwarding", [given]);
  assert.ok(row);
  return row;
}

test("a floating IP is on the router of its forwardings, from the first to the last", async () => {
  const [port, floating] = [await inner(), await world.floatingIp()];
  const one = await forward(floating, { internal_port_id: port.id, external_port: 80, internal_port: 8080 });
  assert.deepEqual([one.external_port_range, one.internal_port_range], ["80:80", "8080:8080"]);
  const range = { external_port_range: "100:110", internal_port_range: "200:210" };
  const two = await forward(floating, { internal_port_id: port.id, ...range });
  assert.deepEqual([two.external_port, two.external_port_range], [null, "100:110"]);
  const shown = await floatingOf(floating.id);
  assert.deepEqual([shown.router_id, shown.port_id, shown.status], [lan.router.id, null, "DOWN"]);
  const brief = { internal_ip_address: ADDRESS, internal_port_id: port.id, protocol: "tcp" };
  const expected = [
    { id: one.id, external_port: 80, internal_port: 8080, ...brief },
    { id: two.id, ...brief },
  ];
  const byId = (rows: object[]) => new Map(rows.map((row) => [(row as { id: string }).id, row]));
  assert.deepEqual(byId(shown.port_forwardings), byId(expected));

  const { networking } = world;
  await refuses(world, "FipInUseByPortForwarding", () => networking.delete(ALICE, "floatingip", floating.id));
  await refuses(world, "FipInUseByPortForwarding", () =>
    networking.update(ALICE, "floatingip", floating.id, { port_id: lan.port.id }),
  );
  await refuses(world, "RouterInterfaceInUseByFloatingIP", () =>
    world.act(lan.router, "remove_router_interface", { subnet_id: lan.subnet.id }),
  );
  await refuses(world, "RouterExternalGatewayInUseByFloatingIp", () =>
    world.set(lan.router, { external_gateway_info: null }),
  );
  const free = await networking.update(ALICE, "floatingip", floating.id, { port_id: null });
  assert.equal(free.router_id, lan.router.id);
  await refuses(world, "PortForwardingNotFound", () =>
    networking.get(BOB, "port_forwarding", `${floating.id}/${one.id}`),
  );
  await networking.delete(ALICE, "port_forwarding", `${floating.id}/${one.id}`);
  await networking.update(ALICE, "port", port.id, { fixed_ips: [{ ip_address: "10.0.0.51" }] });
  const left = await floatingOf(floating.id);
  assert.deepEqual([left.router_id, left.port_forwardings, left.status], [null, [], "DOWN"]);
  await networking.delete(ALICE, "port", port.id);
});

/** [name, what is asked for, fault, words] besides 80 to 8080 and 100-110 to 200-210 */
const refusals: [string, Attributes, FaultCode, RegExp][] = [
  [
    "a used port outside",
    { external_port: 80, internal_port: 9 },
    "BadRequest",
    /external_port_range.* 80:80 and 80:80/,
  ],
  ["a used port inside", { external_port: 9, internal_port: 8080 }, "BadRequest", /internal_port_range.*8080:8080/],
  [
    "a range over another",
    { external_port_range: "105:106", internal_port_range: "9:10" },
    "BadRequest",
    /100:110 and 105:106/,
  ],
  [
    "ranges of two sizes",
    { external_port_range: "9:11", internal_port_range: "9:10" },
    "BadRequest",
    /must be N-N or 1-N/,
  ],
  ["no port", {}, "BadRequest", /must be specified/],
  ["a port beyond the last", { external_port_range: "9:70000", internal_port: 9 }, "BadRequest", /between 1 and 65535/],
  [
    "another address",
    { external_port: 9, internal_port: 9, internal_ip_address: "10.0.0.99" },
    "BadRequest",
    /Requested internal IP address 10\.0\.0\.99 is not suitable for internal neutron port .*, as its fixed_ips are \[\{'subnet_id': /,
  ],
  ["no such port", { external_port: 9, internal_port: 9, internal_port_id: "none" }, "PortNotFound", /./],
];
test("what collides or cannot be reached is refused", async () => {
  const [port, floating] = [await inner(), await world.floatingIp()];
  await forward(floating, { internal_port_id: port.id, external_port: 80, internal_port: 8080 });
  const range = { external_port_range: "100:110", internal_port_range: "200:210" };
  await forward(floating, { internal_port_id: port.id, ...range });
  await forward(floating, { internal_port_id: port.id, protocol: "udp", external_port: 80, internal_port: 8080 });
  await forward(floating, { internal_port_id: port.id, external_port_range: "120:130", internal_port: 300 });
  for (const [name, body, code, words] of refusals) {
    await refuses(world, code, () => forward(floating, { internal_port_id: port.id, ...body }), words).catch(
      (error) => {
        throw new Error(name, { cause: error });
      },
    );
  }
  const bound = await world.floatingIp({ port_id: lan.port.id });
  const more = { external_port: 9, internal_port: 9 };
  await refuses(world, "FloatingIPPortAlreadyAssociated", () => forward(bound, { internal_port_id: port.id, ...more }));
  await refuses(world, "PortHasBindingFloatingIP", () => forward(floating, { internal_port_id: lan.port.id, ...more }));
  await world.networking.delete(ALICE, "floatingip", bound.id);
  const apart = await world.port((await world.inside("10.8.0.0/24")).network_id);
  await refuses(
    world,
    "BadRequest",
    () => forward(floating, { internal_port_id: apart.id, internal_ip_address: undefined, ...more }),
    /is not reachable from subnet/,
  );
  await world.networking.delete(ALICE, "port", port.id);
});

test("a forwarding changes as a whole, and keeps apart from the others", async () => {
  const [port, floating] = [await inner(), await world.floatingIp()];
  const one = await forward(floating, { internal_port_id: port.id, external_port: 80, internal_port: 8080 });
  await forward(floating, { internal_port_id: port.id, external_port: 81, internal_port: 8081 });
  const set = (changes: Attributes) =>
    world.networking.update(ALICE, "port_forwarding", `${floating.id}/${one.id}`, changes);
  assert.equal((await set({ external_port: 90 })).external_port, 90);
  await refuses(world, "BadRequest", () => set({ external_port: 81 }), /port collision with the external_port_range/);
  await refuses(world, "BadRequest", () => set({ internal_port_range: "90:91" }), /N-N or 1-N/);
  const lost = /The internal IP does not correspond to an address on the internal port/;
  await refuses(world, "BadRequest", () => set({ internal_ip_address: "10.0.0.77" }), lost);
  const moved = await set({ internal_port_id: lan.port.id });
  assert.equal(moved.internal_ip_address, lan.port.fixed_ips[0]?.ip_address);
  await world.networking.delete(ALICE, "port", port.id);
  await world.networking.delete(ALICE, "port_forwarding", `${floating.id}/${one.id}`);
  assert.equal((await floatingOf(floating.id)).router_id, null);
});

test("on two control nodes at a time, a port outside is forwarded once, and the last takes the router along", async () => {
  const other = await makeWorld({}, store);
  const nodes = [world.networking, other.networking];
  const [port, floating] = [await inner(), await world.floatingIp()];
  await other.memory.reached(world.memory.revision);
  const done = await Promise.allSettled(
    [1, 2, 3, 4].map((n) =>
      forward(floating, { internal_port_id: port.id, external_port: 80, internal_port: n }, nodes[n % 2]),
    ),
  );
  assert.equal(done.filter(({ status }) => status === "fulfilled").length, 1);
  await forward(floating, { internal_port_id: port.id, external_port: 81, internal_port: 9 });
  await other.memory.reached(world.memory.revision);
  const ids = (await world.networking.list(ADMIN, "port_forwarding", { floatingip_id: [floating.id] })).map(
    (row) => row.id,
  );
  assert.equal(ids.length, 2);
  await Promise.all(ids.map((id, i) => nodes[i]!.delete(ALICE, "port_forwarding", `${floating.id}/${id}`)));
  await world.memory.reached(await store.revision());
  assert.equal((await floatingOf(floating.id)).router_id, null);
  await world.networking.delete(ALICE, "floatingip", floating.id);
  await other.close();
});
