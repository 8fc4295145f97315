import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_QUOTAS, QUOTA_RESOURCES } from "../api/mod.ts";
import { quotaFlag } from "./quota-flag.ts";

test("one limit, over Neutron's own or over those before", () => {
  assert.deepEqual(quotaFlag("port=1000"), { ...DEFAULT_QUOTAS, port: 1000 });
  assert.deepEqual(quotaFlag("trunk=0", quotaFlag("port=-1")), { ...DEFAULT_QUOTAS, port: -1, trunk: 0 });
});

test("all of them at once", () => {
  const limits = quotaFlag("all=-1", quotaFlag("port=7"));
  assert.deepEqual(new Set(Object.values(limits)), new Set([-1]));
  assert.deepEqual(Object.keys(limits).sort(), [...QUOTA_RESOURCES].sort());
});

for (const text of ["port", "port=", "port=-2", "port=many", "port=1.5", "=1", "ports=1", "__proto__=1"]) {
  test(`refused: ${text}`, () => assert.throws(() => quotaFlag(text), /NUMBER|there are: all/));
}
