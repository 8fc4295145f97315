/** The classes of the protocol, each with every keyword that the plugin's Neutron needs for its message. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Facts, type FaultCode, fault } from "../../model/mod.ts";
import { errorBody, errorStatus } from "./errors.ts";

const about = { type: "port", networkOf: (subnet: unknown) => (subnet === "s" ? "n" : "of the request") };

const SAME: [code: FaultCode, facts: Facts][] = [
  ["InvalidInput", { error_message: "m" }],
  ["NotAuthorized", { msg: "m" }],
  ["AdminRequired", { reason: "r" }],
  ["NetworkNotFound", { net_id: "n" }],
  ["NetworkInUse", { net_id: "n" }],
  ["InvalidSharedSetting", { network: "n" }],
  ["SubnetNotFound", { subnet_id: "s" }],
  ["SubnetInUse", { subnet_id: "s" }],
  ["PortNotFound", { port_id: "p" }],
  ["PortInUse", { net_id: "n", port_id: "p", device_id: "d" }],
  ["MacAddressInUse", { net_id: "n", mac: "m" }],
  ["IpAddressInUse", { net_id: "n", ip_address: "i" }],
  ["IpAddressGenerationFailure", { net_id: "n" }],
  ["RouterNotFound", { router_id: "r" }],
  ["RouterInUse", { router_id: "r" }],
  ["RouterInterfaceNotFound", { router_id: "r", port_id: "p" }],
  ["RouterInterfaceNotFoundForSubnet", { router_id: "r", subnet_id: "s" }],
  ["SubnetMismatchForPort", { port_id: "p", subnet_id: "s" }],
  ["FloatingIPNotFound", { floatingip_id: "f" }],
  [
    "FloatingIPPortAlreadyAssociated",
    { floating_ip_address: "a", fip_id: "f", port_id: "p", fixed_ip: "x", net_id: "n" },
  ],
  ["ExternalGatewayForFloatingIPNotFound", { subnet_id: "s", external_network_id: "n", port_id: "p" }],
  ["SecurityGroupNotFound", { id: "g" }],
  ["SecurityGroupInUse", { id: "g" }],
  ["SecurityGroupCannotRemoveDefault", {}],
  ["SecurityGroupCannotUpdateDefault", {}],
  ["SecurityGroupRuleNotFound", { id: "r" }],
  ["SecurityGroupRuleInvalidProtocol", { protocol: "p", values: "v" }],
  ["SecurityGroupRuleParameterConflict", { ethertype: "e", cidr: "c" }],
  ["SecurityGroupProtocolRequiredWithPorts", {}],
  ["SecurityGroupInvalidPortRange", {}],
  ["SecurityGroupInvalidIcmpValue", { field: "f", attr: "a", value: 1 }],
  ["SecurityGroupMissingIcmpType", { value: 1 }],
  ["AddressPairAndPortSecurityRequired", {}],
  ["TrunkNotFound", { trunk_id: "t" }],
  ["TrunkInUse", { trunk_id: "t" }],
  ["TrunkPortInUse", { port_id: "p" }],
  ["SubPortNotFound", { trunk_id: "t", port_id: "p" }],
  ["DuplicateSubPort", { trunk_id: "t", segmentation_id: 1, segmentation_type: "vlan" }],
  ["PortInUseAsTrunkParent", { port_id: "p", trunk_id: "t" }],
];

describe("faults that are a class of the plugin's own name", () => {
  for (const [code, facts] of SAME) {
    test(code, () => {
      const body = errorBody(fault(code, facts), about);
      assert.deepEqual({ ...body, ...facts, exception: code }, body);
    });
  }
});

const OTHERS: [code: FaultCode, facts: Facts, body: object][] = [
  [
    "SecurityGroupRuleExists",
    { rule_id: "r" },
    { exception: "SecurityGroupRuleExists", resource: "security_group_rule", id: "r", rule_id: "r" },
  ],
  [
    "OverQuota",
    { overs: "['port']" },
    { exception: "OverQuota", overs: ["port"], msg: "Quota exceeded for resources: ['port']." },
  ],
  [
    "IpAddressAlreadyAllocated",
    { ip: "10.0.0.1", subnet_id: "s" },
    { exception: "IpAddressInUse", net_id: "n", ip_address: "10.0.0.1" },
  ],
  ["IpAddressGenerationFailureAllSubnets", {}, { exception: "IpAddressGenerationFailure", net_id: "of the request" }],
  [
    "PortSecurityPortHasSecurityGroup",
    {},
    { exception: "SecurityGroupConflict", reason: fault("PortSecurityPortHasSecurityGroup").message },
  ],
  [
    "PortSecurityAndIPRequiredForSecurityGroups",
    {},
    {
      exception: "BadRequest",
      resource: "port",
      msg: fault("PortSecurityAndIPRequiredForSecurityGroups").message.slice(0, -1),
    },
  ],
  ["TagNotFound", { tag: "t" }, { exception: "NotFound", msg: "Tag t could not be found." }],
  ["Conflict", { msg: "m" }, { exception: "Conflict", msg: "m" }],
  ["PolicyNotAuthorized", { rule: "r" }, { exception: "NotAuthorized", msg: "r is disallowed by policy" }],
  ["HTTPBadRequest", { msg: "Bad." }, { exception: "BadRequest", resource: "port", msg: "Bad" }],
  ["ServiceUnavailable", { msg: "m" }, { exception: "ServiceUnavailableError", resource: "port", msg: "m" }],
];

describe("faults that are another class there", () => {
  for (const [code, facts, body] of OTHERS) {
    test(code, () => assert.deepEqual(errorBody(fault(code, facts), about), body));
  }
});

test("the status is 400 but for tokens, permission and failures of ours", () => {
  const statuses = (
    ["NetworkNotFound", "Conflict", "Unauthorized", "NotAuthorized", "ServiceUnavailable"] as const
  ).map((code) => errorStatus(fault(code, { net_id: "", msg: "" })));
  assert.deepEqual(statuses, [400, 400, 401, 403, 503]);
});
