import assert from "node:assert/strict";
import { test } from "node:test";
import { attribute } from "../attribute.ts";
import { offered } from "./offered.ts";

const own = { id: attribute(["filter"]), shared: attribute([]) };
const byAlias = { quick: { speed: attribute(["put"]), shared: attribute(["filter"]) }, slow: { delay: attribute([]) } };

test("an extension's attributes are there when its alias is offered, and may replace the resource's own", () => {
  const attributes = offered(own, byAlias, new Set(["quick"]));
  assert.deepEqual(Object.keys(attributes), ["id", "shared", "speed"]);
  assert.equal(attributes.shared?.isFilter, true);
});

test("an extension that is not offered adds nothing", () => {
  assert.deepEqual(offered(own, byAlias, new Set()), own);
});
