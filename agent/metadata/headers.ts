/** What a metadata request tells Nova of its sender (nova/api/metadata/handler.py, neutron/agent/metadata/proxy_base.py). */
import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { ViewPort } from "../../model/mod.ts";

/**
 * Whatever a guest says of itself is not believed: Nova would take these for ours, or for its proxy's. WSGI knows no
 * difference between - and _ in a name (PEP 3333), so neither spelling passes.
 */
const OURS =
  /^(x[-_](instance[-_]id([-_]signature)?|tenant[-_]id|forwarded[-_].*|metadata[-_]provider([-_]signature)?)|forwarded)$/;

/** Of one connection only (RFC 9110 section 7.6.1); what was to be expected, the body is here already. */
const HOP_BY_HOP = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** HMAC-SHA256 in lower-case hex. */
export const signatureOf = (secret: string, instanceId: string): string =>
  createHmac("sha256", secret).update(instanceId).digest("hex");

/** `family`: of the address that the guest used; it is told by the first of its port's of that family. */
export function metadataHeaders(
  given: IncomingHttpHeaders,
  port: Pick<ViewPort, "deviceId" | "projectId" | "fixedIps">,
  family: 4 | 6,
  signature: (instanceId: string) => string,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !OURS.test(name) && !HOP_BY_HOP.has(name)) headers[name] = value;
  }
  const own = port.fixedIps.find(({ ip }) => ip.includes(":") === (family === 6)) ?? port.fixedIps[0];
  return {
    ...headers,
    "x-instance-id": port.deviceId,
    "x-tenant-id": port.projectId.replaceAll("-", ""),
    "x-instance-id-signature": signature(port.deviceId),
    ...(own === undefined ? {} : { "x-forwarded-for": own.ip }),
  };
}
