import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { aNetwork, anEndpoint, aPort, aView } from "../fake/mod.ts";
import { viewFile } from "./view-file.ts";

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cable-view-"));
});
after(() => rm(directory, { recursive: true }));

const many = Array.from({ length: 1200 }, (_, n) => anEndpoint(n, 1, "h2"));
const view = aView([aNetwork(1), aNetwork(2)], [aPort(1, 1), aPort(2, 1)], many);

test("a view comes back as it was saved, over an older one", async () => {
  const file = viewFile(join(directory, "deep", "view"), "h1");
  await file.save(aView([aNetwork(9)], [], []), 1);
  await file.save(view, 17);
  assert.deepEqual(await file.load(), { view, revision: 17 });
  assert.equal((await stat(join(directory, "deep", "view"))).mode & 0o777, 0o600);
});

test("no usable view is found", async (t) => {
  const path = join(directory, "view");
  await viewFile(path, "h1").save(view, 17);
  const whole = await readFile(path, "utf8");
  const rows: [string, string][] = [
    ["in an empty file", ""],
    ["in a file cut off between lines", whole.split("\n").slice(0, 5).join("\n")],
    ["in a file cut off within a line", whole.slice(0, 700)],
    ["in a file of something else", "null\n[]\n"],
    ["in a file with a message of something else", `${whole}null\n`],
    ["in a file of another format", whole.replace('"format":1', '"format":2')],
    ["in a file of another host", whole.replace('"host":"h1"', '"host":"h2"')],
  ];
  for (const [title, text] of rows)
    await t.test(title, async () => {
      await writeFile(path, text);
      assert.equal(await viewFile(path, "h1").load(), undefined);
    });
  await t.test("where there is no file", async () =>
    assert.equal(await viewFile(join(directory, "none"), "h1").load(), undefined),
  );
});
