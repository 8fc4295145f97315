/** The flags about networks on the wire: which types projects get, and from where segments are chosen; as those of ML2. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_OPTIONS, type NetworkingOptions } from "./networking/mod.ts";

type Ranges = NetworkingOptions["vxlanRanges"];
type VlanRanges = NetworkingOptions["vlanRanges"];

export interface NetworkFlags {
  networkType?: NetworkingOptions["projectNetworkTypes"];
  vxlanRange?: Ranges;
  vlanRange?: VlanRanges;
  dnsDomain?: string;
}

const MAX_VNI = 2 ** 24 - 1;
const MAX_VLAN = 4094;

function range(text: string, max: number): readonly [number, number] {
  const [, from, to] = /^(\d+):(\d+)$/.exec(text) ?? [];
  const [minimum, maximum] = [Number(from), Number(to)];
  if (minimum >= 1 && minimum <= maximum && maximum <= max) return [minimum, maximum];
  throw new InvalidArgumentError(`say FIRST:LAST with numbers from 1 to ${max}.`);
}

/** `4096:8191`; a later one adds to `before`. @throws InvalidArgumentError */
export const vxlanRange = (text: string, before: Ranges = []): Ranges => [...before, range(text, MAX_VNI)];

/** `physnet1:100:199`, or `physnet1` alone, of which nothing is chosen. @throws InvalidArgumentError */
export function vlanRange(text: string, before: VlanRanges = {}): VlanRanges {
  const [, name = "", numbers] = /^([^:]{1,64})(?::(.*))?$/.exec(text) ?? [];
  if (name === "") throw new InvalidArgumentError("say NAME:FIRST:LAST, as physnet1:100:199, or NAME alone.");
  const ranges = before[name] ?? [];
  return { ...before, [name]: numbers === undefined ? ranges : [...ranges, range(numbers, MAX_VLAN)] };
}

/** Neutron's dns_domain ends with a dot, given or not. */
const dnsDomain = (text: string) => (text === "" || text.endsWith(".") ? text : `${text}.`);

export function addNetworkFlags(command: Command): void {
  const types = (text: string) => text.split(",");
  command
    .addOption(
      new Option("--network-type <types>", "what a network becomes if nobody says: vxlan, vlan or both by comma")
        .argParser((text) => {
          const wrong = types(text).find((type) => type !== "vxlan" && type !== "vlan");
          if (wrong === undefined) return types(text);
          throw new InvalidArgumentError(`projects get networks of type vxlan or vlan, not "${wrong}".`);
        })
        .default(undefined, DEFAULT_OPTIONS.projectNetworkTypes.join(",")),
    )
    .addOption(
      new Option("--vxlan-range <first:last>", "VNIs to choose from; repeatable")
        .argParser(vxlanRange)
        .default(undefined, DEFAULT_OPTIONS.vxlanRanges.map((pair) => pair.join(":")).join(",")),
    )
    .option("--vlan-range <name:first:last>", "VLANs of a physical network to choose from; repeatable", vlanRange)
    .option("--dns-domain <name>", `domain of ports' names (default: ${DEFAULT_OPTIONS.dnsDomain})`, dnsDomain);
}

export function networkOptions(flags: NetworkFlags): Partial<NetworkingOptions> {
  return {
    ...(flags.networkType && { projectNetworkTypes: flags.networkType }),
    ...(flags.vxlanRange && { vxlanRanges: flags.vxlanRange }),
    ...(flags.vlanRange && { vlanRanges: flags.vlanRange }),
    ...(flags.dnsDomain !== undefined && { dnsDomain: flags.dnsDomain }),
  };
}
