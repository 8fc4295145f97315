/**
 * What the caller asks for beside the network: by the conventions of CNI (CONVENTIONS.md, "Dynamic Plugin specific fields",
 * "args", "CNI_ARGS"), of which the first that says something is followed.
 */
import { type Ip, type Mac, parseIp, parseMac, type ViewPort } from "../../model/mod.ts";
import { CniFailure } from "./failure.ts";

export interface PortWishes {
  ips: Ip[];
  mac: Mac | undefined;
}

type Json = Readonly<Record<string, unknown>>;
const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** `config`: the network configuration; `args`: those of the environment. @throws CniFailure */
export function parseWishes(config: Json, args: Readonly<Record<string, string>>): PortWishes {
  const runtime = objectOf(config.runtimeConfig);
  const own = objectOf(objectOf(config.args).cni);
  refuseMappings(runtime.portMappings);
  return {
    ips: parseIps(runtime.ips ?? own.ips ?? args.IP?.split(",") ?? []),
    mac: parseWishedMac(runtime.mac ?? own.mac ?? args.MAC),
  };
}

/** With or without the length of a prefix, which is the subnet's affair. */
function parseIps(value: unknown): Ip[] {
  if (!Array.isArray(value)) throw new CniFailure("badConfig", `"ips" ${JSON.stringify(value)} is not a list`);
  return value.map((text: unknown) => {
    const ip = typeof text === "string" ? parseIp(text.trim().replace(/\/\d{1,3}$/, "")) : undefined;
    if (ip === undefined)
      throw new CniFailure("badConfig", `"ips" has ${JSON.stringify(text)}, which is no IP address`);
    return ip;
  });
}

function parseWishedMac(value: unknown): Mac | undefined {
  if (value === undefined || value === "") return undefined;
  const mac = typeof value === "string" ? parseMac(value) : undefined;
  if (mac === undefined) throw new CniFailure("badConfig", `"mac" ${JSON.stringify(value)} is no MAC address`);
  return mac;
}

function refuseMappings(value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) return;
  const text = JSON.stringify(value).slice(0, 200);
  const message = `"portMappings" ${text} are not made by this plugin: chain portmap after it, with that capability`;
  throw new CniFailure("unsupportedField", message);
}

/** Limits come from a QoS policy of the port, which a pod's annotations make, too. @throws CniFailure */
export function refuseBandwidth(config: Json, isPod: boolean): void {
  const bandwidth = objectOf(objectOf(config.runtimeConfig).bandwidth);
  const isAsked = Object.values(bandwidth).some((rate) => typeof rate === "number" && rate > 0);
  if (!isAsked || isPod) return;
  const text = JSON.stringify(bandwidth).slice(0, 200);
  const message = `"bandwidth" ${text} is not given to ports of a network: give the network, or the port, a QoS policy`;
  throw new CniFailure("unsupportedField", message);
}

/** A port that was there before has the addresses that it has. @throws CniFailure when they are not those asked for */
export function checkWishes({ ips, mac }: PortWishes, port: ViewPort): void {
  const held = port.fixedIps.map(({ ip }) => ip);
  const missing = ips.filter((ip) => !held.includes(ip));
  if (missing.length > 0)
    throw new CniFailure("badConfig", `port ${port.id} has ${held.join(", ")}, and not ${missing.join(", ")} as asked`);
  if (mac !== undefined && mac !== port.mac)
    throw new CniFailure("badConfig", `port ${port.id} has MAC ${port.mac}, and not ${mac} as asked`);
}
