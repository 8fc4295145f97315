import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeHost } from "../../host/fake/host.ts";
import { turns } from "../fake/mod.ts";
import { LocalLinks } from "./devices.ts";

async function setUp() {
  const host = new FakeHost();
  const local = new LocalLinks(host.links);
  let calls = 0;
  local.start(() => {
    calls += 1;
  });
  local.takeChanged();
  return { host, local, calls: () => calls };
}

test("a link is there with its index when it comes, and gone when it goes", async () => {
  const { host, local, calls } = await setUp();
  const { index } = host.home.add({ name: "tap1" });
  await turns();
  assert.equal(local.get("tap1")?.index, index);
  host.links.remove(index);
  await turns();
  assert.equal(local.get("tap1"), undefined);
  assert.deepEqual([local.takeChanged(), calls()], [["tap1"], 2]);
});

test("a link that goes up is no news, but is seen", async () => {
  const { host, local, calls } = await setUp();
  const { index } = host.home.add({ name: "tap1" });
  await turns();
  host.links.set(index, { up: true });
  await turns();
  assert.deepEqual([local.get("tap1")?.up, calls()], [true, 1]);
});

test("a name that is taken over at once means the new device, also when the old one's end is told late", async () => {
  const { host, local } = await setUp();
  const first = host.home.add({ name: "tap1" });
  await turns();
  host.home.links.delete(first.index);
  const second = host.home.add({ name: "tap1" });
  local.refresh("tap1");
  host.home.tell({ kind: "removed", index: first.index, name: "tap1" });
  await turns();
  assert.equal(local.get("tap1")?.index, second.index);
});

test("a renamed link leaves its old name", async () => {
  const { host, local } = await setUp();
  const link = host.home.add({ name: "tap1" });
  await turns();
  host.home.tell({ kind: "changed", link: { ...link, name: "tap2" } });
  await turns();
  assert.deepEqual([local.get("tap1"), local.get("tap2")?.index], [undefined, link.index]);
  assert.deepEqual(local.takeChanged(), ["tap1", "tap2"]);
});

test("refresh sees what no event has told yet, and the event is then no news", async () => {
  const { host, local, calls } = await setUp();
  host.home.add({ name: "veth1" });
  local.refresh("veth1");
  assert.notEqual(local.get("veth1"), undefined);
  await turns();
  assert.equal(calls(), 0);
});
