/** Where Kubernetes' own programs are on this machine. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Found in KUBEBUILDER_ASSETS, or else on PATH: no Debian release has the servers as packages any more. */
const SERVERS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"] as const;
/** With the Debian package that brings it. */
const TOOLS = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  kubectl: "kubernetes-client",
  busybox: "busybox-static",
  conntrack: "conntrack",
  iptables: "iptables",
  openssl: "openssl",
  etcd: "etcd-server",
};
/** containerd gives each pod its loopback by this plugin. */
export const CNI_PLUGINS = "/usr/lib/cni";

export type Server = (typeof SERVERS)[number];

/** The program's path. @throws Error when it is not there */
export function kubernetesBinary(name: Server): string {
  const path = find(name);
  if (path === undefined) throw new Error(`${name} is neither in KUBEBUILDER_ASSETS nor on PATH`);
  return path;
}

/** Why no Kubernetes can be started here; undefined when it can. */
export function missingKubernetes(): string | undefined {
  const servers = SERVERS.filter((name) => find(name) === undefined);
  if (servers.length > 0) return `${servers.join(", ")}: neither in KUBEBUILDER_ASSETS nor on PATH`;
  const tools = Object.entries(TOOLS).filter(([name]) => find(name) === undefined);
  if (tools.length > 0) return `${tools.map(([name, from]) => `${name} (Debian: ${from})`).join(", ")} not on PATH`;
  return isExecutable(join(CNI_PLUGINS, "loopback"))
    ? undefined
    : `${CNI_PLUGINS}/loopback is not there (Debian: containernetworking-plugins)`;
}

function find(name: string): string | undefined {
  const places = [process.env.KUBEBUILDER_ASSETS ?? "", ...(process.env.PATH ?? "").split(delimiter)];
  return places
    .filter((place) => place !== "")
    .map((place) => join(place, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
