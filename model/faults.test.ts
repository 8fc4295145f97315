import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FAULTS, type Facts, type FaultCode, fault } from "./faults.ts";

describe("a fault says", () => {
  const rows: [code: FaultCode, facts: Facts, status: number, message: string][] = [
    ["NetworkNotFound", { net_id: "n" }, 404, "Network n could not be found."],
    [
      "NetworkInUse",
      { net_id: "n" },
      409,
      "Unable to complete operation on network n. There are one or more ports still in use on the network.",
    ],
    ["NetworkInUse", { net_id: "n", reason: "Busy" }, 409, "Unable to complete operation on network n. Busy."],
    ["PolicyNotAuthorized", { action: "get_port" }, 403, "rule:get_port is disallowed by policy"],
    ["PolicyNotAuthorized", { rule: "(rule:a and rule:b)" }, 403, "(rule:a and rule:b) is disallowed by policy"],
    ["RouterInUse", { router_id: "r" }, 409, "Router r still has ports"],
    [
      "RoutesExhausted",
      { router_id: "r", quota: 30 },
      400,
      "Unable to complete operation for r. The number of routes exceeds the maximum 30.",
    ],
    [
      "RbacPolicyInUse",
      { object_id: "o", details: "d" },
      409,
      "RBAC policy on object o cannot be removed because other objects depend on it.\nDetails: d",
    ],
    ["ServiceUnavailable", {}, 503, "The service is unavailable."],
    ["Conflict", { msg: "%(msg)s" }, 409, "%(msg)s"],
  ];
  for (const [code, facts, status, message] of rows) {
    test(message, () => {
      const error = fault(code, facts);
      assert.deepEqual([error.code, error.status, error.message], [code, status, message]);
    });
  }

  test("its facts to whoever renders it in another protocol, those by default too", () => {
    const reason = "There are one or more ports still in use on the network";
    assert.deepEqual(fault("NetworkInUse", { net_id: "n" }).facts, { net_id: "n", reason });
  });
});

test("every code has an error's status", () => {
  for (const [code, { status }] of Object.entries(FAULTS)) assert.ok(status >= 400 && status < 600, code);
});
