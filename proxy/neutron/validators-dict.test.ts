import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../model/mod.ts";
import { toBoolean } from "./converters.ts";
import { orNone, uuid } from "./validators.ts";
import { convertMembers, dict, dictOrNoData, type KeySpecs, listOfDicts } from "./validators-dict.ts";

const ID = "9b2d9ea1-1a8f-4a47-8e2f-2d3f6e2c9a11";
const SPECS: KeySpecs = {
  network_id: { validate: uuid, isRequired: true },
  enable_snat: { convert: toBoolean, validate: () => undefined },
  qos_policy_id: { validate: orNone(uuid) },
};
const keys = (provided: string) =>
  `Validation of dictionary's keys failed. Expected keys: {'network_id'} Provided keys: ${provided}`;

describe("an object with given members", () => {
  const rows: [value: unknown, reason: string | undefined][] = [
    [{ network_id: ID }, undefined],
    [{ network_id: ID, enable_snat: "no", qos_policy_id: null }, undefined],
    [5, "'5' is not a dictionary"],
    [[ID], `'['${ID}']' is not a dictionary`],
    [{ enable_snat: true }, keys("{'enable_snat'}")],
    [{}, keys("set()")],
    [{ network_id: ID, bogus: 1, b2: 2 }, "Unexpected keys supplied: bogus, b2"],
    [{ network_id: "x" }, "'x' is not a valid UUID"],
    [{ network_id: ID, qos_policy_id: "x" }, "'x' is not a valid UUID"],
  ];
  for (const [value, reason] of rows) {
    test(`${JSON.stringify(value)}: ${reason ?? "fine"}`, () => assert.equal(dict(SPECS)(value), reason));
  }

  test("a member that cannot be converted is an invalid input of its own", () => {
    assert.throws(
      () => dict(SPECS)({ network_id: ID, enable_snat: "bogus" }),
      new Fault("InvalidInput", { error_message: "'bogus' cannot be converted to boolean" }),
    );
  });

  test("what Python takes for false is no data", () => {
    for (const value of [null, false, 0, "", [], {}]) assert.equal(dictOrNoData(SPECS)(value), undefined);
    assert.equal(dictOrNoData(SPECS)("x"), "'x' is not a dictionary");
  });

  test("a list of objects names the first one that is wrong", () => {
    assert.equal(listOfDicts(SPECS)(null), undefined);
    assert.equal(listOfDicts(SPECS)([{ network_id: ID }, { network_id: "x" }]), "'x' is not a valid UUID");
  });

  test("converted members take the place of given ones", () => {
    assert.deepEqual(convertMembers(SPECS, { network_id: ID, enable_snat: "no" }), {
      network_id: ID,
      enable_snat: false,
    });
  });
});
