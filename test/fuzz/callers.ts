/** Who asks: two projects with members, a reader of one of them, and an administrator. */
import type { Authenticator } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";

export interface Asker {
  readonly token: string;
  readonly project: string;
  readonly roles: readonly string[];
}

export const ADMIN: Asker = { token: "admin-admin-admin-admin", project: "a".repeat(32), roles: ["admin"] };
export const ONE: Asker = { token: "member-of-project-one", project: "1".repeat(32), roles: ["member"] };
export const TWO: Asker = { token: "member-of-project-two", project: "2".repeat(32), roles: ["member"] };
export const READER: Asker = { token: "reader-of-project-one", project: "1".repeat(32), roles: ["reader"] };

export const ASKERS: readonly Asker[] = [ADMIN, ONE, TWO, READER];

export const isAdmin = ({ roles }: Asker): boolean => roles.includes("admin");

/** The tokens as a control node's --tokens file has them. */
export const tokensFile = (): string =>
  JSON.stringify(ASKERS.map(({ token, project, roles }) => ({ token, user: token, project, roles })));

export const authenticator: Authenticator = {
  async authenticate(headers, requestId) {
    const asker = ASKERS.find(({ token }) => token === headers["x-auth-token"]);
    if (asker === undefined) throw fault("Unauthorized", { msg: "no such token" });
    const { token, project, roles } = asker;
    return { requestId, userId: token, projectId: project, roles: [...roles], isAdmin: isAdmin(asker) };
  },
};
