import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../model/mod.ts";
import { canonicalSegments, networkSegments } from "./validators-segments.ts";

const type = "provider:network_type";
const id = "provider:segmentation_id";

describe("the segments of a multi-provider network", () => {
  test("an id is converted, and one that says nothing is left to choose", () => {
    const given = [
      { [type]: "vlan", [id]: "5" },
      { [type]: "vlan", [id]: 0 },
      { [type]: "flat", [id]: null },
    ];
    assert.equal(networkSegments(given), undefined);
    assert.deepEqual(canonicalSegments(given), [{ [type]: "vlan", [id]: 5 }, { [type]: "vlan" }, { [type]: "flat" }]);
  });

  const rows: [given: unknown, error: Fault][] = [
    [[{ [type]: "vlan", [id]: "x" }], new Fault("InvalidInput", { error_message: "'x' is not an integer" })],
    [[{ [type]: "vlan", zz: 1 }], new Fault("HTTPBadRequest", { msg: "Unrecognized attribute(s) 'zz'" })],
  ];
  for (const [given, error] of rows) test(error.message, () => assert.throws(() => networkSegments(given), error));

  test("what is no list of objects is refused with a reason", () => {
    assert.equal(networkSegments(5), "'5' is not a list");
    assert.equal(networkSegments(["a"]), "'a' is not a dictionary");
  });
});
