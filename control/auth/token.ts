/** Bearer tokens, of which only the SHA-256 is kept. */
import { hash, timingSafeEqual } from "node:crypto";

type Headers = Record<string, string | string[] | undefined>;

/** The token of `Authorization: Bearer` or `X-Auth-Token`. */
export function bearerToken(headers: Headers): string | undefined {
  const [, bearer] = /^Bearer +([^ ]+) *$/i.exec(String(headers.authorization ?? "")) ?? [];
  const own = headers["x-auth-token"];
  return bearer ?? (typeof own === "string" && own !== "" ? own : undefined);
}

/** SHA-256 in hex. */
export function digestOf(token: string): string {
  return hash("sha256", token, "hex");
}

/** Whether `digest` is that of `tokenDigest`'s token; takes the same time whatever the answer. */
export function isTokenOf(tokenDigest: string, digest: string): boolean {
  return tokenDigest.length === digest.length && timingSafeEqual(Buffer.from(tokenDigest), Buffer.from(digest));
}
