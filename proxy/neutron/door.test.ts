import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fault } from "../../model/mod.ts";
import { type Ask, type FakeDoor, fakeDoor } from "./fake-door.ts";

const NET = "11111111-1111-4111-8111-111111111111";
const neutronError = (type: string, message: string) => ({ NeutronError: { type, message, detail: "" } });
const bad = (message: string) => neutronError("HTTPBadRequest", message);
const NOT_FOUND = neutronError("HTTPNotFound", "The resource could not be found.");
const NOT_ALLOWED = neutronError(
  "HTTPMethodNotAllowed",
  "The server could not comply with the request since it is either malformed or otherwise incorrect.",
);

let door: FakeDoor;
before(async () => {
  door = await fakeDoor(4096);
  door.networking.put("network", { id: NET, project_id: "mine", name: "net", subnets: [], tags: ["red"] });
});
after(() => door.close());

type Row = [name: string, method: Parameters<FakeDoor["ask"]>[0], url: string, ask: Ask, status: number, body: unknown];

const ROWS: Row[] = [
  ["an unknown collection is not found", "GET", "/v2.0/widgets", {}, 404, NOT_FOUND],
  ["a path below an item is not found", "GET", `/v2.0/networks/${NET}/ports`, {}, 404, NOT_FOUND],
  ["a path below a tag is not found", "GET", `/v2.0/networks/${NET}/tags/red/x`, {}, 404, NOT_FOUND],
  ["the version without its slash is not found", "GET", "/v2.0", {}, 404, NOT_FOUND],
  ["a collection cannot be deleted", "DELETE", "/v2.0/networks", {}, 405, NOT_ALLOWED],
  ["a collection cannot be put", "PUT", "/v2.0/networks", { body: {} }, 405, NOT_ALLOWED],
  ["an item cannot be posted to", "POST", `/v2.0/networks/${NET}`, { body: {} }, 405, NOT_ALLOWED],
  ["an item cannot be patched", "PATCH", `/v2.0/networks/${NET}`, { body: {} }, 405, NOT_ALLOWED],
  ["a collection has no HEAD", "HEAD", "/v2.0/networks", {}, 405, ""],
  ["the list of versions is read only", "POST", "/", { body: {} }, 405, NOT_ALLOWED],
  ["extensions cannot be posted", "POST", "/v2.0/extensions", { body: {} }, 404, NOT_FOUND],
  [
    "an unknown extension is named",
    "GET",
    "/v2.0/extensions/bgp",
    {},
    404,
    neutronError("HTTPNotFound", "Extension with alias bgp does not exist"),
  ],
  [
    "a missing network is named",
    "GET",
    "/v2.0/networks/nope",
    {},
    404,
    neutronError("NetworkNotFound", "Network nope could not be found."),
  ],
  ["a body that is no JSON", "POST", "/v2.0/networks", { body: "{bad" }, 400, bad("Body contains invalid data")],
  ["a body that is a list", "POST", "/v2.0/networks", { body: "[]" }, 400, bad("Body contains invalid data")],
  ["a body in a form's coding", "POST", "/v2.0/networks", { body: "a=b" }, 400, bad("Body contains invalid data")],
  [
    "a body that is nested very deep",
    "POST",
    "/v2.0/networks",
    { body: `{"network":{"name":${"[".repeat(1500)}${"]".repeat(1500)}}}` },
    400,
    bad("Body contains invalid data"),
  ],
  ["no body", "POST", "/v2.0/networks", {}, 400, bad("Unable to find 'network' in request body")],
  ["an empty object", "POST", "/v2.0/networks", { body: {} }, 400, bad("Unable to find 'network' in request body")],
  [
    "another resource",
    "POST",
    "/v2.0/ports",
    { body: { network: {} } },
    400,
    bad("Unable to find 'port' in request body"),
  ],
  [
    "a null resource",
    "POST",
    "/v2.0/ports",
    { body: { port: null } },
    400,
    bad("Unable to find 'port' in request body"),
  ],
  [
    "a resource of text",
    "POST",
    "/v2.0/ports",
    { body: { port: "x" } },
    400,
    bad("Object 'port' contains invalid data"),
  ],
  ["an empty bulk", "POST", "/v2.0/ports", { body: { ports: [] } }, 400, bad("Resources required")],
  ["a bulk of numbers", "POST", "/v2.0/ports", { body: { ports: [1] } }, 400, bad("Body contains invalid data")],
  ["a bulk that is no list", "POST", "/v2.0/ports", { body: { ports: 1 } }, 400, bad("Body contains invalid data")],
  [
    "a bulk update",
    "PUT",
    `/v2.0/networks/${NET}`,
    { body: { networks: [{}] } },
    400,
    bad("Bulk operation not supported"),
  ],
  [
    "a body with DELETE",
    "DELETE",
    `/v2.0/networks/${NET}`,
    { body: {} },
    400,
    bad("Request body is not supported in DELETE."),
  ],
  [
    "another revision than If-Match asks for",
    "PUT",
    `/v2.0/networks/${NET}`,
    { body: { network: { name: "x" } }, headers: { "if-match": "revision_number=9" } },
    412,
    neutronError("RevisionNumberConstraintFailed", "Constrained to 9, but current revision is 1"),
  ],
  [
    "a body over the limit",
    "POST",
    "/v2.0/networks",
    { body: { network: { name: "x".repeat(5000) } } },
    413,
    neutronError("HTTPRequestEntityTooLarge", "Request is too large: the body may have 4096 bytes."),
  ],
  [
    "an unknown token",
    "GET",
    "/v2.0/networks",
    { token: "nobody" },
    401,
    { error: { message: "The request you have made requires authentication.", code: 401, title: "Unauthorized" } },
  ],
  [
    "the credential of a host",
    "GET",
    "/v2.0/networks",
    { token: "host" },
    403,
    neutronError("NotAuthorized", "The credential of a host is good for its own paths under /v1 only."),
  ],
];

describe("the door answers", () => {
  for (const [name, method, url, ask, status, body] of ROWS) {
    test(`${status} to ${name}`, async () => {
      const reply = await door.ask(method, url, ask);
      assert.deepEqual([reply.status, reply.body], [status, body]);
      assert.match(String(reply.headers["x-openstack-request-id"]), /^req-[0-9a-f-]{36}$/);
    });
  }
});

describe("a resource's life", () => {
  test("create, show, update and delete have Neutron's statuses and bodies", async () => {
    const made = await door.ask("POST", "/v2.0/networks", { body: { network: { name: "a" } } });
    assert.equal(made.status, 201);
    const { id } = made.body.network;
    const shown = await door.ask("GET", `/v2.0/networks/${id}.json?fields=name&fields=tenant_id`);
    assert.deepEqual([shown.status, shown.body], [200, { network: { name: "a", tenant_id: "admin-project" } }]);
    const changed = await door.ask("PUT", `/v2.0/networks/${id}/`, { body: { network: { name: "b" } } });
    assert.deepEqual([changed.status, changed.body.network.name, changed.body.network.revision_number], [200, "b", 2]);
    const removed = await door.ask("DELETE", `/v2.0/networks/${id}`, { headers: { "if-match": "revision_number=2" } });
    assert.deepEqual([removed.status, removed.text, removed.headers["content-type"]], [204, "", undefined]);
  });

  test("a bulk is one call, whether its items are wrapped or not", async () => {
    const networks = [{ name: "a" }, { network: { name: "b" } }];
    const made = await door.ask("POST", "/v2.0/networks", { body: { networks } });
    assert.equal(made.status, 201);
    assert.deepEqual(
      made.body.networks.map((network: { name: string }) => network.name),
      ["a", "b"],
    );
    assert.equal(door.networking.lastBodies.length, 2);
  });

  test("a bulk with one bad item creates nothing", async () => {
    const count = door.networking.table("network").size;
    const made = await door.ask("POST", "/v2.0/networks", { body: { networks: [{}, { mtu: "x" }] } });
    assert.deepEqual([made.status, door.networking.table("network").size], [400, count]);
  });

  test("JSON is taken whatever the content type says, and sent without a charset", async () => {
    const headers = { "content-type": "text/plain" };
    const made = await door.ask("POST", "/v2.0/networks", { body: { network: {} }, headers });
    assert.deepEqual([made.status, made.headers["content-type"]], [201, "application/json"]);
  });
});

describe("errors", () => {
  test("401 says where tokens come from", async () => {
    const reply = await door.ask("GET", "/v2.0/networks", { token: "" });
    assert.equal(reply.headers["www-authenticate"], 'Keystone uri="http://keystone:5000"');
  });

  test("405 says what is allowed", async () => {
    const reply = await door.ask("PATCH", `/v2.0/networks/${NET}`);
    assert.equal(reply.headers.allow, "GET, PUT, DELETE");
  });

  test("503 says when to come again", async (t) => {
    t.mock.method(door.networking, "create", async () => {
      throw fault("ServiceUnavailable", { msg: "The store is away." });
    });
    const reply = await door.ask("POST", "/v2.0/networks", { body: { network: {} } });
    assert.deepEqual([reply.status, reply.headers["retry-after"]], [503, "1"]);
    assert.deepEqual(reply.body, neutronError("ServiceUnavailable", "The store is away."));
  });

  for (const error of [new Error("secret"), fault("PolicyInitError", { policy: "p", reason: "secret" })]) {
    test(`a failure of ours tells nothing of itself: ${error.name}`, async (t) => {
      t.mock.method(door.networking, "list", async () => {
        throw error;
      });
      const reply = await door.ask("GET", "/v2.0/networks");
      const message = "Request Failed: internal server error while processing your request.";
      assert.deepEqual([reply.status, reply.body], [500, neutronError("HTTPInternalServerError", message)]);
    });
  }
});

describe("documents", () => {
  test("the versions are open to everyone", async () => {
    const reply = await door.ask("GET", "/", { token: "nobody", headers: { host: "net:9696" } });
    const links = [{ rel: "self", href: "http://net:9696/v2.0/" }];
    assert.deepEqual([reply.status, reply.body], [200, { versions: [{ id: "v2.0", status: "CURRENT", links }] }]);
  });

  test("links have the scheme that the client used", async () => {
    const headers = { host: "net", "x-forwarded-proto": "https" };
    const reply = await door.ask("GET", "/v2.0/", { headers });
    const links = [{ rel: "self", href: "https://net/v2.0/ports" }];
    assert.deepEqual(reply.body.resources[2], { name: "port", collection: "ports", links });
  });

  test("every listed extension can be read on its own", async () => {
    const { body } = await door.ask("GET", "/v2.0/extensions.json");
    for (const extension of body.extensions) {
      const one = await door.ask("GET", `/v2.0/extensions/${extension.alias}`);
      assert.deepEqual(one.body, { extension });
      assert.deepEqual(Object.keys(extension).sort(), ["alias", "description", "links", "name", "updated"]);
    }
  });
});
