import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { fault } from "../../model/mod.ts";
import { type FakeDoor, fakeDoor } from "./fake-door.ts";

let door: FakeDoor;
beforeEach(async () => {
  door = await fakeDoor();
  door.networking.put("network", { id: "n", project_id: "mine", tags: ["red"], subnets: [] });
});
afterEach(() => door.close());

const tags = () => door.networking.table("network").get("n")?.tags as string[];

type Row = [
  method: "GET" | "PUT" | "POST" | "DELETE",
  path: string,
  body: unknown,
  status: number,
  answer: unknown,
  after: string[],
];

const error = (type: string, message: string) => ({ NeutronError: { type, message, detail: "" } });
const missing = error("TagNotFound", "Tag blue could not be found.");
const input = (message: string) => error("InvalidInput", `Invalid input for operation: ${message}.`);
const many = Array.from({ length: 51 }, (_, index) => String(index));

const ROWS: Row[] = [
  ["GET", "networks/n/tags", undefined, 200, { tags: ["red"] }, ["red"]],
  ["GET", "networks/n/tags.json", undefined, 200, { tags: ["red"] }, ["red"]],
  ["GET", "networks/n/tags/red", undefined, 204, "", ["red"]],
  ["GET", "networks/n/tags/blue", undefined, 404, missing, ["red"]],
  ["PUT", "networks/n/tags", { tags: ["blue"] }, 200, { tags: ["blue"] }, ["blue"]],
  ["POST", "networks/n/tags", { tags: ["red", "blue"] }, 200, { tags: ["red", "blue"] }, ["red", "blue"]],
  ["PUT", "networks/n/tags/a%2Fb", undefined, 201, null, ["red", "a/b"]],
  ["PUT", "networks/n/tags/v1.0.json", undefined, 201, null, ["red", "v1.0.json"]],
  ["PUT", "networks/n/tags/red", undefined, 201, null, ["red"]],
  ["DELETE", "networks/n/tags/red", undefined, 204, "", []],
  ["DELETE", "networks/n/tags/blue", undefined, 404, missing, ["red"]],
  ["DELETE", "networks/n/tags", undefined, 204, "", []],
  ["PUT", "networks/n/tags", {}, 400, input("Invalid tags body"), ["red"]],
  ["PUT", "networks/n/tags", { tags: "x" }, 400, input("'x' is not a list"), ["red"]],
  ["PUT", "networks/n/tags", { tags: [1] }, 400, input("'1' is not a valid string"), ["red"]],
  [
    "PUT",
    "networks/n/tags",
    { tags: many },
    400,
    error("BadRequest", "Bad networks request: The number of tags exceed the per-resource limit of 50."),
    ["red"],
  ],
  [
    "GET",
    "networks/x/tags",
    undefined,
    404,
    error("TagResourceNotFound", "Resource networks x could not be found."),
    ["red"],
  ],
];

describe("tags:", () => {
  for (const [method, path, body, status, answer, after] of ROWS) {
    test(`${method} ${path} ${JSON.stringify(body)?.slice(0, 40) ?? ""} gets ${status}`, async () => {
      const reply = await door.ask(method, `/v2.0/${path}`, { body });
      assert.deepEqual([reply.status, reply.body, tags()], [status, answer, after]);
    });
  }

  test("two writers at once both have their tag", async () => {
    await Promise.all(["a", "b", "c"].map((tag) => door.ask("PUT", `/v2.0/networks/n/tags/${tag}`)));
    assert.deepEqual(new Set(tags()), new Set(["red", "a", "b", "c"]));
  });

  test("a writer that always comes second gives up with 412", async (t) => {
    const update = t.mock.method(door.networking, "update", async () => {
      throw fault("RevisionNumberConstraintFailed", { expected: 1, current: 2 });
    });
    const reply = await door.ask("PUT", "/v2.0/networks/n/tags/a");
    assert.equal(reply.status, 412);
    assert.ok(update.mock.callCount() > 1);
  });
});
