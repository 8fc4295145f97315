import assert from "node:assert/strict";
import { test } from "node:test";
import { lengthFinding } from "./check-lengths.ts";
import { blocksOf, linksOf } from "./docs.ts";

const PAGE = "# Page\n\n```sh run\n./cable lab status\n```\n\ntext\n\n```json\n{}\n```\n";

test("blocks are found with language, marks and line", () => {
  assert.deepEqual(blocksOf("a.md", PAGE), [
    { page: "a.md", line: 3, language: "sh", words: ["run"], text: "./cable lab status\n" },
    { page: "a.md", line: 9, language: "json", words: [], text: "{}\n" },
  ]);
});

test("links are relative targets outside of blocks, without anchors", () => {
  const text = "[a](x.md#y) [b](https://example.org) [c](#z)\n```md\n[d](no.md)\n```\n[e](../e.md)";
  assert.deepEqual(linksOf(text), ["x.md", "../e.md"]);
});

for (const [lines, opening, finding] of [
  [400, "", undefined],
  [401, "", /Long because/],
  [800, "/** Long because one table is one page. */", undefined],
  [801, "/** Long because one table is one page. */", /split it/],
] as const) {
  test(`a file of ${lines} lines ${opening === "" ? "without" : "with"} a reason is ${finding ? "refused" : "taken"}`, () => {
    const said = lengthFinding("x.ts", `${opening}${"\n".repeat(lines)}`);
    if (finding === undefined) assert.equal(said, undefined);
    else assert.match(said ?? "", finding);
  });
}
