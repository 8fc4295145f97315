/** From records to the security groups and routers of a view. Pure, as derive.ts. */
import {
  type Id,
  parseCidr,
  protocolNumber,
  type SecurityGroupRuleRecord,
  type ViewGroup,
  type ViewRouter,
  type ViewRule,
} from "../../model/mod.ts";
import type { Memory } from "../memory.ts";
import { viewGateway } from "./derive-outside.ts";
import type { Outside } from "./outside.ts";

const ICMP4 = 1;
const ICMP6 = 58;

/** Undefined for a group that is not there. `rules`: the ids of its rules. */
export function viewGroup(memory: Memory, id: Id, rules: Iterable<Id>): ViewGroup | undefined {
  const group = memory.get("security_group", id)?.record;
  if (group === undefined) return undefined;
  const records = [...rules].sort().flatMap((rule) => memory.get("security_group_rule", rule)?.record ?? []);
  return { id, stateful: group.stateful, rules: records.map((record) => viewRule(memory, record)) };
}

export function viewRule(memory: Memory, rule: SecurityGroupRuleRecord): ViewRule {
  const family = rule.ethertype === "IPv6" ? 6 : 4;
  const { port_range_min: first, port_range_max: last } = rule;
  const protocol = protocolOf(rule.protocol, family);
  const isIcmp = protocol === ICMP4 || protocol === ICMP6;
  const base = { id: rule.id, direction: rule.direction, family, protocol, remote: remoteOf(memory, rule) } as const;
  if (isIcmp) return { ...base, ports: null, icmp: first === null ? null : { type: first, code: last } };
  return { ...base, ports: first === null || last === null ? null : [first, last], icmp: null };
}

/** Neutron's "ip", 0, is any; ICMP means that of the family. */
function protocolOf(name: string | null, family: 4 | 6): number | null {
  const number = name === null ? 0 : protocolNumber(name);
  if (number === 0) return null;
  return number === ICMP4 && family === 6 ? ICMP6 : number;
}

function remoteOf(memory: Memory, rule: SecurityGroupRuleRecord): ViewRule["remote"] {
  if (rule.remote_group_id !== null) return { kind: "group", group: rule.remote_group_id };
  const prefix = rule.remote_ip_prefix === null ? undefined : parseCidr(rule.remote_ip_prefix);
  if (prefix !== undefined && !prefix.endsWith("/0")) return { kind: "prefixes", prefixes: [prefix] };
  if (rule.remote_address_group_id === null) return { kind: "any" };
  const addresses = memory.get("address_group", rule.remote_address_group_id)?.record.addresses ?? [];
  const ofFamily = addresses.filter((address) => address.includes(":") === (rule.ethertype === "IPv6"));
  return { kind: "prefixes", prefixes: ofFamily.flatMap((address) => parseCidr(address) ?? []).sort() };
}

/** Undefined for a router that is not there. `interfaces`: the ports that are its. */
export function viewRouter(memory: Memory, id: Id, interfaces: Iterable<Id>, outside: Outside): ViewRouter | undefined {
  const router = memory.get("router", id)?.record;
  if (router === undefined) return undefined;
  const ports = [...interfaces].sort().flatMap((port) => memory.get("port", port)?.record ?? []);
  return {
    id,
    adminUp: router.admin_state_up,
    interfaces: ports.map((port) => ({
      portId: port.id,
      networkId: port.network_id,
      mac: port.mac_address,
      ips: port.fixed_ips.map(({ ip_address }) => ip_address),
    })),
    routes: router.routes.map(({ destination, nexthop }) => ({ destination, nextHop: nexthop })),
    gateway: viewGateway(memory, router, outside),
  };
}
