import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { portId } from "../fake/mod.ts";
import { type Attachment, Attachments, deviceOf, isContainerDevice } from "./attachments.ts";

function newDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "cable-attachments-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const anAttachment = (containerId: string, changes: Partial<Attachment> = {}): Attachment => ({
  containerId,
  ifname: "eth0",
  state: "added",
  configName: "net",
  netns: "/n",
  device: deviceOf({ containerId, ifname: "eth0" }),
  portId: portId(1),
  ownNetworkId: null,
  ...changes,
});

test("attachments are found again by a later process, by container and by port", (t) => {
  const directory = newDirectory(t);
  new Attachments(directory).put(anAttachment("c1"));
  const later = new Attachments(directory);
  assert.deepEqual(later.get({ containerId: "c1", ifname: "eth0" }), anAttachment("c1"));
  assert.equal(later.ofPort(portId(1))?.containerId, "c1");
  const [file = ""] = readdirSync(directory);
  assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600);
});

test("a port is on its attachment's device until it is being removed", (t) => {
  const attachments = new Attachments(newDirectory(t));
  attachments.put(anAttachment("c1", { state: "adding" }));
  assert.equal(attachments.deviceOfPort(portId(1)), anAttachment("c1").device);
  attachments.put(anAttachment("c1", { state: "removing" }));
  assert.equal(attachments.deviceOfPort(portId(1)), undefined);
});

test("a port that another container has taken over stays with that one", (t) => {
  const attachments = new Attachments(newDirectory(t));
  attachments.put(anAttachment("c1"));
  attachments.put(anAttachment("c2"));
  attachments.remove(anAttachment("c1"));
  assert.equal(attachments.ofPort(portId(1))?.containerId, "c2");
});

test("what cannot be read, or was cut off before its final name, is removed and told of", (t) => {
  const directory = newDirectory(t);
  const files = { "a.json": "", "b.json": "{", "c.json": "null", "d.json": '{"containerId":7}', "e.json.new": "{" };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const bad: string[] = [];
  assert.deepEqual(new Attachments(directory, (file) => bad.push(file)).all(), []);
  assert.deepEqual(readdirSync(directory), []);
  assert.equal(bad.length, 4);
});

test("device names fit the kernel, differ by container and interface, and are known as ours", () => {
  const names = new Set(
    ["c1", "c2"].flatMap((containerId) => ["eth0", "net1"].map((ifname) => deviceOf({ containerId, ifname }))),
  );
  assert.equal(names.size, 4);
  for (const name of names) assert.ok(name.length <= 15 && isContainerDevice(name), name);
  for (const name of ["cable-vxlan", "cab0", "eth0"]) assert.equal(isContainerDevice(name), false);
});
