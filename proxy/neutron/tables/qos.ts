/** QoS policies, their rules and the types of those (neutron_lib/api/definitions/qos*.py). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { toBoolean, toBooleanOrNone, toInt } from "../converters.ts";
import { ID, IDENTITY, PROJECT, STANDARD } from "../standard.ts";
import { values } from "../validators.ts";
import { MAX_INTEGER, range } from "../validators-number.ts";
import { offered } from "./offered.ts";

export const QOS_POLICY: Attributes = offered(
  {
    ...IDENTITY,
    shared: attribute(["post", "put", "filter"], { default: false, convert: toBoolean }),
    ...PROJECT,
    rules: attribute([]),
    ...STANDARD,
  },
  { "qos-default": { is_default: attribute(["post", "put", "filter"], { default: false, convert: toBoolean }) } },
);

const RATE = { convert: toInt, validate: range(0, MAX_INTEGER) };
const rate = attribute(["post", "put", "filter", "sort"], RATE);
const burst = attribute(["post", "put", "filter", "sort"], { default: 0, ...RATE });
const direction = (...names: string[]) =>
  attribute(["post", "put", "filter", "sort"], { default: "egress", validate: values(names) });

/** neutron_lib/constants.py VALID_DSCP_MARKS. */
export const DSCP_MARKS = [
  0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 44, 46, 48, 56,
] as const;

export const BANDWIDTH_LIMIT_RULE: Attributes = offered(
  { id: ID, max_kbps: rate, max_burst_kbps: burst },
  {
    "qos-bw-limit-direction": {
      direction: attribute(["post", "put"], { default: "egress", validate: values(["ingress", "egress"]) }),
    },
  },
);

export const DSCP_MARKING_RULE: Attributes = {
  id: ID,
  dscp_mark: attribute(["post", "put", "filter", "sort"], { convert: toInt, validate: values(DSCP_MARKS) }),
};

// The direction of qos-bw-minimum-ingress: Neutron's table has both values without it.
export const MINIMUM_BANDWIDTH_RULE: Attributes = { id: ID, min_kbps: rate, direction: direction("ingress", "egress") };

export const PACKET_RATE_LIMIT_RULE: Attributes = {
  id: ID,
  max_kpps: rate,
  max_burst_kpps: burst,
  direction: direction("ingress", "egress"),
};

export const MINIMUM_PACKET_RATE_RULE: Attributes = {
  id: ID,
  min_kpps: rate,
  direction: direction("any", "ingress", "egress"),
};

/**
 * The same rules addressed without their policy (qos-rules-alias, qos-pps-minimum-rule-alias), as kinds of their own: no
 * POST, and the direction can be filtered everywhere. Neutron's tables also name a tenant_id, which its rules do not have.
 */
export function aliasOf(rule: Attributes): Attributes {
  const own = Object.entries(rule).map(([name, row]) => [name, { ...row, allowPost: false }]);
  const filtered = rule.direction && {
    direction: { ...rule.direction, allowPost: false, isFilter: true, isSortKey: true },
  };
  return { ...Object.fromEntries(own), ...filtered };
}

/** Every type is supported, so nothing is filtered. */
const EVERY_TYPE = { default: UNSET, match: () => () => true };

export const QOS_RULE_TYPE: Attributes = offered(
  { type: attribute([]) },
  {
    "qos-rule-type-details": { drivers: attribute([]) },
    // Filters by name only: they say which types to list. (Neutron's table allows to write them, but there is no route.)
    "qos-rule-type-filter": {
      all_rules: attribute(["hidden", "filter"], { ...EVERY_TYPE, convert: toBooleanOrNone }),
      all_supported: attribute(["hidden", "filter"], { ...EVERY_TYPE, convert: toBooleanOrNone }),
    },
  },
);
