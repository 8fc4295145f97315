import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "../../host/fake/mod.ts";
import { Hooks } from "./hooks.ts";

const OBJECTS = 7;
const PINS = "/bpf/v1/programs/";
const options = { pinDir: "/bpf/v1", mapSizes: {} };

function loaded(host = fakeHost()) {
  const hooks = new Hooks(host);
  hooks.load("/objects", options);
  return { host, hooks };
}

test("the first start loads every object and pins every program", () => {
  const { host } = loaded();
  assert.equal(host.bpf.loads, OBJECTS);
  const names = [...host.bpf.programPins.keys()].map((path) => path.slice(path.lastIndexOf("/") + 1));
  assert.deepEqual(names.sort(), ["mirror", "overlay", "service", "trap", "uplink", "workload"]);
});

test("a restart takes the pinned programs over and loads nothing", () => {
  const { host, hooks } = loaded();
  const tap = host.home.add({ name: "tap1" });
  hooks.attach(tap.index, "workload");
  const before = host.bpf.attachedIngress(tap.index);
  hooks.close();
  const again = loaded(host).hooks;
  again.attach(tap.index, "workload");
  assert.equal(host.bpf.loads, OBJECTS);
  assert.equal(host.bpf.attachedIngress(tap.index), before);
});

test("other objects are loaded, put over the former programs, and the former pins go", () => {
  const { host, hooks } = loaded();
  const tap = host.home.add({ name: "tap1" });
  hooks.attach(tap.index, "workload");
  const before = host.bpf.attachedIngress(tap.index);
  const formerPins = [...host.bpf.programPins.keys()];
  hooks.close();
  host.bpf.build = "2";
  loaded(host).hooks.attach(tap.index, "workload");
  assert.equal(host.bpf.loads, 2 * OBJECTS);
  assert.notEqual(host.bpf.attachedIngress(tap.index), before);
  assert.equal(host.bpf.programPins.size, formerPins.length);
  assert.ok(formerPins.every((path) => !host.bpf.programPins.has(path)));
});

test("a run killed while it pinned left too few programs: all are loaded again", () => {
  const { host, hooks } = loaded();
  hooks.close();
  const last = [...host.bpf.programPins.keys()].at(-1) ?? assert.fail();
  assert.ok(last.startsWith(PINS));
  host.bpf.programPins.delete(last);
  loaded(host);
  assert.equal(host.bpf.loads, 2 * OBJECTS);
  assert.ok(host.bpf.programPins.has(last));
});

test("programs whose map has lost its pin are loaded again, with a new map", () => {
  const { host, hooks } = loaded();
  hooks.close();
  host.bpf.pins.delete("/bpf/v1/ips");
  loaded(host);
  assert.equal(host.bpf.loads, 2 * OBJECTS);
  assert.ok(host.bpf.pins.has("/bpf/v1/ips"));
});
