import assert from "node:assert/strict";
import { test } from "node:test";
import { ip, mac } from "../../model/mod.ts";
import { type AddressAt, Moves } from "./moves.ts";

const at = (address: string, n: number, networkId = "n1"): AddressAt => ({
  networkId,
  ip: ip(address),
  mac: mac(`02:00:00:00:00:0${n}`),
});
const A = "10.0.0.5";

const rows: [name: string, steps: [before: AddressAt[], after: AddressAt[]][][], moved: AddressAt[]][] = [
  ["what is new has not moved", [[[[], [at(A, 1)]]]], []],
  ["what changes its MAC has", [[[[at(A, 1)], [at(A, 2)]]]], [at(A, 2)]],
  ["an address given to another port", [[[[at(A, 1)], []]], [[[], [at(A, 2)]]]], [at(A, 2)]],
  [
    "the same in one change, the new port first",
    [
      [
        [[], [at(A, 2)]],
        [[at(A, 1)], []],
      ],
    ],
    [at(A, 2)],
  ],
  ["what comes back as it was has not", [[[[at(A, 1)], []]], [[[], [at(A, 1)]]]], []],
  ["the same address in another network is another", [[[[at(A, 1)], []]], [[[], [at(A, 2, "n2")]]]], []],
  ["what else changes is no move", [[[[at(A, 1)], [at(A, 1), at("fd00::5", 1)]]]], []],
  ["it is told once", [[[[at(A, 1)], [at(A, 2)]]], [[[at(A, 2)], [at(A, 2)]]]], []],
];
for (const [name, steps, moved] of rows)
  test(name, () => {
    const moves = new Moves();
    let last: AddressAt[] = [];
    for (const step of steps) last = moves.take(step.map(([before, after]) => ({ before, after })));
    assert.deepEqual(last, moved);
  });

test("the oldest former places are forgotten", () => {
  const moves = new Moves();
  const far = (i: number) => at(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1);
  moves.take(Array.from({ length: 10_001 }, (_, i) => ({ before: [far(i)], after: [] })));
  const again = (i: number) =>
    moves.take([{ before: [], after: [{ ...far(i), mac: mac("02:00:00:00:00:09") }] }]).length;
  assert.deepEqual([again(0), again(1), again(10_000)], [0, 1, 1]);
});
