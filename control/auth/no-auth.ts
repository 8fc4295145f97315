/** No authentication, for a lab: the request says who it is, as with Neutron's auth_strategy = noauth. */
import type { Authenticator } from "../../api/mod.ts";

type Headers = Record<string, string | string[] | undefined>;

const text = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
};

/** Everyone is an administrator of the project they name ("admin" if none), unless X-Roles says what they are. */
export function noAuth(): Authenticator {
  return {
    async authenticate(headers, requestId) {
      const roles = text(headers, "x-roles")
        ?.split(",")
        .map((role) => role.trim()) ?? ["admin"];
      return {
        requestId,
        userId: text(headers, "x-user-id") ?? null,
        projectId: text(headers, "x-project-id") ?? text(headers, "x-tenant-id") ?? "admin",
        roles,
        isAdmin: roles.includes("admin"),
      };
    },
  };
}
