import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Attributes, Networking } from "../../../api/mod.ts";
import type { FaultCode } from "../../../model/mod.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import { ADMIN, ALICE, BOB, makeWorld, refuses } from "../networking.fixture.ts";
import { auditL3, type L3World, makeL3World } from "./l3.fixture.ts";

let world: L3World;
const store = new MemoryStore();
before(async () => {
  world = await makeL3World(store);
});
after(async () => {
  await auditL3(world.store);
  await world.close();
});

const FTP = { protocol: "tcp", port: 21, helper: "ftp" };
const make = async (router: { id: string }, body: Attributes, networking: Networking = world.networking) => {
  const [row] = await networking.create(ALICE, "conntrack_helper", [{ router_id: router.id, ...body }]);
  assert.ok(row);
  return row;
};

test("a router shows its helpers, and takes them along", async () => {
  const router = await world.router();
  const { id } = await make(router, FTP);
  assert.deepEqual((await world.networking.get(ALICE, "router", router.id)).conntrack_helpers, [FTP]);
  const path = `${router.id}/${id}`;
  assert.equal((await world.networking.update(ALICE, "conntrack_helper", path, { port: 2121 })).port, 2121);
  await refuses(world, "ConntrackHelperNotFound", () => world.networking.get(BOB, "conntrack_helper", path));
  await world.networking.delete(ALICE, "router", router.id);
  assert.deepEqual(await world.networking.list(ADMIN, "conntrack_helper", {}), []);
});

/** [body, fault, words] */
const refusals: [Attributes, FaultCode, RegExp][] = [
  [{ helper: "nope" }, "ConntrackHelperNotAllowed", /^Conntrack Helper nope is not allowed\.$/],
  [{ helper: "constructor" }, "ConntrackHelperNotAllowed", /./],
  [{ protocol: "udp" }, "InvalidProtocolForHelper", /ftp does not support: udp\. Supported protocols are: tcp$/],
  [{}, "BadRequest", /conflicting values are \{'router_id': '[^']+', 'protocol': 'tcp', 'port': 21, 'helper': 'ftp'\}/],
];
test("a helper is one that there is, for a protocol of its own, and once", async () => {
  const router = await world.router();
  await make(router, FTP);
  const other = await make(router, { ...FTP, port: 22 });
  for (const [body, code, words] of refusals) {
    await refuses(world, code, () => make(router, { ...FTP, ...body }), words);
    const change = { port: 21, ...body };
    await refuses(world, code, () =>
      world.networking.update(ALICE, "conntrack_helper", `${router.id}/${other.id}`, change),
    );
  }
  await world.networking.delete(ALICE, "conntrack_helper", `${router.id}/${other.id}`);
});

test("on two control nodes at a time, a helper is made once", async () => {
  const router = await world.router();
  const other = await makeWorld({}, store);
  const nodes = [world.networking, other.networking];
  const done = await Promise.allSettled([0, 1, 2, 3].map((i) => make(router, FTP, nodes[i % 2])));
  assert.equal(done.filter(({ status }) => status === "fulfilled").length, 1);
  await other.close();
});
