/** Callers for the tests of the policy. */
import type { Caller } from "../../../api/mod.ts";

export function aCaller(given: Partial<Caller>): Caller {
  return { requestId: "r", userId: "u", projectId: "mine", roles: ["member"], isAdmin: false, ...given };
}
