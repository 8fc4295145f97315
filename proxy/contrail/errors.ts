/**
 * Faults as the plugin takes them: the name of a Neutron exception with its keywords, flat. It raises what it finds by that
 * name in the modules it knows, and of others only logs: so nothing else is ever sent.
 */
import type { Fault, FaultCode } from "../../model/mod.ts";

export type ErrorBody = { exception: string } & Record<string, unknown>;

/** What the request was about, for keywords that the fault does not have. */
export interface About {
  type: string;
  /** The network of a subnet, or of the request's resource. */
  networkOf(subnetId: unknown): string;
}

const codes = (...names: FaultCode[]) => names;

/**
 * Classes that have our codes' names, and our facts as their keywords, by where the plugin looks: those that are there in
 * every release which it works with.
 */
const CLASSES: ReadonlySet<FaultCode> = new Set([
  // neutron_lib/exceptions/__init__.py
  ...codes("BadRequest", "InvalidInput", "NotAuthorized", "AdminRequired", "ObjectNotFound", "MalformedRequestBody"),
  ...codes(
    "NetworkNotFound",
    "NetworkInUse",
    "InvalidSharedSetting",
    "VlanIdInUse",
    "TunnelIdInUse",
    "FlatNetworkInUse",
  ),
  ...codes("NoNetworkAvailable", "SubnetNotFound", "SubnetInUse", "InvalidCIDR", "HostRoutesExhausted"),
  ...codes(
    "DNSNameServersExhausted",
    "InvalidAllocationPool",
    "OverlappingAllocationPools",
    "OutOfBoundsAllocationPool",
  ),
  ...codes("GatewayConflictWithAllocationPools", "GatewayIpInUse", "SubnetPoolNotFound", "SubnetAllocationError"),
  ...codes("PortNotFound", "PortInUse", "ServicePortInUse", "PortBound", "MacAddressInUse", "IpAddressInUse"),
  ...codes("InvalidIpForNetwork", "InvalidIpForSubnet", "IpAddressGenerationFailure", "ExternalIpAddressExhausted"),
  ...codes("NetworkMacAddressGenerationFailure", "HostMacAddressGenerationFailure", "UnsupportedPortDeviceOwner"),
  ...codes("DeviceIDNotOwnedByTenant", "SubnetMismatchForPort"),
  // neutron_lib/exceptions/l3.py
  ...codes("RouterNotFound", "RouterInUse", "RouterInterfaceNotFound", "RouterInterfaceNotFoundForSubnet"),
  ...codes("RouterInterfaceInUseByFloatingIP", "RouterExternalGatewayInUseByFloatingIp"),
  ...codes("RouterInterfaceAttachmentConflict", "FloatingIPNotFound", "FloatingIPPortAlreadyAssociated"),
  ...codes("ExternalGatewayForFloatingIPNotFound"),
  // neutron/extensions/securitygroup.py
  ...codes("SecurityGroupNotFound", "SecurityGroupInUse", "SecurityGroupConflict", "SecurityGroupCannotRemoveDefault"),
  ...codes("SecurityGroupCannotUpdateDefault", "SecurityGroupDefaultAlreadyExists", "SecurityGroupRuleNotFound"),
  ...codes("SecurityGroupRuleInUse", "SecurityGroupRuleInvalidProtocol", "SecurityGroupRuleInvalidEtherType"),
  ...codes("SecurityGroupRuleParameterConflict", "SecurityGroupEthertypeConflictWithProtocol"),
  ...codes(
    "SecurityGroupProtocolRequiredWithPorts",
    "SecurityGroupInvalidProtocolForPort",
    "SecurityGroupInvalidPortRange",
  ),
  ...codes("SecurityGroupInvalidPortValue", "SecurityGroupInvalidIcmpValue", "SecurityGroupMissingIcmpType"),
  ...codes("SecurityGroupNotSingleGroupRules", "DuplicateSecurityGroupRuleInPost"),
  // neutron_lib/exceptions/allowedaddresspairs.py
  ...codes("AddressPairAndPortSecurityRequired", "AllowedAddressPairsMissingIP", "DuplicateAddressPairInRequest"),
  ...codes("AllowedAddressPairExhausted"),
  // neutron/services/trunk/exceptions.py
  ...codes("TrunkNotFound", "TrunkInUse", "TrunkDisabled", "TrunkPortInUse", "ParentPortInUse", "SubPortNotFound"),
  ...codes("DuplicateSubPort", "PortInUseAsTrunkParent", "PortInUseAsSubPort", "SubPortMtuGreaterThanTrunkPortMtu"),
]);

/** With a full stop of its own, as Neutron's "Bad %(resource)s request: %(msg)s." has. */
const badRequest = ({ message }: Fault, { type }: About): ErrorBody => ({
  exception: "BadRequest",
  resource: type,
  msg: message.replace(/\.$/, ""),
});

const noMoreAddresses = (_fault: Fault, { networkOf }: About): ErrorBody => ({
  exception: "IpAddressGenerationFailure",
  net_id: networkOf(undefined),
});

/** Ours that are another class there, or have other keywords. */
const OTHERS: Readonly<Partial<Record<FaultCode, (fault: Fault, about: About) => ErrorBody>>> = {
  SecurityGroupRuleExists: ({ code, facts: { rule_id = "" } }) => ({
    exception: code,
    resource: "security_group_rule",
    id: rule_id,
    rule_id,
  }),
  // A list with one name; ours is a list as Python prints it.
  OverQuota: ({ code, message, facts: { overs } }) => ({
    exception: code,
    overs: String(overs).match(/\w+/)?.slice(0, 1) ?? [],
    msg: message,
  }),
  // neutron/ipam/exceptions.py, where the plugin does not look.
  IpAddressAlreadyAllocated: ({ facts: { ip = "", subnet_id } }, { networkOf }) => ({
    exception: "IpAddressInUse",
    net_id: networkOf(subnet_id),
    ip_address: ip,
  }),
  // No exception of Neutron's: whoever asks for a host's data plane looks for the name.
  HostNotFound: ({ message }) => ({ exception: "VirtualRouterNotFound", msg: message }),
  IpAddressGenerationFailureAllSubnets: noMoreAddresses,
  IpAddressGenerationFailureNoMatchingSubnet: noMoreAddresses,
  // The plugin looks for these where Neutron once had them, and finds nothing now.
  PortSecurityPortHasSecurityGroup: ({ message }) => ({ exception: "SecurityGroupConflict", reason: message }),
  PortSecurityAndIPRequiredForSecurityGroups: badRequest,
};

/** Any other fault, by its status. */
function byStatus(fault: Fault, about: About): ErrorBody {
  const { status, message: msg } = fault;
  if (status === 404) return { exception: "NotFound", msg };
  if (status === 409 || status === 412) return { exception: "Conflict", msg };
  if (status === 403) return { exception: "NotAuthorized", msg };
  if (status < 500) return badRequest(fault, about);
  return { exception: "ServiceUnavailableError", resource: about.type, msg };
}

export function errorBody(fault: Fault, about: About): ErrorBody {
  const other = Object.hasOwn(OTHERS, fault.code) ? OTHERS[fault.code] : undefined;
  if (other !== undefined) return other(fault, about);
  return CLASSES.has(fault.code) ? { exception: fault.code, ...fault.facts } : byStatus(fault, about);
}

/** 400 for whatever the plugin reads the body of; it asks for a new token on 401, and takes any 403 for NotAuthorized. */
export function errorStatus({ status }: Fault): number {
  return status === 401 || status === 403 || status >= 500 ? status : 400;
}
