/** Who may call a native route: the operator's token, or the token of the very host that the path names. */
import { fault } from "../../model/mod.ts";
import { bearerToken, digestOf, isTokenOf } from "../auth/mod.ts";
import type { Memory } from "../memory.ts";

type Headers = Record<string, string | string[] | undefined>;

export class Credentials {
  readonly #memory: Memory;
  readonly #adminDigest: string | undefined;

  /** Without an operator's token nobody is the operator. */
  constructor(memory: Memory, adminToken: string | undefined) {
    this.#memory = memory;
    this.#adminDigest = adminToken === undefined ? undefined : digestOf(adminToken);
  }

  /** @throws Fault Unauthorized for an unknown token, AdminRequired for a host's */
  requireAdmin(headers: Headers): void {
    const digest = this.#digest(headers);
    if (this.#isAdmin(digest)) return;
    if (this.#hostOf(digest) === undefined) throw unauthorized();
    throw fault("AdminRequired", { reason: "a host's token is good for that host's own paths only" });
  }

  /** @throws Fault Unauthorized for an unknown token, NotAuthorized for another's */
  requireHost(headers: Headers, host: string): void {
    const digest = this.#digest(headers);
    const record = this.#memory.get("host", host)?.record;
    if (record !== undefined && isTokenOf(record.token_sha256, digest)) return;
    if (!this.#isAdmin(digest) && this.#hostOf(digest) === undefined) throw unauthorized();
    throw fault("NotAuthorized", { msg: "This path is for the token of the host that it names." });
  }

  #digest(headers: Headers): string {
    const token = bearerToken(headers);
    if (token === undefined) throw unauthorized();
    return digestOf(token);
  }

  #isAdmin(digest: string): boolean {
    return this.#adminDigest !== undefined && isTokenOf(this.#adminDigest, digest);
  }

  #hostOf(digest: string): string | undefined {
    for (const { record } of this.#memory.all("host")) if (isTokenOf(record.token_sha256, digest)) return record.name;
    return undefined;
  }
}

export function unauthorized() {
  return fault("Unauthorized", { msg: "A known token is required: Authorization: Bearer, or X-Auth-Token." });
}
