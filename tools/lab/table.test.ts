import assert from "node:assert/strict";
import { test } from "node:test";
import { REACH_TESTS, type ReachCell } from "../../test/kit/mod.ts";
import { reachTable } from "./table.ts";

function cells(names: string[], broken: string[]): ReachCell[] {
  return names.flatMap((from) =>
    names
      .filter((to) => to !== from)
      .flatMap((to) =>
        ([4, 6] as const).flatMap((family) =>
          REACH_TESTS.map((name) => ({ from, to, family, test: name, ok: !broken.includes(`${from} ${to} ${name}`) })),
        ),
      ),
  );
}

test("networks are tables of their own, with a mark for each family and test", () => {
  const text = reachTable([...cells(["vm1", "box"], ["vm1 box tcp"]), ...cells(["a", "b"], [])]);
  assert.deepEqual(text.split("\n"), [
    "from \\ to  vm1      box",
    "vm1        ·        ✓✗✓ ✓✗✓",
    "box        ✓✓✓ ✓✓✓  ·",
    "",
    "from \\ to  a        b",
    "a          ·        ✓✓✓ ✓✓✓",
    "b          ✓✓✓ ✓✓✓  ·",
    "",
    "Each cell: ping, tcp, transfer, first by IPv4, then by IPv6.",
  ]);
});
