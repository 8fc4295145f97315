import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { PolicyFile } from "./file.ts";
import { parsePolicyFile } from "./file-text.ts";
import { aCaller } from "./policy.fixture.ts";

describe("a policy file's text is read:", () => {
  const rows: [text: string, rules: object][] = [
    ["", {}],
    ["# nothing but remarks\n", {}],
    ["get_port: role:a and not role:b # remark\n", { get_port: "role:a and not role:b" }],
    ['"get_port:tags": "!"', { "get_port:tags": "!" }],
    ['{"get_port": "", "a": [["role:b", "role:c"], "role:d"]}', { get_port: "", a: [["role:b", "role:c"], "role:d"] }],
    ["a: []", { a: [] }],
    ["a: &x role:b\nc: *x", { a: "role:b", c: "role:b" }],
  ];
  for (const [text, rules] of rows) it(JSON.stringify(text), () => assert.deepEqual(parsePolicyFile(text), rules));
});

describe("a policy file's text is refused:", () => {
  const expected = (name: string) =>
    `rule "${name}": a text or a list of lists is expected; "" is everybody, "!" nobody`;
  const rows: [why: string, text: string, problem: string][] = [
    ["a bare ! that YAML takes for nothing", "a: !\n", expected("a")],
    ["a bare ! before a check", "a: ! role:x\n", expected("a")],
    ["a rule that says nothing", "a:\n", expected("a")],
    ["a truth value", "a: true\n", expected("a")],
    ["lists of lists of lists", "a: [[[role:b]]]\n", expected("a")],
    ["a map", "a: {b: c}\n", expected("a")],
    ["a list of rules", "- a\n", "names of rules and their texts are expected"],
    ["a name that comes twice", "a: role:b\na: role:c\n", "Map keys must be unique at line 2, column 1:"],
    ["no YAML", "{", "Flow map must end with a } at line 1, column 2:"],
  ];
  for (const [why, text, problem] of rows) {
    it(why, () => {
      assert.throws(() => parsePolicyFile(text), { message: `the policy file is not as it should be:\n  ${problem}` });
    });
  }
});

describe("a policy that follows its file", () => {
  const member = aCaller({});
  let folder: string;
  let path: string;
  let nowMs = 0;
  const told: string[] = [];
  const log = {
    info: (_facts: object, message: string) => void told.push(message),
    error: (_facts: object, message: string) => void told.push(message),
  };
  const open = () => PolicyFile.open(path, log, () => nowMs);
  /** Written beside and moved, so that even a file system with coarse times shows a change. */
  const write = (text: string) => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "policy-"));
    path = join(folder, "policy.yaml");
    nowMs = 0;
    told.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("does not open what it cannot read, and says where and why", () => {
    assert.throws(open, ({ message }: Error) => message.startsWith(`${path}: ENOENT`));
    write('get_port: "role:"\ncreate_port: role:a and\nget_network: rule:nothing\n');
    assert.throws(open, (error: Error) => {
      assert.match(
        error.message,
        /policy\.yaml: the policy is not as it should be:\n.*"create_port".*column 11.*\n.*nothing/,
      );
      return true;
    });
  });

  it("has what is changed in force a second later, for callers it knew as well", () => {
    write("thing: role:member\n");
    const policy = open();
    const may = () => policy.for(member).check("thing");
    assert.equal(may(), true);
    write('thing: "!"\n');
    nowMs = 999;
    assert.equal(may(), true);
    nowMs = 1000;
    assert.equal(may(), false);
    assert.deepEqual(told, ["policy read again"]);
  });

  it("keeps the former rules when the file is broken or gone, and tells of it once", () => {
    write("thing: role:member\n");
    const policy = open();
    const may = () => policy.for(member).check("thing");
    const later = () => {
      nowMs += 1000;
      return may();
    };
    write("thing: role:member and\n");
    assert.deepEqual([later(), later()], [true, true]);
    rmSync(path);
    assert.deepEqual([later(), later()], [true, true]);
    const kept = "policy not read, the former rules stay in force";
    assert.deepEqual(told, [kept, kept]);
    write('thing: "!"\n');
    assert.equal(later(), false);
  });
});
