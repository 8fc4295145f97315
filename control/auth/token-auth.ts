/** Static tokens from a file, for a lab or a machine account until a Keystone is there. */
import { parse } from "yaml";
import { z } from "zod";
import type { Authenticator, Caller } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";
import { bearerToken, digestOf, isTokenOf } from "./token.ts";

const TokenFile = z.array(
  z
    .strictObject({
      /** The token itself, or, so that the file keeps no secret, its SHA-256. */
      token: z.string().min(16).optional(),
      token_sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
      user: z.string(),
      project: z.string(),
      roles: z.array(z.string()),
    })
    .refine((row) => (row.token === undefined) !== (row.token_sha256 === undefined), "needs token or token_sha256"),
);

/** `text` is YAML: a list of {token or token_sha256, user, project, roles}. @throws Error saying what is wrong in it */
export function tokenAuth(text: string): Authenticator {
  const read = TokenFile.safeParse(parse(text));
  if (!read.success) throw new Error(`the tokens file is not as it should be:\n${z.prettifyError(read.error)}`);
  const rows = read.data.map(({ token, token_sha256, user, project, roles }) => ({
    digest: token_sha256 ?? digestOf(token ?? ""),
    caller: { userId: user, projectId: project, roles, isAdmin: roles.includes("admin") },
  }));
  return {
    async authenticate(headers, requestId): Promise<Caller> {
      const token = bearerToken(headers);
      const digest = digestOf(token ?? "");
      const row = token === undefined ? undefined : rows.find((each) => isTokenOf(each.digest, digest));
      if (row === undefined) throw fault("Unauthorized", { msg: "The request you have made requires authentication." });
      return { requestId, ...row.caller };
    },
  };
}
