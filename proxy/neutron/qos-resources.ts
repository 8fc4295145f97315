/** QoS policies, their rules below them and by their id alone, and the types of rules, as the door serves them. */
import type { ResourceKind } from "../../api/mod.ts";
import type { Attributes } from "./attribute.ts";
import { type Resource, resource } from "./resource.ts";
import {
  aliasOf,
  BANDWIDTH_LIMIT_RULE,
  DSCP_MARKING_RULE,
  MINIMUM_BANDWIDTH_RULE,
  MINIMUM_PACKET_RATE_RULE,
  PACKET_RATE_LIMIT_RULE,
  QOS_POLICY,
  QOS_RULE_TYPE,
} from "./tables/qos.ts";

const POLICY = { kind: "qos_policy", name: "policy", path: "qos/policies", field: "qos_policy_id" } as const;

const rule = (kind: ResourceKind, attributes: Attributes) =>
  resource({ kind, attributes, parent: POLICY, path: `${kind}s` });

/** A rule without its policy in the path: it is there, and made below its policy only. */
const alias = (kind: ResourceKind, attributes: Attributes) =>
  resource({
    kind,
    name: `alias_${kind}`,
    path: `qos/alias-${kind.replaceAll("_", "-")}s`,
    attributes: aliasOf(attributes),
    methods: ["show", "update", "delete"],
    policyParent: POLICY,
  });

export const QOS_RESOURCES: readonly Resource[] = [
  resource({
    kind: "qos_policy",
    name: "policy",
    collection: "policies",
    path: POLICY.path,
    attributes: QOS_POLICY,
    hasTags: true,
    tagsPath: "policies",
  }),
  rule("bandwidth_limit_rule", BANDWIDTH_LIMIT_RULE),
  rule("dscp_marking_rule", DSCP_MARKING_RULE),
  rule("minimum_bandwidth_rule", MINIMUM_BANDWIDTH_RULE),
  rule("minimum_packet_rate_rule", MINIMUM_PACKET_RATE_RULE),
  rule("packet_rate_limit_rule", PACKET_RATE_LIMIT_RULE),
  alias("bandwidth_limit_rule", BANDWIDTH_LIMIT_RULE),
  alias("dscp_marking_rule", DSCP_MARKING_RULE),
  alias("minimum_bandwidth_rule", MINIMUM_BANDWIDTH_RULE),
  alias("minimum_packet_rate_rule", MINIMUM_PACKET_RATE_RULE),
  resource({
    kind: "qos_rule_type",
    name: "rule_type",
    path: "qos/rule-types",
    attributes: QOS_RULE_TYPE,
    methods: ["list", "show"],
  }),
];
