/** The operator's commands against a control node: what is asked is done, and what goes wrong is said. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { main } from "../../cli/mod.ts";
import { noAuth } from "../../control/auth/mod.ts";
import { OPERATOR, startServer, type TestServer } from "./control-server.ts";

let server: TestServer;
let directory: string;
before(async () => {
  server = await startServer(noAuth());
  directory = await mkdtemp(join(tmpdir(), "cable-cli-"));
  await writeFile(join(directory, "token"), `${OPERATOR}\n`);
});
after(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function cable(line: string, env: Record<string, string> = {}) {
  let [out, said] = ["", ""];
  const exit = await main(
    line.split(" "),
    { CABLE_URL: server.url, CABLE_TOKEN: OPERATOR, ...env },
    {
      out: (text) => {
        out += text;
      },
      error: (text) => {
        said += text;
      },
    },
  );
  return { exit, out, said };
}

describe("a host", () => {
  test("is registered, and its token is shown", async () => {
    const { exit, out, said } = await cable("host create h1 --container-projects a b --availability-zone east");
    assert.equal(exit, 0, said);
    assert.match(out, /^name +h1\ncontainer_projects +a,b\navailability_zone +east\n.*\n.*\ntoken +\S{20,}\n$/);
  });
  test("is in the list, without its token", async () => {
    await cable("host create h2");
    const { out } = await cable("host list");
    const [head, ...rows] = out.trim().split("\n");
    assert.match(head ?? "", /^NAME +CONTAINER_PROJECTS +AVAILABILITY_ZONE +CREATED_AT +FACTS$/);
    assert.deepEqual(
      rows.map((row) => row.split(/ +/).slice(0, 3)),
      [
        ["h1", "a,b", "east"],
        ["h2", "-", "-"],
      ],
    );
  });
  test("is shown as JSON as the API has it", async () => {
    const { out } = await cable("host show h1 --json");
    const { created_at, ...host } = JSON.parse(out);
    assert.ok(Date.parse(created_at));
    assert.deepEqual(host, { name: "h1", container_projects: ["a", "b"], availability_zone: "east", facts: null });
  });
  test("is removed, and then not there", async () => {
    assert.deepEqual(await cable("host delete h2"), { exit: 0, out: "", said: "" });
    assert.deepEqual(await cable("host show h2"), { exit: 1, out: "", said: "cable: Host h2 could not be found.\n" });
  });
});

test("the token may come from a file", async () => {
  const { exit } = await cable(`host list --token-file ${join(directory, "token")}`, { CABLE_TOKEN: "wrong" });
  assert.equal(exit, 0);
});

describe("what goes wrong", () => {
  const failures: [what: string, line: string, env: Record<string, string>, exit: number, said: RegExp][] = [
    ["a wrong token", "host list", { CABLE_TOKEN: "x" }, 1, /does not know this token.*--token-file/],
    [
      "no control node",
      "host list",
      { CABLE_URL: "http://127.0.0.1:9" },
      1,
      /no control node answers at .*:9 \(.*--url/,
    ],
    ["no such token file", "host list --token-file /no/such", {}, 1, /token file cannot be read: ENOENT/],
    ["a name that is none", "host create a_b_", {}, 1, /name: /],
    ["a name twice", "host create h1", {}, 1, /h1 is there already/],
    ["no name", "host create", {}, 2, /^cable: missing required argument 'name'/],
    ["no such command", "host frob", {}, 2, /unknown command 'frob'/],
    ["no such option", "host list --frob", {}, 2, /unknown option '--frob'/],
  ];
  for (const [what, line, env, exit, said] of failures) {
    test(what, async () => {
      const result = await cable(line, env);
      assert.equal(result.exit, exit, result.said);
      assert.match(result.said, said);
      assert.equal(result.out, "");
    });
  }
  test("something else that answers there", async () => {
    const other = createServer((_request, reply) => reply.end("<html>")).listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { exit, said } = await cable("host list", {
      CABLE_URL: `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
    });
    other.close();
    assert.equal(exit, 1);
    assert.match(said, /is no control node of Cable/);
  });
});

test("help names every command of the description, with its arguments", async () => {
  const { exit, out } = await cable("host --help");
  assert.equal(exit, 0);
  assert.deepEqual([...out.matchAll(/^ {2}(create|list|show|delete) /gm)].map(([, verb]) => verb).sort(), [
    "create",
    "delete",
    "list",
    "show",
  ]);
});
