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

/** Parts of other rules. Every other default rule is for tokens of a project (its scope_types in Neutron). */
const PARTS: ReadonlySet<string> = new Set([
  ...Object.keys(BASE),
  "external",
  "external_network",
  "network_device",
  "admin_or_data_plane_int",
  "admin_or_sg_owner",
  "admin_owner_or_sg_owner",
  "rule_default_sg",
  "restrict_wildcard",
  "shared_address_groups",
  "shared_address_scopes",
  "shared_qos_policy",
  "shared_security_group",
  "shared_subnetpools",
]);

/** Whether the rule is of something that is done within a project, and so not with a token for anything else. */
export const isInProjects = (rule: string): boolean => DEFAULT_RULES.has(rule) && !PARTS.has(rule);

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
