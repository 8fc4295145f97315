/**
 * The extensions of the API under Neutron's aliases, names and dates: a table for each area in extensions/. Listed are
 * those of {@link OFFERED} only.
 */
import { AGENT } from "./extensions/agent.ts";
import { FLOATINGIP } from "./extensions/floatingip.ts";
import { GENERAL } from "./extensions/general.ts";
import { NETWORK } from "./extensions/network.ts";
import { OFFERED } from "./extensions/offered.ts";
import { PORT } from "./extensions/port.ts";
import { QOS } from "./extensions/qos.ts";
import { RBAC } from "./extensions/rbac.ts";
import { ROUTER } from "./extensions/router.ts";
import type { Extension } from "./extensions/row.ts";
import { SECURITY_GROUP } from "./extensions/security-group.ts";
import { SERVICE } from "./extensions/service.ts";
import { SUBNET } from "./extensions/subnet.ts";

/** Every extension that has a row, offered or not. */
export const ALL_EXTENSIONS: readonly Extension[] = [
  ...GENERAL,
  ...NETWORK,
  ...SUBNET,
  ...PORT,
  ...ROUTER,
  ...FLOATINGIP,
  ...SECURITY_GROUP,
  ...QOS,
  ...RBAC,
  ...AGENT,
  ...SERVICE,
];

export const EXTENSIONS: readonly Extension[] = ALL_EXTENSIONS.filter(({ alias }) => OFFERED.has(alias));

const withLinks = (extension: Extension) => ({ ...extension, links: [] });

/** The document of `/v2.0/extensions`. */
export const extensionList = (): object => ({ extensions: EXTENSIONS.map(withLinks) });

/** The document of `/v2.0/extensions/<alias>`, or undefined. */
export function extensionOf(alias: string): object | undefined {
  const found = EXTENSIONS.find((extension) => extension.alias === alias);
  return found && { extension: withLinks(found) };
}
