import { CniFailure } from "./failure.ts";
import { type PortWishes, parseWishes, refuseBandwidth } from "./wishes.ts";

/** Every version whose configuration is read and whose result form is given. */
export const CNI_VERSIONS = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;
export type CniVersion = (typeof CNI_VERSIONS)[number];

const FIRST_VERSION: Record<string, CniVersion> = {
  ADD: "0.3.0",
  DEL: "0.3.0",
  VERSION: "0.3.0",
  CHECK: "0.4.0",
  GC: "1.1.0",
  STATUS: "1.1.0",
};

/** One interface of one container: what CNI identifies an attachment by. */
export interface AttachmentKey {
  containerId: string;
  ifname: string;
}

/** A pod of Kubernetes; runtimes before containerd 1.6 do not tell its UID. */
export interface PodRef {
  namespace: string;
  name: string;
  uid: string | null;
}

/** Where an attachment's port comes from: a port that exists, that of a pod, or a network to make one in. */
export type PortSource =
  | { kind: "port"; portId: string }
  | { kind: "pod"; pod: PodRef }
  | { kind: "network"; networkId: string };

export interface CniConfig {
  cniVersion: CniVersion;
  name: string;
  source: PortSource | undefined;
  wishes: PortWishes;
  /** What the configuration says in place of the subnets. */
  dns: Record<string, unknown>;
  prevResult: Record<string, unknown> | undefined;
  validAttachments: AttachmentKey[] | undefined;
}

export type CniRequest = { config: CniConfig } & (
  | ({ command: "ADD" | "CHECK"; netns: string; args: Record<string, string> } & AttachmentKey)
  | ({ command: "DEL" } & AttachmentKey)
  | { command: "GC" | "STATUS" | "VERSION" }
);

/** The strings that the executable forwards. */
export interface CniCall {
  command: string;
  containerId: string;
  netns: string;
  ifname: string;
  args: string;
  path: string;
  config: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
// CNI specification, "Parameters": a container id is alphanumeric followed by alphanumerics, "_", ".", "-".
const CONTAINER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

const NOTHING = {
  source: undefined,
  wishes: { ips: [], mac: undefined },
  dns: {},
  prevResult: undefined,
  validAttachments: undefined,
} satisfies Partial<CniConfig>;

/** Checks a call of the executable. @throws CniFailure */
export function parseRequest(call: CniCall): CniRequest {
  const first = FIRST_VERSION[call.command];
  if (first === undefined) throw new CniFailure("badEnvironment", `CNI_COMMAND "${call.command}" is not a CNI command`);
  const args = parseArgs(call.args);
  const config = parseConfig(call.config, args, call.command);
  if (CNI_VERSIONS.indexOf(config.cniVersion) < CNI_VERSIONS.indexOf(first))
    throw new CniFailure(
      "incompatibleVersion",
      `${call.command} needs cniVersion ${first} or later; the configuration says ${config.cniVersion}`,
    );
  switch (call.command) {
    case "ADD":
    case "CHECK": {
      if (call.netns === "")
        throw new CniFailure("badEnvironment", "CNI_NETNS is empty: give the container's namespace");
      if (config.source === undefined)
        throw new CniFailure(
          "badConfig",
          'the configuration has neither "port" nor "network" nor "kubernetes": name a Cable port or network, or say true',
        );
      return { command: call.command, config, netns: call.netns, args, ...parseKey(call) };
    }
    case "DEL":
      return { command: "DEL", config, ...parseKey(call) };
    default:
      return { command: call.command as "GC" | "STATUS" | "VERSION", config };
  }
}

function parseKey({ containerId, ifname }: AttachmentKey): AttachmentKey {
  if (!CONTAINER_ID.test(containerId))
    throw new CniFailure("badEnvironment", `CNI_CONTAINERID "${containerId}" is not a container id`);
  // The kernel's own rule (dev_valid_name): 1 to 15 bytes, not "." or "..", without "/", ":" and white space.
  if (!/^[^\s/:]{1,15}$/.test(ifname) || Buffer.byteLength(ifname) > 15 || ifname === "." || ifname === "..")
    throw new CniFailure("badEnvironment", `CNI_IFNAME "${ifname}" is not an interface name`);
  return { containerId, ifname };
}

/** `K=V;K=V`. What is not in this form is ignored, as are unknown names: they are for other plugins. */
function parseArgs(text: string): Record<string, string> {
  const pairs = text.split(";").map((pair) => pair.split("=", 2) as [string, string | undefined]);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function parseConfig(text: string, args: Record<string, string>, command: string): CniConfig {
  const value = parseObject(text);
  const cniVersion = value.cniVersion;
  if (command === "VERSION") return { ...NOTHING, cniVersion: "1.1.0", name: "" };
  if (!CNI_VERSIONS.includes(cniVersion as CniVersion))
    throw new CniFailure(
      "incompatibleVersion",
      `cniVersion ${JSON.stringify(cniVersion ?? null)} is not supported: use one of ${CNI_VERSIONS.join(", ")}`,
    );
  const source = parseSource(value, args);
  const isAdded = command === "ADD" || command === "CHECK";
  if (isAdded) refuseBandwidth(value, source?.kind === "pod");
  return {
    cniVersion: cniVersion as CniVersion,
    name: requiredText(value, "name"),
    source,
    // DEL succeeds whatever was asked for.
    wishes: isAdded ? parseWishes(value, args) : NOTHING.wishes,
    dns: isObject(value.dns) ? value.dns : {},
    prevResult: isObject(value.prevResult) ? value.prevResult : undefined,
    validAttachments: parseValid(value["cni.dev/valid-attachments"] ?? value["cni.dev/attachments"]),
  };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CniFailure("undecodable", "the network configuration on standard input is not JSON", String(error));
  }
  if (!isObject(value))
    throw new CniFailure("undecodable", "the network configuration on standard input is not an object");
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function requiredText(config: Record<string, unknown>, name: string): string {
  const value = config[name];
  if (typeof value !== "string" || value === "")
    throw new CniFailure("badConfig", `"${name}" is missing in the configuration, or is not a text`);
  return value;
}

function parseSource(config: Record<string, unknown>, args: Record<string, string>): PortSource | undefined {
  if (args.CABLE_PORT !== undefined) return { kind: "port", portId: parseId("CABLE_PORT", args.CABLE_PORT) };
  if (config.port !== undefined && config.network !== undefined)
    throw new CniFailure("badConfig", 'the configuration has both "port" and "network": keep one of them');
  const pod = config.kubernetes === true ? podOf(args) : undefined;
  // Without a UID it may be anybody's call; a network is then what the operator has for those.
  if (pod !== undefined && (pod.uid !== null || config.network === undefined)) return { kind: "pod", pod };
  if (config.port !== undefined) return { kind: "port", portId: parseId("port", config.port) };
  if (config.network !== undefined) return { kind: "network", networkId: parseId("network", config.network) };
  return undefined;
}

function podOf(args: Record<string, string>): PodRef | undefined {
  const { K8S_POD_NAMESPACE: namespace, K8S_POD_NAME: name, K8S_POD_UID: uid } = args;
  return namespace && name ? { namespace, name, uid: uid || null } : undefined;
}

function parseId(name: string, value: unknown): string {
  const id = typeof value === "string" ? value.toLowerCase() : "";
  if (!UUID.test(id))
    throw new CniFailure("badConfig", `"${name}" is not the id of a Cable ${name === "network" ? "network" : "port"}`);
  return id;
}

function parseValid(value: unknown): AttachmentKey[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new CniFailure("badConfig", '"cni.dev/valid-attachments" is not a list');
  return value.map((item: unknown) => {
    const containerId = isObject(item) ? item.containerID : undefined;
    const ifname = isObject(item) ? item.ifname : undefined;
    if (typeof containerId !== "string" || typeof ifname !== "string")
      throw new CniFailure("badConfig", '"cni.dev/valid-attachments" has an item without containerID or ifname');
    return { containerId, ifname };
  });
}
