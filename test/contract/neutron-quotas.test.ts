/** Quotas through the Neutron door: who may ask, and how it is said. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type RealDoor, realDoor } from "./neutron-door.ts";

type Row = [token: string, method: "GET" | "PUT" | "POST" | "DELETE", path: string, body: unknown, answer: string];
const ADMIN_ONLY =
  "403 User does not have admin privileges: Only admin is authorized to access quotas for another project.";
const ROWS: Row[] = [
  ["alice", "GET", "quotas/alice", undefined, "200"],
  ["alice", "GET", "quotas/alice/default.json", undefined, "200"],
  ["alice", "GET", "quotas/alice/details", undefined, "200"],
  ["alice", "GET", "quotas/tenant", undefined, "200"],
  ["alice", "GET", "quotas/bob", undefined, "403 rule:get_quota is disallowed by policy"],
  ["alice", "GET", "quotas/bob/default", undefined, "403 rule:get_quota is disallowed by policy"],
  ["alice", "GET", "quotas/bob/details.json", undefined, ADMIN_ONLY],
  ["alice", "GET", "quotas", undefined, "403 rule:get_quota is disallowed by policy"],
  ["alice", "PUT", "quotas/alice", { quota: { port: 9 } }, "403 rule:update_quota is disallowed by policy"],
  ["alice", "DELETE", "quotas/alice", undefined, "403 rule:delete_quota is disallowed by policy"],
  ["admin", "POST", "quotas", { quota: {} }, "501 POST requests are not supported on this resource."],
  ["admin", "PUT", "quotas/bob", { quota: { ports: 9 } }, "400 Unrecognized attribute(s) 'ports'"],
  [
    "admin",
    "PUT",
    "quotas/bob",
    { quota: { port: -2 } },
    "400 Invalid input for port. Reason: '-2' is too small - must be at least '-1'.",
  ],
  ["admin", "PUT", "quotas/bob", { quota: { check_limit: true, port: "9" } }, "200"],
  ["admin", "PUT", "quotas/bob", { quota: { force: true, network: 0 } }, "200"],
  ["bob", "POST", "networks", { network: {} }, "409 Quota exceeded for resources: ['network']."],
  ["admin", "DELETE", "quotas/bob", undefined, "204"],
  ["admin", "DELETE", "quotas/bob", undefined, "404 Quota for project bob could not be found."],
];

describe("quotas", () => {
  let door: RealDoor;
  before(async () => {
    door = await realDoor();
  });
  after(() => door.close());

  for (const [token, method, path, body, answer] of ROWS) {
    it(`${token} ${method} ${path} ${JSON.stringify(body) ?? ""}`, async () => {
      const reply = await door.ask(method, `/v2.0/${path}`, body, token);
      assert.equal([reply.status, reply.body?.NeutronError?.message].join(" ").trimEnd(), answer);
    });
  }

  it("limits are shown without their project but in lists", async () => {
    await door.ask("PUT", "/v2.0/quotas/carol", { quota: { port: 9 } });
    const { quota } = (await door.ask("GET", "/v2.0/quotas/carol")).body;
    assert.deepEqual([quota.port, quota.network, quota.project_id, quota.id], [9, 100, undefined, undefined]);
    const { quotas } = (await door.ask("GET", "/v2.0/quotas")).body;
    assert.deepEqual(quotas, [{ ...quota, project_id: "carol", tenant_id: "carol" }]);
  });
});
