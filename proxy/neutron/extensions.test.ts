import assert from "node:assert/strict";
import { test } from "node:test";
import { OFFERED } from "./extensions/offered.ts";
import { ALL_EXTENSIONS, EXTENSIONS, extensionOf } from "./extensions.ts";

const aliases = ALL_EXTENSIONS.map(({ alias }) => alias);

test("an alias has one row", () => {
  assert.deepEqual(
    aliases.filter((alias, index) => aliases.indexOf(alias) !== index),
    [],
  );
});

test("every offered alias has a row, and no other is listed", () => {
  assert.deepEqual(EXTENSIONS.map(({ alias }) => alias).sort(), [...OFFERED].sort());
});

test("an alias that is not offered is not found", () => {
  const hidden = aliases.find((alias) => !OFFERED.has(alias));
  assert.ok(hidden === undefined || extensionOf(hidden) === undefined);
  assert.ok(extensionOf("pagination"));
});
