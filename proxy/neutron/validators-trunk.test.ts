import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { subports } from "./validators-trunk.ts";

const A = "9b2d9ea1-1a8f-4a47-8e2f-2d3f6e2c9a11";
const B = "0b2d9ea1-1a8f-4a47-8e2f-2d3f6e2c9a12";
const vlan = (port_id: string, segmentation_id: unknown) => ({ port_id, segmentation_type: "vlan", segmentation_id });
const incomplete = (subport: string) =>
  `Invalid subport details '${subport}': missing segmentation information. Must specify both segmentation_id and segmentation_type`;

describe("the subports of a trunk", () => {
  const rows: [value: unknown, reason: string | undefined][] = [
    [[], undefined],
    [[{ port_id: A }], undefined],
    [[vlan(A, 5), vlan(B, 6)], undefined],
    [[vlan(A, 5), vlan(B, "5")], undefined],
    [[{ port_id: A, segmentation_type: "inherit" }, { port_id: "x" }], undefined],
    [5, "Invalid data format for subports: '5' is not a list"],
    [["a"], "Invalid data format for subport: 'a' is not a dict"],
    [[{ segmentation_id: 1 }], "A valid port UUID must be specified"],
    [[{ port_id: "x" }], "Invalid UUID for subport: 'x'"],
    [[{ port_id: A }, { port_id: A }], `Non unique UUID for subport: '${A}'`],
    [[{ port_id: A, segmentation_type: "vlan" }], incomplete(`{'port_id': '${A}', 'segmentation_type': 'vlan'}`)],
    [
      [{ port_id: A, segmentation_type: "", segmentation_id: 5 }],
      incomplete(`{'port_id': '${A}', 'segmentation_type': '', 'segmentation_id': 5}`),
    ],
    [[vlan(A, 5), vlan(B, 5)], `Segmentation ID '5' for '${B}' is not unique`],
  ];
  for (const [value, reason] of rows) {
    test(`${JSON.stringify(value)}: ${reason ?? "fine"}`, () => assert.equal(subports(value), reason));
  }
});
