/**
 * The DHCPv4 options of a port: those of its subnet and network, then its own extra_dhcp_opts over them.
 * Names are dnsmasq's, which Neutron's users write (dnsmasq src/option.c, opttab).
 */
import {
  type Cidr,
  type Ip,
  ipFamily,
  networkDomain,
  parseIp,
  prefix,
  SERVICE_IP4,
  type ViewNetwork,
  type ViewPort,
  type ViewSubnet,
} from "../../model/mod.ts";
import { domainNameBytes, ip4Bytes } from "../../wire/mod.ts";
import { dnsServersOf, hostName } from "./port-name.ts";

type Kind = "ips" | "text" | "u8" | "u16" | "u32" | "routes" | "names";

const NAMES: Record<string, [code: number, kind: Kind]> = {
  netmask: [1, "ips"],
  "time-offset": [2, "u32"],
  router: [3, "ips"],
  "dns-server": [6, "ips"],
  "log-server": [7, "ips"],
  "lpr-server": [9, "ips"],
  hostname: [12, "text"],
  "boot-file-size": [13, "u16"],
  "domain-name": [15, "text"],
  "swap-server": [16, "ips"],
  "root-path": [17, "text"],
  "extension-path": [18, "text"],
  "ip-forward-enable": [19, "u8"],
  "default-ttl": [23, "u8"],
  mtu: [26, "u16"],
  broadcast: [28, "ips"],
  "static-route": [33, "ips"],
  "nis-domain": [40, "text"],
  "nis-server": [41, "ips"],
  "ntp-server": [42, "ips"],
  "netbios-ns": [44, "ips"],
  "netbios-dd": [45, "ips"],
  "netbios-nodetype": [46, "u8"],
  "netbios-scope": [47, "text"],
  "lease-time": [51, "u32"],
  T1: [58, "u32"],
  T2: [59, "u32"],
  "vendor-class": [60, "text"],
  "nis+-domain": [64, "text"],
  "nis+-server": [65, "ips"],
  "tftp-server": [66, "text"],
  "tftp-server-name": [66, "text"],
  "bootfile-name": [67, "text"],
  "mobile-ip-home": [68, "ips"],
  "smtp-server": [69, "ips"],
  "pop3-server": [70, "ips"],
  "domain-search": [119, "names"],
  "classless-static-route": [121, "routes"],
  "tftp-server-address": [150, "ips"],
  "ms-classless-static-route": [249, "routes"],
  wpad: [252, "text"],
};

/** What dnsmasq does with an option known by its number only: addresses if they look so, else text. */
function guessKind(value: string): Kind {
  return value.split(",").every((part) => ipFamily((parseIp(part.trim()) ?? ":") as Ip) === 4) ? "ips" : "text";
}

function number(value: string, size: 1 | 2 | 4): Uint8Array | undefined {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 0 || parsed >= 2 ** (8 * size)) return undefined;
  return Uint8Array.from({ length: size }, (_, i) => Math.floor(parsed / 2 ** (8 * (size - 1 - i))) & 255);
}

function ips(value: string): Uint8Array | undefined {
  const parsed = value.split(",").map((part) => parseIp(part.trim()));
  if (parsed.some((ip) => ip === undefined || ipFamily(ip) !== 4)) return undefined;
  return Uint8Array.from(parsed.flatMap((ip) => [...ip4Bytes(ip as Ip)]));
}

/** RFC 3442: prefix length, the significant octets, the gateway; 0.0.0.0 as gateway means on link. */
export function routesValue(routes: { destination: Cidr; nextHop: Ip }[]): Uint8Array {
  return Uint8Array.from(
    routes.flatMap(({ destination, nextHop }) => {
      const { length } = prefix(destination);
      const base = ip4Bytes(destination.slice(0, destination.indexOf("/")) as Ip);
      return [length, ...base.subarray(0, Math.ceil(length / 8)), ...ip4Bytes(nextHop)];
    }),
  );
}

function routes(value: string): Uint8Array | undefined {
  const parts = value.split(",").map((part) => part.trim());
  const pairs: { destination: Cidr; nextHop: Ip }[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const nextHop = parseIp(parts[i + 1] as string);
    const destination = parts[i] as string;
    if (nextHop === undefined || !/^[\d.]+\/\d+$/.test(destination)) return undefined;
    try {
      pairs.push({ destination: prefix(destination).cidr, nextHop });
    } catch {
      return undefined;
    }
  }
  return parts.length % 2 === 0 ? routesValue(pairs) : undefined;
}

/** Names one after the other, without compression (RFC 3397 allows it, does not ask for it). */
const names = (value: string) => Buffer.concat(value.split(",").map((name) => domainNameBytes(name.trim())));

/** The code of an option by name or number, with or without dnsmasq's "option:"; undefined when there is none. */
function optionCode(name: string): number | undefined {
  const bare = name.replace(/^option:/, "");
  const code = /^\d{1,3}$/.test(bare) ? Number(bare) : NAMES[bare]?.[0];
  return code === undefined || code < 1 || code > 254 ? undefined : code;
}

/** One extra_dhcp_opt as code and bytes; undefined when its name is unknown or its value does not fit its kind. */
export function extraOption(name: string, value: string): [number, Uint8Array] | undefined {
  const code = optionCode(name);
  if (code === undefined) return undefined;
  const fromTable = Object.values(NAMES).find(([candidate]) => candidate === code)?.[1];
  const encode: Record<Kind, () => Uint8Array | undefined> = {
    ips: () => ips(value),
    text: () => Uint8Array.from(Buffer.from(value, "utf8")),
    u8: () => number(value, 1),
    u16: () => number(value, 2),
    u32: () => number(value, 4),
    routes: () => routes(value),
    names: () => names(value),
  };
  const bytes = encode[fromTable ?? guessKind(value)]();
  return bytes === undefined ? undefined : [code, bytes];
}

const ON_LINK = "0.0.0.0" as Ip;
const DEFAULT_ROUTE = "0.0.0.0/0" as Cidr;

function subnetRoutes(subnet: ViewSubnet): { destination: Cidr; nextHop: Ip }[] {
  const service = { destination: `${SERVICE_IP4}/32` as Cidr, nextHop: ON_LINK };
  // RFC 3442: a client that takes option 121 ignores option 3, so the default route is repeated here.
  const gateway = subnet.gateway === null ? [] : [{ destination: DEFAULT_ROUTE, nextHop: subnet.gateway }];
  return [service, ...subnet.routes, ...gateway];
}

const text = (value: string) => Uint8Array.from(Buffer.from(value, "latin1"));

export interface PortOptions {
  options: Map<number, Uint8Array>;
  /** Options that a user set: sent whether the client asked for them or not. */
  forced: Set<number>;
  bootFile: string;
  nextServer: Ip;
}

/** All options that the port's own configuration gives; the server adds those that belong to a message. */
export function portOptions(port: ViewPort, network: ViewNetwork, subnet: ViewSubnet, ip: Ip): PortOptions {
  const { length, last } = prefix(subnet.cidr);
  const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  const broadcast = Number(last);
  const u32 = (value: number) => number(String(value), 4) as Uint8Array;
  const routeBytes = routesValue(subnetRoutes(subnet));
  const dns = dnsServersOf(subnet);
  const options = new Map<number, Uint8Array>([[1, u32(mask)]]);
  if (subnet.gateway !== null) options.set(3, ip4Bytes(subnet.gateway));
  options.set(26, number(String(network.mtu), 2) as Uint8Array);
  if (dns.length > 0) options.set(6, Uint8Array.from(dns.flatMap((server) => [...ip4Bytes(server)])));
  options
    .set(121, routeBytes)
    .set(12, text(hostName(port, ip)))
    .set(15, text(networkDomain(network)))
    .set(28, u32(broadcast))
    .set(249, routeBytes);
  if (networkDomain(network) === "") options.delete(15);
  // The MTU is sent unasked, as Neutron does: a guest with a larger one loses packets in the overlay.
  const result: PortOptions = { options, forced: new Set([26]), bootFile: "", nextServer: ON_LINK };
  for (const { opt_name: name, opt_value: value, ip_version: version } of port.dhcpOptions) {
    if (version === 4) applyExtra(result, name, value);
  }
  return result;
}

function applyExtra(result: PortOptions, name: string, value: string): void {
  if (name === "server-ip-address") {
    const server = parseIp(value);
    if (server !== undefined && ipFamily(server) === 4) result.nextServer = server;
    return;
  }
  if (value === "") {
    // An option without a value takes away what would be sent (dnsmasq's own rule).
    result.options.delete(optionCode(name) ?? 0);
    return;
  }
  const extra = extraOption(name, value);
  if (extra === undefined) return;
  const [code, bytes] = extra;
  result.options.set(code, bytes);
  result.forced.add(code);
  // PXE firmware reads the BOOTP fields; dnsmasq fills them from these two options.
  if (code === 67) result.bootFile = value;
  if (code === 66 || code === 150) result.nextServer = parseIp(value.split(",")[0] as string) ?? result.nextServer;
}
