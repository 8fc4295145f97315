/** For tests: short ways to make pools, scopes and subnets of pools. */
import assert from "node:assert/strict";
import type { Attributes, Caller } from "../../../api/mod.ts";
import { ALICE, type World } from "../networking.fixture.ts";

const one = async <T>(rows: Promise<T[]>): Promise<T> => {
  const [row] = await rows;
  assert.ok(row);
  return row;
};

export const makePool = (world: World, prefixes: string[], more: Attributes = {}, by: Caller = ALICE) =>
  one(world.networking.create(by, "subnetpool", [{ name: "pool", prefixes, ...more }]));

export const makeScope = (world: World, more: Attributes = {}, by: Caller = ALICE) =>
  one(world.networking.create(by, "address_scope", [{ name: "scope", ip_version: 4, ...more }]));

/** A subnet in a network of its own, unless `more` names one. */
export async function fromPool(world: World, subnetpool_id: string, more: Attributes = {}, by: Caller = ALICE) {
  const network_id = more.network_id ?? (await world.network({}, by)).id;
  return one(world.networking.create(by, "subnet", [{ network_id, subnetpool_id, ...more }]));
}

export async function share(world: World, type: string, objectId: string, target: string, by: Caller = ALICE) {
  const body = { object_type: type, object_id: objectId, action: "access_as_shared", target_project: target };
  return one(world.networking.create(by, "rbac_policy", [body]));
}
