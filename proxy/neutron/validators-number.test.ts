import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Validator } from "./attribute.ts";
import { integer, MAX_INTEGER, portRange, range } from "./validators-number.ts";

const port = range(1, 65_535);
const ports = portRange(1, 65_535);
const pair = "Port range must be two integers separated by a colon";

const ROWS: [name: string, validator: Validator, value: unknown, reason: string | undefined][] = [
  ["integer", integer, 5, undefined],
  ["integer", integer, "5", undefined],
  ["integer", integer, " 5 ", undefined],
  ["integer", integer, "1_0", undefined],
  ["integer", integer, 1.5, "'1.5' is not an integer"],
  ["integer", integer, "1.5", "'1.5' is not an integer"],
  ["integer", integer, "x", "'x' is not an integer"],
  ["integer", integer, null, "'None' is not an integer"],
  ["integer", integer, true, "'True' is not an integer:boolean"],
  ["integer", integer, [], "'[]' is not an integer"],
  ["range", port, 80, undefined],
  ["range", port, "80", undefined],
  ["range", port, true, undefined],
  ["range", port, 0, "'0' is too small - must be at least '1'"],
  ["range", port, "65536", "'65536' is too large - must be no larger than '65535'"],
  ["range", port, "80:90", "'80:90' is not an integer"],
  ["range", port, null, "'None' is not an integer"],
  ["range", range(0, MAX_INTEGER), 2_147_483_647, undefined],
  ["range", range(0, MAX_INTEGER), 2_147_483_648, "'2147483648' is too large - must be no larger than '2147483647'"],
  ["port range", ports, null, undefined],
  ["port range", ports, "80", undefined],
  ["port range", ports, 5, undefined],
  ["port range", ports, "80:90", undefined],
  ["port range", ports, "90:80", "First port in a port range must be lower than the second port"],
  ["port range", ports, "80:90:100", pair],
  ["port range", ports, ":", pair],
  ["port range", ports, "80:", pair],
  ["port range", ports, "0:5", "Invalid port: 0, the port must be in the range [1, 65535]"],
  ["port range", ports, "70000:70001", "Invalid port: 70000"],
  ["port range", ports, true, "Invalid port: True"],
  ["port range", ports, "x", "Invalid port: x"],
];

describe("numbers, as Neutron judges them", () => {
  for (const [name, validator, value, reason] of ROWS) {
    test(`${name} ${JSON.stringify(value)}: ${reason ?? "fine"}`, () => assert.equal(validator(value), reason));
  }
});
