import assert from "node:assert/strict";
import { test } from "node:test";
import { interned } from "./intern.ts";

const NETWORK = "7f0d1f0e-6d2c-4f5c-8f55-0b8f3c1f3a10";
const port = (id: string) =>
  JSON.parse(`{"id":"${id}","network_id":"${NETWORK}","security_groups":["${NETWORK}"],"tags":[],"binding:profile":{},
    "fixed_ips":[{"subnet_id":"${NETWORK}","ip_address":"10.0.0.${id}"}],"mtu":null,"up":true,"empty":""}`);

test("what is equal in two records is one thing afterwards, and the records say the same as before", () => {
  const [a, b] = [interned(port("1")), interned(port("2"))];
  assert.deepEqual([a, b], [port("1"), port("2")]);
  for (const name of ["security_groups", "tags", "binding:profile"]) assert.equal(a[name], b[name], name);
});

test("shared lists and objects cannot be changed; a record's own can", () => {
  const a = interned(port("1"));
  for (const name of ["security_groups", "tags", "binding:profile"]) assert.ok(Object.isFrozen(a[name]), name);
  a.name = "new";
  assert.equal(a.fixed_ips[0].ip_address, "10.0.0.1");
});

test("lists of other items, nested ones too, and items that look alike are kept apart", () => {
  const text = '{"a":["1","2"],"b":["1,2"],"c":[1,2],"d":[["x"],{}],"e":["1\\",\\"2"]}';
  assert.deepEqual(interned(JSON.parse(text)), JSON.parse(text));
});
