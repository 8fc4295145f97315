/**
 * Faults as the plugin takes them: the name of a Neutron exception with its keywords, flat. It raises what it finds by that
 * name in the modules it knows, and of others only logs: so nothing else is ever sent.
 */
import type { Facts, Fault } from "../../model/mod.ts";

export type ErrorBody = { exception: string } & Record<string, unknown>;

/** What the request was about, for keywords that the fault does not have. */
export interface About {
  type: string;
  /** The network of a subnet, or of the request's resource. */
  networkOf(subnetId: unknown): string;
}

type Keywords = (facts: Facts, about: About) => Record<string, unknown>;

/** The keywords are all among the fault's own facts, under the same names. */
const same: Keywords = (facts) => facts;

/** The classes that every release of the plugin finds, by our codes, which are Neutron's names too. */
const CLASSES: Readonly<Record<string, Keywords>> = {
  InvalidInput: same,
  NotAuthorized: same,
  AdminRequired: same,
  NetworkNotFound: same,
  NetworkInUse: same,
  InvalidSharedSetting: same,
  SubnetNotFound: same,
  SubnetInUse: same,
  PortNotFound: same,
  PortInUse: same,
  MacAddressInUse: same,
  IpAddressInUse: same,
  IpAddressGenerationFailure: same,
  RouterNotFound: same,
  RouterInUse: same,
  RouterInterfaceNotFound: same,
  RouterInterfaceNotFoundForSubnet: same,
  SubnetMismatchForPort: same,
  FloatingIPNotFound: same,
  FloatingIPPortAlreadyAssociated: same,
  ExternalGatewayForFloatingIPNotFound: same,
  SecurityGroupNotFound: same,
  SecurityGroupInUse: same,
  SecurityGroupCannotRemoveDefault: same,
  SecurityGroupCannotUpdateDefault: same,
  SecurityGroupRuleNotFound: same,
  SecurityGroupRuleExists: ({ rule_id = "" }) => ({ resource: "security_group_rule", id: rule_id, rule_id }),
  SecurityGroupRuleInvalidProtocol: same,
  SecurityGroupRuleParameterConflict: same,
  SecurityGroupProtocolRequiredWithPorts: same,
  SecurityGroupInvalidPortRange: same,
  SecurityGroupInvalidIcmpValue: same,
  SecurityGroupMissingIcmpType: same,
  AddressPairAndPortSecurityRequired: same,
  PortSecurityPortHasSecurityGroup: same,
  PortSecurityAndIPRequiredForSecurityGroups: same,
  TrunkNotFound: same,
  TrunkInUse: same,
  TrunkPortInUse: same,
  SubPortNotFound: same,
  DuplicateSubPort: same,
  PortInUseAsTrunkParent: same,
};

/** Ours that are another class there. */
const RENAMED: Readonly<Record<string, { exception: string; keywords: Keywords }>> = {
  // neutron/ipam/exceptions.py, where the plugin does not look.
  IpAddressAlreadyAllocated: {
    exception: "IpAddressInUse",
    keywords: ({ ip = "", subnet_id }, { networkOf }) => ({ net_id: networkOf(subnet_id), ip_address: ip }),
  },
  IpAddressGenerationFailureAllSubnets: {
    exception: "IpAddressGenerationFailure",
    keywords: (_facts, { networkOf }) => ({ net_id: networkOf(undefined) }),
  },
  IpAddressGenerationFailureNoMatchingSubnet: {
    exception: "IpAddressGenerationFailure",
    keywords: (_facts, { networkOf }) => ({ net_id: networkOf(undefined) }),
  },
};

/** The plugin wants a list with one name; ours is a list as Python prints it. */
function overQuota({ message, facts }: Fault): ErrorBody {
  const [name = ""] = String(facts.overs).match(/\w+/) ?? [];
  return { exception: "OverQuota", overs: [name], msg: message };
}

/** Any other fault, by its status. */
function byStatus({ status, message }: Fault, { type }: About): ErrorBody {
  if (status === 404) return { exception: "NotFound", msg: message };
  if (status === 409 || status === 412) return { exception: "Conflict", msg: message };
  if (status === 403) return { exception: "NotAuthorized", msg: message };
  // With a full stop of its own, as Neutron's "Bad %(resource)s request: %(msg)s." has.
  if (status < 500) return { exception: "BadRequest", resource: type, msg: message.replace(/\.$/, "") };
  return { exception: "ServiceUnavailableError", resource: type, msg: message };
}

export function errorBody(fault: Fault, about: About): ErrorBody {
  if (fault.code === "OverQuota") return overQuota(fault);
  const renamed = Object.hasOwn(RENAMED, fault.code) ? RENAMED[fault.code] : undefined;
  if (renamed) return { exception: renamed.exception, ...renamed.keywords(fault.facts, about) };
  const keywords = Object.hasOwn(CLASSES, fault.code) ? CLASSES[fault.code] : undefined;
  return keywords ? { exception: fault.code, ...keywords(fault.facts, about) } : byStatus(fault, about);
}

/** 400 for whatever the plugin reads the body of; it asks for a new token on 401, and takes any 403 for NotAuthorized. */
export function errorStatus({ status }: Fault): number {
  return status === 401 || status === 403 || status >= 500 ? status : 400;
}
