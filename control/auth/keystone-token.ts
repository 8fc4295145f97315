/** What Keystone's answer about a token says of its holder. */
import { z } from "zod";
import type { Caller, Identity } from "../../api/mod.ts";
import type { AccessRule } from "./access-rules.ts";

const Text = z.string();
/** A federated user's domain may have no id. */
const Domain = z.object({ id: Text.nullish() }).nullish();

const TokenBody = z.object({
  token: z.object({
    expires_at: z.iso.datetime(),
    user: z.object({ id: Text, name: Text, domain: Domain }),
    roles: z.array(z.object({ name: Text })).default([]),
    project: z.object({ id: Text, name: Text, domain: Domain }).nullish(),
    domain: z.object({ id: Text }).nullish(),
    system: z.object({ all: z.boolean() }).nullish(),
    application_credential: z
      .object({ access_rules: z.array(z.object({ service: Text, method: Text, path: Text })).nullish() })
      .nullish(),
  }),
});

export interface ValidToken {
  expiresAt: number;
  who: Omit<Caller, "requestId" | "host"> & { userId: string; identity: Identity };
  /** Undefined for a token that is good for every request. */
  accessRules: readonly AccessRule[] | undefined;
}

/** @throws Error that tells no content */
export function parseToken(body: unknown): ValidToken {
  const read = TokenBody.safeParse(body);
  if (!read.success) {
    const where = read.error.issues.map(({ path }) => path.join(".") || "the whole").join(", ");
    throw new Error(`Keystone's answer about a token is not as it should be (${where})`);
  }
  const { expires_at, user, roles, project, domain, system, application_credential } = read.data.token;
  // With system scope, Keystone names an implied role once for each way to it.
  const names = [...new Set(roles.map(({ name }) => name))];
  // All requests with this token share them: nobody may add a role for one request, and so for all.
  Object.freeze(names);
  return {
    expiresAt: Date.parse(expires_at),
    who: {
      userId: user.id,
      projectId: project?.id ?? "",
      roles: names,
      // As oslo.policy compares roles.
      isAdmin: names.some((name) => name.toLowerCase() === "admin"),
      identity: {
        userName: user.name,
        ...(user.domain?.id ? { userDomain: user.domain.id } : {}),
        ...(project ? { projectName: project.name } : {}),
        ...(project?.domain?.id ? { projectDomain: project.domain.id } : {}),
        ...(domain ? { domainScope: domain.id } : {}),
        ...(system?.all ? { systemScope: "all" as const } : {}),
      },
    },
    accessRules: application_credential?.access_rules ?? undefined,
  };
}
