/**
 * Rules of security groups, and their templates (neutron/extensions/{securitygroup,security_groups_default_rules}.py).
 * How the members of a rule must fit together is checked behind the door.
 */
import { type Attributes, attribute } from "../attribute.ts";
import { toBoolean, toBooleanOrNone } from "../converters.ts";
import { ETHERTYPES, toEthertype, toIpPrefix, toPortValue, toRuleProtocol } from "../converters-security-group.ts";
import { HIDDEN_PROJECT, ID, PROJECT, SIZE, UNTAGGED } from "../standard.ts";
import { string, values } from "../validators.ts";
import { offered } from "./offered.ts";

const remoteAddressGroup = attribute(["post", "filter", "sort"], { default: null });

const MATCH: Attributes = {
  remote_group_id: attribute(["post", "filter", "sort"], { default: null }),
  direction: attribute(["post", "filter", "sort"], { validate: values(["ingress", "egress"]) }),
  protocol: attribute(["post", "filter", "sort"], { default: null, convert: toRuleProtocol }),
  port_range_min: attribute(["post", "filter", "sort"], { default: null, convert: toPortValue }),
  port_range_max: attribute(["post", "filter", "sort"], { default: null, convert: toPortValue }),
  ethertype: attribute(["post", "filter", "sort"], {
    default: "IPv4",
    convert: toEthertype,
    validate: values(ETHERTYPES),
  }),
  remote_ip_prefix: attribute(["post", "filter", "sort"], { default: null, convert: toIpPrefix }),
};

export const SECURITY_GROUP_RULE: Attributes = offered(
  {
    id: ID,
    security_group_id: attribute(["post", "filter", "sort"], { validate: string(36) }),
    ...MATCH,
    ...PROJECT,
    ...UNTAGGED,
  },
  {
    "security-groups-remote-address-group": { remote_address_group_id: remoteAddressGroup },
    "security-groups-normalized-cidr": { normalized_cidr: attribute(["filter", "sort"]) },
    "security-groups-rules-belongs-to-default-sg": {
      belongs_to_default_sg: attribute(["filter"], { convert: toBooleanOrNone }),
    },
  },
);

/** A rule that every new security group gets. */
export const DEFAULT_SECURITY_GROUP_RULE: Attributes = {
  id: ID,
  ...HIDDEN_PROJECT,
  ...MATCH,
  remote_address_group_id: remoteAddressGroup,
  used_in_default_sg: attribute(["post", "filter"], { convert: toBoolean }),
  used_in_non_default_sg: attribute(["post", "filter"], { convert: toBoolean }),
  ...UNTAGGED,
  // Of Neutron's 1024 characters its database keeps 255 only.
  description: attribute(["post", "filter"], { default: "", validate: string(SIZE.description) }),
};
