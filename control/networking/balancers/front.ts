/** Reads a balancer's fronts: what a caller may say, and in which form it is kept. */
import { type BalancerFront, fault, parseIp } from "../../../model/mod.ts";
import { isObject } from "../attributes.ts";

const PROTOCOLS = ["tcp", "udp", "sctp"] as const;
/** Kubernetes' most for sessionAffinityConfig: a day. */
const MAX_AFFINITY_SECONDS = 86_400;

const refuse = (error_message: string) => fault("InvalidInput", { error_message });

/** @throws Fault InvalidInput that names the front and what is wrong with it */
export function readFronts(value: unknown): BalancerFront[] {
  if (!Array.isArray(value)) throw refuse("fronts must be a list");
  const fronts = value.map((front, i) => readFront(front, `fronts[${i}]`));
  const seen = new Set<string>();
  for (const { ips, protocol, port } of fronts) {
    for (const ip of ips) {
      const key = `${ip} ${protocol}/${port}`;
      if (seen.has(key)) throw refuse(`two fronts are at ${key}`);
      seen.add(key);
    }
  }
  return fronts;
}

function readFront(value: unknown, at: string): BalancerFront {
  const front = isObject(value);
  if (front === undefined) throw refuse(`${at} must be an object`);
  const protocol = PROTOCOLS.find((one) => one === front.protocol);
  if (protocol === undefined) throw refuse(`${at}.protocol must be one of ${PROTOCOLS.join(", ")}`);
  const port = readPort(front.port, `${at}.port`);
  const backends = listAt(front.backends, `${at}.backends`).map((one, i) => readBackend(one, `${at}.backends[${i}]`));
  // A changed port changes SCTP's checksum, which is over all of the packet (RFC 9260 section 6.8).
  if (protocol === "sctp" && backends.some((backend) => backend.port !== port))
    throw refuse(`${at}: backends of sctp must have the front's own port ${port}`);
  return {
    ips: listAt(front.ips, `${at}.ips`).map((ip) => readIp(ip, `${at}.ips`)),
    protocol,
    port,
    affinity_seconds: readAffinity(front.affinity_seconds, `${at}.affinity_seconds`),
    local_only: front.local_only === true,
    backends,
  };
}

function readBackend(value: unknown, at: string): BalancerFront["backends"][number] {
  const backend = isObject(value);
  if (backend === undefined) throw refuse(`${at} must be an object`);
  return { ip: readIp(backend.ip, `${at}.ip`), port: readPort(backend.port, `${at}.port`) };
}

function readIp(value: unknown, at: string) {
  const ip = typeof value === "string" ? parseIp(value) : undefined;
  if (ip === undefined) throw refuse(`${at} has ${JSON.stringify(value)}, which is no IP address`);
  return ip;
}

function readPort(value: unknown, at: string): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535) return value as number;
  throw refuse(`${at} must be a number from 1 to 65535`);
}

function readAffinity(value: unknown, at: string): number | null {
  if (value === null || value === undefined) return null;
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_AFFINITY_SECONDS)
    return value as number;
  throw refuse(`${at} must be null, or seconds from 1 to ${MAX_AFFINITY_SECONDS}`);
}

function listAt(value: unknown, at: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw refuse(`${at} must be a list`);
}
