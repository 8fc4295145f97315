/**
 * The DHCPv6 options of a port: those of its subnets and network, then its own extra_dhcp_opts over them.
 * Names are dnsmasq's, which Neutron's users write (dnsmasq src/option.c, opttab6).
 */
import {
  dhcp6Mode,
  type Ip,
  ipBytes16,
  ipFamily,
  networkDomain,
  parseIp,
  type ViewNetwork,
  type ViewPort,
} from "../../model/mod.ts";
import { domainNameBytes, OPTION6, option6 } from "../../wire/mod.ts";
import { dnsServersOf } from "./port-name.ts";

type Kind = "ips" | "text" | "texts" | "names" | "seconds" | "servers";

const NAMES: Record<string, [code: number, kind: Kind]> = {
  "sip-server-domain": [21, "names"],
  "sip-server": [22, "ips"],
  "dns-server": [23, "ips"],
  "domain-search": [24, "names"],
  "nis-server": [27, "ips"],
  "nis+-server": [28, "ips"],
  "nis-domain": [29, "names"],
  "nis+-domain": [30, "names"],
  "sntp-server": [31, "ips"],
  "information-refresh-time": [32, "seconds"],
  "posix-timezone": [41, "text"],
  "tzdb-timezone": [42, "text"],
  "ntp-server": [56, "servers"],
  "bootfile-url": [59, "text"],
  "bootfile-param": [60, "texts"],
};

/** What belongs to a message, and is nobody's to set. */
const PROTOCOL = new Set<number>([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 19, 20, 25, 26, 39]);

const parts = (value: string) => value.split(",").map((part) => part.trim());
/** dnsmasq writes IPv6 addresses in brackets. */
const bare = (part: string) => parseIp(part.replace(/^\[(.*)\]$/, "$1"));

function ips(value: string): Uint8Array | undefined {
  const parsed = parts(value).map(bare);
  if (parsed.some((ip) => ip === undefined || ipFamily(ip) !== 6)) return undefined;
  return Buffer.concat(parsed.map((ip) => ipBytes16(ip as Ip)));
}

/** RFC 5908: a server by address (1), multicast address (2) or name (3). */
function timeServers(value: string): Uint8Array {
  const suboptions = parts(value).map((part) => {
    const ip = bare(part);
    if (ip === undefined) return option6(3, domainNameBytes(part));
    return option6(ip.startsWith("ff") ? 2 : 1, ipBytes16(ip));
  });
  return Buffer.concat(suboptions);
}

function seconds(value: string): Uint8Array | undefined {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 0 || parsed > 0xffffffff) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(parsed);
  return bytes;
}

const ENCODE: Record<Kind, (value: string) => Uint8Array | undefined> = {
  ips,
  seconds,
  servers: timeServers,
  text: (value) => Buffer.from(value, "utf8"),
  // RFC 5970 section 3.2: each parameter has its length before it.
  texts: (value) =>
    Buffer.concat(
      parts(value).map((part) => {
        const text = Buffer.from(part, "utf8").subarray(0, 0xffff);
        return Buffer.concat([Uint8Array.of(text.length >> 8, text.length & 255), text]);
      }),
    ),
  names: (value) => Buffer.concat(parts(value).map(domainNameBytes)),
};

/** The code of an option by name or number, with or without dnsmasq's "option6:". */
function optionCode(name: string): number | undefined {
  const word = name.replace(/^option6:/, "");
  const code = /^\d{1,5}$/.test(word) ? Number(word) : NAMES[word]?.[0];
  return code === undefined || code < 1 || code > 0xffff || PROTOCOL.has(code) ? undefined : code;
}

/** One extra_dhcp_opt as code and bytes; undefined when its name is unknown or its value does not fit its kind. */
export function extraOption6(name: string, value: string): [number, Uint8Array] | undefined {
  const code = optionCode(name);
  if (code === undefined) return undefined;
  const fromTable = Object.values(NAMES).find(([candidate]) => candidate === code)?.[1];
  const bytes = ENCODE[fromTable ?? (ips(value) === undefined ? "text" : "ips")](value);
  return bytes === undefined ? undefined : [code, bytes];
}

export interface PortOptions6 {
  options: Map<number, Uint8Array>;
  /** Options that a user set: sent whether the client asked for them or not. */
  forced: Set<number>;
}

/** All options that the port's own configuration gives, by its subnets that have DHCPv6. */
export function portOptions6(port: ViewPort, network: ViewNetwork): PortOptions6 {
  const ids = new Set(port.fixedIps.map(({ subnetId }) => subnetId));
  const subnets = network.subnets.filter((subnet) => ids.has(subnet.id) && dhcp6Mode(subnet) !== undefined);
  const dns = new Set(subnets.flatMap(dnsServersOf));
  const options = new Map<number, Uint8Array>();
  if (dns.size > 0) options.set(23, Buffer.concat([...dns].map((server) => ipBytes16(server))));
  const domain = networkDomain(network);
  if (domain !== "") options.set(24, domainNameBytes(domain));
  const forced = new Set<number>();
  for (const { opt_name: name, opt_value: value, ip_version: version } of port.dhcpOptions) {
    if (version !== 6) continue;
    if (value === "") {
      // An option without a value takes away what would be sent (dnsmasq's own rule).
      options.delete(optionCode(name) ?? 0);
      continue;
    }
    const extra = extraOption6(name, value);
    if (extra === undefined) continue;
    options.set(...extra);
    forced.add(extra[0]);
  }
  return { options, forced };
}

/**
 * RFC 4704: the port's name, if the client told one or asked for it. Names are set in the API, never by a guest: N says
 * that the server does not write any, O that the client had wanted it to.
 */
export function nameOption(given: Uint8Array | undefined, name: string): Uint8Array {
  const [S, O, N] = [1, 2, 4];
  const isRefused = ((given?.[0] ?? 0) & S) !== 0;
  return option6(OPTION6.fqdn, Uint8Array.of(N | (isRefused ? O : 0)), domainNameBytes(name));
}
