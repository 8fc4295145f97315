/**
 * More networks of a pod, as the Network Plumbing Working Group's specification has them ("Kubernetes Network Custom Resource
 * Definition", 1.3): which are asked for by annotation (section 4.1), what each is, and what is told of them (section 4.3).
 */
import { PodFailure } from "./failure.ts";
import type { Labels, NetworkAttachmentDefinition, Pod } from "./objects.ts";

/** On a pod: the definitions that it wants, and what became of that. */
export const NETWORKS = "k8s.v1.cni.cncf.io/networks";
export const NETWORK_STATUS = "k8s.v1.cni.cncf.io/network-status";
const API = "/apis/k8s.cni.cncf.io/v1";

/** One element of the annotation. */
export interface Selection {
  namespace: string;
  name: string;
  interface: string;
  ips: string[];
  mac: string | undefined;
  /** Undefined: the pod's default route goes elsewhere. */
  defaultRoute: string[] | undefined;
}

export const pathOf = ({ namespace, name }: Pick<Selection, "namespace" | "name">): string =>
  `${API}/namespaces/${namespace}/network-attachment-definitions/${name}`;

/** In the annotation's order, by which interfaces without a name get theirs: net1 and so on. @throws PodFailure */
export function selectionsOf({ metadata }: Pod): Selection[] {
  const text = metadata.annotations?.[NETWORKS]?.trim();
  if (!text) return [];
  const namespace = metadata.namespace ?? "default";
  const rows = text.startsWith("[") ? fromJson(text) : text.split(",").map((one) => fromShort(one.trim()));
  const all = rows.map((row, index) => ({
    ...row,
    namespace: row.namespace ?? namespace,
    interface: row.interface ?? `net${index + 1}`,
  }));
  const names = new Set(["eth0", "lo", ...all.map((one) => one.interface)]);
  if (names.size !== all.length + 2) throw wrong("two interfaces of the pod have one name");
  return all;
}

type Row = Omit<Selection, "namespace" | "interface"> & {
  namespace: string | undefined;
  interface: string | undefined;
};

const LABEL = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
// dev_valid_name of the kernel: up to 15 bytes, without "/", ":" and white space.
const INTERFACE = /^(?!\.{1,2}$)[^\s/:]{1,15}$/;

/** `[NAMESPACE/]NAME[@INTERFACE]` */
function fromShort(text: string): Row {
  const [, namespace, name, ifname] = /^(?:([^/@]+)\/)?([^/@]+)(?:@([^/@]+))?$/.exec(text) ?? [];
  return checked({ namespace, name, interface: ifname, ips: [], mac: undefined, defaultRoute: undefined }, text);
}

function fromJson(text: string): Row[] {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    throw wrong("it is not JSON");
  }
  if (!Array.isArray(rows)) throw wrong("it is not a list");
  return rows.map((row) => {
    const { name, namespace, interface: ifname, ips = [], mac, "default-route": defaultRoute } = row ?? {};
    return checked({ name, namespace, interface: ifname, ips, mac, defaultRoute }, JSON.stringify(row));
  });
}

const isText = (value: unknown) => typeof value === "string";
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

function checked(row: Record<keyof Row, unknown>, text: string): Row {
  const isRight =
    LABEL.test(String(row.name ?? "")) &&
    (row.namespace === undefined || LABEL.test(String(row.namespace))) &&
    (row.interface === undefined || INTERFACE.test(String(row.interface))) &&
    (row.mac === undefined || isText(row.mac)) &&
    isTexts(row.ips) &&
    (row.defaultRoute === undefined || isTexts(row.defaultRoute));
  if (!isRight) throw wrong(`${text.slice(0, 100)} is not [NAMESPACE/]NAME[@INTERFACE], nor the same in JSON`);
  const made = row as Row;
  // The length of a prefix may be given: it is the subnet's.
  return { ...made, ips: made.ips.map((ip) => ip.replace(/\/\d{1,3}$/, "")) };
}

/** The Cable network, by name or id, of a definition that is ours; undefined for another plugin's. @throws PodFailure */
export function networkOf({ metadata, spec }: NetworkAttachmentDefinition): string | undefined {
  const name = `${metadata.namespace}/${metadata.name}`;
  let config: { type?: unknown; kubernetes?: unknown; network?: unknown; plugins?: unknown };
  try {
    config = JSON.parse(spec?.config ?? "");
  } catch {
    // One without a configuration is a file's on the node, which is nobody's here.
    return undefined;
  }
  const plugin = Array.isArray(config?.plugins) ? config.plugins[0] : config;
  if (plugin?.type !== "cable") return undefined;
  if (plugin.kubernetes === true && typeof plugin.network === "string") return plugin.network;
  throw new PodFailure(
    "NetworkAttachmentInvalid",
    `${name} has type cable without "kubernetes": true and "network", the name or id of a network of Cable's`,
  );
}

/** What is told of a pod's interfaces. */
export interface InterfaceStatus {
  name: string;
  interface: string;
  ips: string[];
  mac: string;
  default: boolean;
  dns: object;
}

/** The annotation to write; undefined where somebody, Multus say, has written one. */
export function statusPatch(
  { metadata }: Pod,
  interfaces: readonly InterfaceStatus[],
): { metadata: object } | undefined {
  const annotations: Labels = metadata.annotations ?? {};
  if (interfaces.length < 2 || annotations[NETWORK_STATUS] !== undefined) return undefined;
  return { metadata: { uid: metadata.uid, annotations: { [NETWORK_STATUS]: JSON.stringify(interfaces, null, 4) } } };
}

function wrong(what: string): PodFailure {
  return new PodFailure("NetworksInvalid", `annotation ${NETWORKS}: ${what}`);
}
