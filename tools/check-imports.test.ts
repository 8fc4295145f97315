import assert from "node:assert/strict";
import { test } from "node:test";
import { checkImports, folderGraph } from "./check-imports.ts";
import { importsOf } from "./import-graph.ts";
import { DOORS, WALLS } from "./walls.ts";

const MODS = ["model/mod.ts", "host/mod.ts", "host/linux/mod.ts", "store/mod.ts", "control/views/mod.ts", "api/mod.ts"];
const findings = (from: string, text: string) => checkImports(importsOf(from, text), (path) => MODS.includes(path));

for (const [what, from, text] of [
  ["a folder through its mod.ts", "store/etcd.ts", 'import { fail } from "../model/mod.ts";'],
  ["a sibling", "store/etcd.ts", 'import { keys } from "./keys.ts";'],
  ["an inner folder's mod.ts", "agent/main.ts", 'import { linuxHost } from "../host/linux/mod.ts";'],
  ["a named door", "agent/main.ts", 'import { client } from "../api/client.ts";'],
  ["a test past mod.ts", "agent/x.test.ts", 'import { x } from "../host/linux/links.ts";'],
  ["a tool anything", "tools/x.ts", 'import { x } from "../store/etcd.ts";'],
  ["a file up in its own folder", "control/views/feed.ts", 'import { Memory } from "../memory.ts";'],
  ["what a comment names", "model/x.ts", ' * import { x } from "../store/mod.ts";\n// import "../store/mod.ts";'],
  ["its own folder in a cycle of types", "model/ip.ts", 'import type { A } from "./ip.ts";'],
] as const) {
  test(`the walls let through ${what}`, () => assert.deepEqual(findings(from, text), []));
}

for (const [what, from, text, said] of [
  ["agents at the store", "agent/x.ts", 'import { x } from "../store/mod.ts";', /agents do not speak etcd/],
  ["agents at the whole API", "agent/x.ts", 'import type { x } from "../api/mod.ts";', /api\/client\.ts/],
  ["a door at the store", "proxy/neutron/x.ts", 'export * from "../../store/mod.ts";', /proxy\/ may import/],
  ["product code at tests", "host/x.ts", 'import "../test/kit/mod.ts";', /nobody imports test/],
  ["the way around mod.ts", "control/x.ts", 'import {\n  a,\n  b,\n} from "../model/ip.ts";', /through model\/mod\.ts/],
  ["the way around an inner mod.ts", "control/x.ts", 'import { a } from "./views/feed.ts";', /control\/views\/mod\.ts/],
  ["a late import", "agent/x.ts", 'const x = await import("../control/main.ts");', /agent\/ may import/],
  ["a package for others", "agent/x.ts", 'import koffi from "koffi";', /calls into C/],
  ["a command in product code", "agent/x.ts", 'import { spawn } from "node:child_process";', /runs no commands/],
  ["I/O in a pure folder", "model/x.ts", 'import { readFileSync } from "node:fs";', /is pure/],
  ["product code at what is for tests", "store/x.ts", 'import { x } from "./store.contract.ts";', /is for tests/],
  ["a folder without a row", "extra/x.ts", 'import { x } from "../model/mod.ts";', /not in tools\/walls\.ts/],
] as const) {
  test(`the walls stop ${what}`, () => {
    const found = findings(from, text);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", said);
  });
}

test("a cycle of files is told once, as a path", () => {
  const imports = [...importsOf("model/a.ts", 'import "./b.ts";'), ...importsOf("model/b.ts", 'import "./a.ts";')];
  assert.deepEqual(checkImports(imports), ["cycle: model/a.ts -> model/b.ts -> model/a.ts"]);
});

test("the table itself has no cycle, so that no two folders can need each other", () => {
  const visit = (folder: string, path: string[]): void => {
    assert.ok(!path.includes(folder), [...path, folder].join(" -> "));
    for (const next of WALLS[folder]?.may ?? []) visit(next.split("/")[0] as string, [...path, folder]);
  };
  for (const folder of Object.keys(WALLS)) visit(folder, []);
});

test("every row of the table and every door says why", () => {
  for (const reason of [...Object.values(WALLS).map((row) => row.reason), ...Object.values(DOORS)]) {
    assert.ok(reason.length > 20, reason);
  }
});

test("the graph names each folder once with what it imports", () => {
  const imports = [
    ...importsOf("store/a.ts", 'import "../model/mod.ts";'),
    ...importsOf("model/a.test.ts", 'import "../test/x.ts";'),
  ];
  assert.equal(folderGraph(imports), "model      -> -\nstore      -> model");
});
