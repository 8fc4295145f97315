/**
 * Neutron's default policy as of 2026 (its "new defaults", which are enforced since 2023.2), rule by rule. Where
 * Cable departs from it, the row says DEVIATION.
 */
import { BASE } from "./base.ts";
import { FLOATINGIP_RULES } from "./floatingip.ts";
import { NETWORK_RULES } from "./network.ts";
import { PORT_RULES } from "./port.ts";
import { QOS_RULES } from "./qos.ts";
import { RBAC_RULES } from "./rbac.ts";
import { ROUTER_RULES } from "./router.ts";
import { SECURITY_GROUP_RULES } from "./security-group.ts";
import { SERVICE_RULES } from "./service.ts";
import { SUBNET_RULES } from "./subnet.ts";
import { TAAS_RULES } from "./taas.ts";

export const AREAS: readonly Readonly<Record<string, string>>[] = [
  BASE,
  NETWORK_RULES,
  SUBNET_RULES,
  PORT_RULES,
  ROUTER_RULES,
  FLOATINGIP_RULES,
  SECURITY_GROUP_RULES,
  QOS_RULES,
  RBAC_RULES,
  SERVICE_RULES,
  TAAS_RULES,
];

export const DEFAULT_RULES: ReadonlyMap<string, string> = new Map(AREAS.flatMap(Object.entries<string>));

/** The plural of each resource whose rules for tags were once named `create_networks_tags`, now `create_network:tags`. */
const TAGGED: Readonly<Record<string, string>> = {
  network: "networks",
  network_segment_range: "network_segment_ranges",
  subnet: "subnets",
  subnetpool: "subnetpools",
  port: "ports",
  trunk: "trunks",
  router: "routers",
  floatingip: "floatingips",
  security_group: "security_groups",
  policy: "policies",
};

/** By the present name of a rule, the name it had before, which a policy file may still use. */
export const FORMER_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(TAGGED).flatMap(([kind, plural]) =>
    ["create", "get", "update", "delete"].map((verb) => [`${verb}_${kind}:tags`, `${verb}_${plural}_tags`] as const),
  ),
);
