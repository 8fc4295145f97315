import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Facts, Fault, type FaultCode } from "../../model/mod.ts";
import type { Converter } from "./attribute.ts";
import { nameNotDefault, toEthertype, toIpPrefix, toPortValue, toRuleProtocol } from "./converters-security-group.ts";

describe("values of security group rules", () => {
  const rows: [name: string, convert: Converter, given: unknown, value: unknown][] = [
    ["protocol", toRuleProtocol, null, null],
    ["protocol", toRuleProtocol, "any", null],
    ["protocol", toRuleProtocol, "ANY", "any"],
    ["protocol", toRuleProtocol, "TCP", "tcp"],
    ["protocol", toRuleProtocol, "icmpv6", "icmpv6"],
    ["protocol", toRuleProtocol, 6, "6"],
    ["protocol", toRuleProtocol, "255", "255"],
    ["ethertype", toEthertype, "ipv6", "IPv6"],
    ["port", toPortValue, null, null],
    ["port", toPortValue, "80", 80],
    ["port", toPortValue, 0, 0],
    ["prefix", toIpPrefix, "", null],
    ["prefix", toIpPrefix, "10.0.0.1", "10.0.0.1/32"],
    ["prefix", toIpPrefix, "10.0.0.1/24", "10.0.0.1/24"],
    ["prefix", toIpPrefix, "10.0.0.0/255.255.255.0", "10.0.0.0/24"],
    ["prefix", toIpPrefix, "2001:DB8::/32", "2001:db8::/32"],
  ];
  for (const [name, convert, given, value] of rows) {
    test(`${name} ${JSON.stringify(given)} becomes ${JSON.stringify(value)}`, () =>
      assert.equal(convert(given), value));
  }
});

describe("values that no rule can have", () => {
  const protocols =
    "(None, 'any', 'ah', 'dccp', 'egp', 'esp', 'gre', 'hopopt', 'icmp', 'igmp', 'ip', 'ipip', 'ipv6-encap', 'ipv6-frag', " +
    "'ipv6-icmp', 'icmpv6', 'ipv6-nonxt', 'ipv6-opts', 'ipv6-route', 'ospf', 'pgm', 'rsvp', 'sctp', 'tcp', 'udp', 'udplite', 'vrrp')";
  const protocol = (given: string): Facts => ({ protocol: given, values: protocols });
  const rows: [convert: Converter, given: unknown, code: FaultCode, facts: Facts][] = [
    [toRuleProtocol, "bogus", "SecurityGroupRuleInvalidProtocol", protocol("bogus")],
    [toRuleProtocol, "256", "SecurityGroupRuleInvalidProtocol", protocol("256")],
    [toRuleProtocol, -1, "SecurityGroupRuleInvalidProtocol", protocol("-1")],
    [toRuleProtocol, [], "SecurityGroupRuleInvalidProtocol", protocol("[]")],
    [toEthertype, "x", "SecurityGroupRuleInvalidEtherType", { ethertype: "x", values: "['IPv4', 'IPv6']" }],
    [toEthertype, null, "SecurityGroupRuleInvalidEtherType", { ethertype: "None", values: "['IPv4', 'IPv6']" }],
    [toPortValue, 65_536, "SecurityGroupInvalidPortValue", { port: "65536" }],
    [toPortValue, "x", "SecurityGroupInvalidPortValue", { port: "x" }],
    [toIpPrefix, "10.0.0.0/33", "InvalidCIDR", { input: "10.0.0.0/33" }],
    [toIpPrefix, ["a"], "InvalidCIDR", { input: "['a']" }],
  ];
  for (const [convert, given, code, facts] of rows) {
    test(`${code} ${JSON.stringify(given)}`, () => assert.throws(() => convert(given), new Fault(code, facts)));
  }
});

test("no group of a user is called default, in any case", () => {
  assert.equal(nameNotDefault(255)("web"), undefined);
  assert.equal(nameNotDefault(255)(5), "'5' is not a valid string");
  assert.throws(() => nameNotDefault(255)("DEFAULT"), new Fault("SecurityGroupDefaultAlreadyExists", {}));
});
