/** What a rule says, read from a body and checked (securitygroups_db.py _validate_base_security_group_rule_attributes). */
import type { Attributes } from "../../../api/mod.ts";
import { fault, ipFamily, parseIp, parsePrefix, protocolNumber, type RuleMatch } from "../../../model/mod.ts";
import { attribute, given, isText, isWhole, oneOf, orNull } from "../attributes.ts";
import { canonicalProtocol, hasPorts, isIcmp, isIpv6Only, PORT_PROTOCOLS } from "./protocols.ts";

type Ports = Pick<RuleMatch, "port_range_min" | "port_range_max">;

/** The whole range is no restriction, and is not kept as one. */
function canonicalPorts({ port_range_min: min, port_range_max: max }: Ports): Ports {
  return min === 1 && max === 65535
    ? { port_range_min: null, port_range_max: null }
    : { port_range_min: min, port_range_max: max };
}

function checkIcmp({ port_range_min: type, port_range_max: code }: Ports): void {
  for (const [value, attr, field] of [
    [type, "port_range_min", "type"],
    [code, "port_range_max", "code"],
  ] as const) {
    if (value !== null && (value < 0 || value > 255))
      throw fault("SecurityGroupInvalidIcmpValue", { field, attr, value });
  }
  if (type === null && code !== null) throw fault("SecurityGroupMissingIcmpType", { value: code });
}

function checkPorts(protocol: string | null, ports: Ports): void {
  const { port_range_min: min, port_range_max: max } = ports;
  if (min === null && max === null) return;
  if (protocol === null) throw fault("SecurityGroupProtocolRequiredWithPorts");
  const number = protocolNumber(protocol);
  if (hasPorts(number)) {
    if (min === 0 || max === 0) throw fault("SecurityGroupInvalidPortValue", { port: 0 });
    if (min === null || max === null || min > max) throw fault("SecurityGroupInvalidPortRange");
  } else if (isIcmp(number)) {
    checkIcmp(ports);
  } else {
    const valid_port_protocols = PORT_PROTOCOLS.map((name) => name.toUpperCase()).join(", ");
    throw fault("SecurityGroupInvalidProtocolForPort", { protocol: number, valid_port_protocols });
  }
}

/** With its length, and its host bits as they were written: `normalized_cidr` shows it without them. */
function readPrefix(body: Attributes, ethertype: string): string | null {
  const text = given(body, "remote_ip_prefix", orNull(isText)) ?? null;
  if (text === null || text === "") return null;
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw fault("InvalidCIDR", { input: text });
  if (ethertype !== `IPv${ipFamily(prefix.cidr)}`) {
    throw fault("SecurityGroupRuleParameterConflict", { ethertype, cidr: text });
  }
  return `${parseIp(text.split("/")[0] ?? "")}/${prefix.length}`;
}

const readId = (body: Attributes, name: string) => given(body, name, orNull(isText)) || null;

/** @throws Fault */
export function readRule(body: Attributes): RuleMatch {
  const ethertype = attribute(body, "ethertype", oneOf("IPv4", "IPv6"), "IPv4");
  const protocol = canonicalProtocol(given(body, "protocol", orNull(isText)) ?? null, ethertype);
  const ports = canonicalPorts({
    port_range_min: given(body, "port_range_min", orNull(isWhole)) ?? null,
    port_range_max: given(body, "port_range_max", orNull(isWhole)) ?? null,
  });
  checkPorts(protocol, ports);
  const remote_ip_prefix = readPrefix(body, ethertype);
  if (protocol !== null && ethertype === "IPv4" && isIpv6Only(protocol)) {
    throw fault("SecurityGroupEthertypeConflictWithProtocol", { ethertype, protocol });
  }
  const remote_group_id = readId(body, "remote_group_id");
  const remote_address_group_id = readId(body, "remote_address_group_id");
  const remotes = [remote_ip_prefix, remote_group_id, remote_address_group_id].filter((remote) => remote !== null);
  if (remotes.length > 1) throw fault("SecurityGroupMultipleRemoteEntites");
  const direction = attribute(body, "direction", oneOf("ingress", "egress"), "ingress");
  return { direction, ethertype, protocol, ...ports, remote_ip_prefix, remote_group_id, remote_address_group_id };
}
