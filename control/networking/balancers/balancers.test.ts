/** Balancers as a resource: what is taken, what is refused, and what becomes of them with their router. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Attributes } from "../../../api/mod.ts";
import { ALICE, audit, BOB, makeWorld, refuses, type World } from "../networking.fixture.ts";

let world: World;
let routerId: string;

beforeEach(async () => {
  world = await makeWorld();
  const [router] = await world.networking.create(ALICE, "router", [{ name: "r" }]);
  routerId = router?.id ?? "";
});
afterEach(async () => {
  await audit(world.store);
  await world.close();
});

const FRONT = { ips: ["10.96.0.1", "fd00::1"], protocol: "tcp", port: 80, backends: [{ ip: "10.0.0.5", port: 8080 }] };
const make = async (fronts: unknown, more: Attributes = {}, by = ALICE) =>
  (await world.networking.create(by, "balancer", [{ name: "b", router_id: routerId, fronts, ...more }]))[0]!;

describe("a balancer", () => {
  test("is kept as it was given, with what was left out", async () => {
    const { id } = await make([FRONT]);
    const { fronts, router_id } = await world.networking.get(ALICE, "balancer", id);
    assert.equal(router_id, routerId);
    assert.deepEqual(fronts, [{ ...FRONT, affinity_seconds: null, local_only: false }]);
  });

  test("is changed, and is as it was when the change says nothing new", async () => {
    const made = await make([FRONT]);
    const same = await world.networking.update(ALICE, "balancer", made.id, { fronts: [FRONT] });
    assert.deepEqual(same, made);
    const after = await world.networking.update(ALICE, "balancer", made.id, { fronts: [{ ...FRONT, backends: [] }] });
    assert.deepEqual(after.fronts[0]?.backends, []);
    assert.equal(after.revision_number, made.revision_number + 1);
  });

  test("goes with its router, and is not made at one that is not there, or another project's", async () => {
    const { id } = await make([FRONT]);
    await refuses(world, "RouterNotFound", () => make([FRONT], { router_id: "nowhere" }));
    await refuses(world, "RouterNotFound", () => make([FRONT], {}, BOB));
    await world.networking.delete(ALICE, "router", routerId);
    await refuses(world, "BalancerNotFound", () => world.networking.get(ALICE, "balancer", id));
  });

  const REFUSED: [name: string, fronts: unknown, text: RegExp][] = [
    ["no list", {}, /fronts must be a list/],
    ["an unknown protocol", [{ ...FRONT, protocol: "icmp" }], /fronts\[0\]\.protocol/],
    ["port 0", [{ ...FRONT, port: 0 }], /fronts\[0\]\.port must be/],
    ["an address that is none", [{ ...FRONT, ips: ["x"] }], /fronts\[0\]\.ips has "x"/],
    ["a backend without a port", [{ ...FRONT, backends: [{ ip: "10.0.0.1" }] }], /backends\[0\]\.port/],
    ["an affinity of more than a day", [{ ...FRONT, affinity_seconds: 86_401 }], /affinity_seconds/],
    ["two fronts at one place", [FRONT, FRONT], /two fronts are at 10\.96\.0\.1 tcp\/80/],
    ["sctp with another port", [{ ...FRONT, protocol: "sctp" }], /own port 80/],
  ];
  for (const [name, fronts, text] of REFUSED) {
    test(`is refused with ${name}, and nothing is written`, async () => {
      await refuses(world, "InvalidInput", () => make(fronts), text);
      assert.equal((await world.networking.list(ALICE, "balancer", {})).length, 0);
    });
  }
});
