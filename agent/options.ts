import { join } from "node:path";
import { parseArgs } from "node:util";
import type { FlowTimeouts } from "../datapath/ebpf/mod.ts";
import { type Ip, parseIp } from "../model/mod.ts";
import { parseServer, type Server } from "./dns/mod.ts";
import { FLOW_STATES, parseTimeout, timeoutDefaults } from "./flow-timeouts.ts";

export const USAGE = `Usage: cable agent --host NAME --control URL[,URL] --token-file FILE --tunnel-ip IP [options]
       cable agent clean [--bpf-dir DIR] [--state-dir DIR] [--socket PATH]

Keeps the network of this host as the control node says. Runs in the host's network namespace, as root.
"clean" takes away all that agents have left on the host: devices, programs, maps, state.

  --host NAME                    this host, as in binding:host_id
  --control URL[,URL...]         control nodes; the next is asked when one fails
  --token-file FILE              the host's token, as POST /v1/hosts gave it
  --kubernetes-token-file FILE   in place of it, on a node: the token of this pod's service account, for the audience
                                 "cable"; the host's own is got for it, and kept in --state-dir
  --kubernetes-cluster NAME      whose node this is, where the control nodes have several clusters
  --tunnel-ip IP                 where other hosts send VXLAN to
  --nic NIC                      the card that has the tunnel address; default the one that has it at the start
  --physical-network NAME=NIC    a physical network and its card; repeatable
  --state-dir DIR                default /var/lib/cable: the view and the containers, for the next start
  --socket PATH                  for the CNI plugin; default agent.sock in --state-dir, or /run/cable/agent.sock
                                 (where the plugin looks) when that is not given
  --bpf-dir DIR                  default /sys/fs/bpf/cable: where maps are pinned
  --object-dir DIR               default .build/bpf: the compiled programs
  --flow-table-size N            default 262144 entries, two for each connection
  --flow-quota N                 entries that one port may have of it; default a quarter
  --flow-timeout STATE=SECONDS   how long a flow may be idle; repeatable. The defaults:
${timeoutDefaults(33)}
  --metadata-url URL             Nova's metadata API, as http://controller:8775: served at 169.254.169.254
  --metadata-secret-file FILE    metadata_proxy_shared_secret, as in Nova's [neutron]
  --dns-upstream IP[:PORT]       who is asked for names that are no port's; repeatable; else the servers in the host's
                                 /etc/resolv.conf
  --listen ADDR:PORT             metrics for Prometheus
  --log-level LEVEL              debug, info (default), warn or error
`;

/** A command line that cannot be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Directories {
  stateDir: string;
  socket: string;
  bpfDir: string;
  objectDir: string;
}

export interface AgentOptions extends Directories {
  host: string;
  controlUrls: string[];
  credentials: { tokenFile: string } | { kubernetesTokenFile: string; cluster: string | undefined };
  tunnelIp: Ip;
  /** Undefined: the card that has the tunnel address. */
  nic: string | undefined;
  physicalNetworks: Record<string, string>;
  flowTableSize?: number;
  flowQuota?: number;
  flowTimeouts?: Partial<FlowTimeouts>;
  listen: { address: string; port: number } | undefined;
  metadata: { url: string; secretFile: string } | undefined;
  dnsUpstream: Server[];
  logLevel: string;
}

export type Command = { kind: "help" } | ({ kind: "clean" } & Directories) | ({ kind: "run" } & AgentOptions);

const LEVELS = ["debug", "info", "warn", "error"];
const text = { type: "string" } as const;

/** Reads the command line. @throws UsageError */
export function parseCommand(argv: readonly string[], root: string): Command {
  const { values, positionals } = parse(argv);
  const directories = {
    stateDir: values["state-dir"] ?? "/var/lib/cable",
    socket: values.socket ?? join(values["state-dir"] ?? "/run/cable", "agent.sock"),
    bpfDir: values["bpf-dir"] ?? "/sys/fs/bpf/cable",
    objectDir: values["object-dir"] ?? join(root, ".build/bpf"),
  };
  if (values.help) return { kind: "help" };
  if (positionals.length > 0 && (positionals.length > 1 || positionals[0] !== "clean"))
    throw new UsageError(`unexpected "${positionals.join(" ")}"`);
  if (positionals[0] === "clean") return { kind: "clean", ...directories };
  const required = (name: "host" | "control" | "tunnel-ip") => {
    const value = values[name];
    if (value === undefined || value === "") throw new UsageError(`--${name} is missing`);
    return value;
  };
  return {
    kind: "run",
    ...directories,
    host: required("host"),
    controlUrls: required("control").split(",").map(parseUrl),
    credentials: parseCredentials(values),
    tunnelIp: parseTunnelIp(required("tunnel-ip")),
    nic: values.nic,
    physicalNetworks: Object.fromEntries((values["physical-network"] ?? []).map(parsePhysicalNetwork)),
    ...(values["flow-table-size"] === undefined ? {} : { flowTableSize: parseSize(values["flow-table-size"]) }),
    ...(values["flow-quota"] === undefined ? {} : { flowQuota: parseQuota(values["flow-quota"]) }),
    ...(values["flow-timeout"] === undefined ? {} : { flowTimeouts: parseTimeouts(values["flow-timeout"]) }),
    listen: values.listen === undefined ? undefined : parseListen(values.listen),
    metadata: parseMetadata(values["metadata-url"], values["metadata-secret-file"]),
    dnsUpstream: (values["dns-upstream"] ?? []).map(parseUpstream),
    logLevel: parseLevel(values["log-level"] ?? "info"),
  };
}

function parse(argv: readonly string[]) {
  const options = {
    host: text,
    control: text,
    "token-file": text,
    "kubernetes-token-file": text,
    "kubernetes-cluster": text,
    "tunnel-ip": text,
    nic: text,
    "physical-network": { type: "string", multiple: true },
    "state-dir": text,
    socket: text,
    "bpf-dir": text,
    "object-dir": text,
    "flow-table-size": text,
    "flow-quota": text,
    "flow-timeout": { type: "string", multiple: true },
    listen: text,
    "dns-upstream": { type: "string", multiple: true },
    "metadata-url": text,
    "metadata-secret-file": text,
    "log-level": text,
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseCredentials(values: {
  "token-file"?: string | undefined;
  "kubernetes-token-file"?: string | undefined;
  "kubernetes-cluster"?: string | undefined;
}): AgentOptions["credentials"] {
  const tokenFile = values["token-file"];
  const kubernetesTokenFile = values["kubernetes-token-file"];
  const cluster = values["kubernetes-cluster"];
  if (tokenFile && kubernetesTokenFile)
    throw new UsageError("--token-file and --kubernetes-token-file exclude each other");
  if (kubernetesTokenFile) return { kubernetesTokenFile, cluster };
  if (cluster !== undefined) throw new UsageError("--kubernetes-cluster goes with --kubernetes-token-file");
  if (tokenFile) return { tokenFile };
  throw new UsageError("--token-file is missing");
}

function parseUrl(value: string): string {
  if (!isWebUrl(value)) throw new UsageError(`--control: "${value}" is not a URL such as http://192.0.2.1:9696`);
  return value;
}

const isWebUrl = (value: string) => /^https?:\/\/[^/]/.test(value) && URL.canParse(value);

function parseMetadata(url: string | undefined, secretFile: string | undefined): AgentOptions["metadata"] {
  if (url === undefined && secretFile === undefined) return undefined;
  if (url === undefined || secretFile === undefined)
    throw new UsageError("--metadata-url and --metadata-secret-file go together");
  if (!isWebUrl(url)) throw new UsageError(`--metadata-url: "${url}" is not a URL such as http://controller:8775`);
  return { url, secretFile };
}

function parseUpstream(value: string): Server {
  const server = parseServer(value);
  if (server === undefined)
    throw new UsageError(`--dns-upstream: "${value}" is not IP or IP:PORT such as 192.0.2.53 or [2001:db8::53]:5353`);
  return server;
}

function parseTunnelIp(value: string): Ip {
  const ip = parseIp(value);
  if (ip === undefined) throw new UsageError(`--tunnel-ip: "${value}" is not an IP address`);
  return ip;
}

function parsePhysicalNetwork(value: string): [string, string] {
  const [, name, nic] = /^([^=]+)=([^=]+)$/.exec(value) ?? [];
  if (name === undefined || nic === undefined)
    throw new UsageError(`--physical-network: "${value}" is not NAME=NIC such as physnet1=eth1`);
  return [name, nic];
}

function parseSize(value: string): number {
  const size = Number(value);
  if (!Number.isInteger(size) || size < 1024 || size > 1 << 24)
    throw new UsageError(`--flow-table-size: "${value}" is not a number from 1024 to ${1 << 24}`);
  return size;
}

function parseQuota(value: string): number {
  const quota = Number(value);
  if (!Number.isInteger(quota) || quota < 2 || quota > 1 << 24)
    throw new UsageError(`--flow-quota: "${value}" is not a number from 2 to ${1 << 24}`);
  return quota;
}

function parseTimeouts(values: readonly string[]): Partial<FlowTimeouts> {
  const pairs = values.map((value) => {
    const pair = parseTimeout(value);
    if (pair === undefined)
      throw new UsageError(
        `--flow-timeout: "${value}" is not STATE=SECONDS such as tcp-syn-sent=30; states: ${FLOW_STATES}`,
      );
    return pair;
  });
  return Object.fromEntries(pairs);
}

function parseListen(value: string): { address: string; port: number } {
  const [, address, port] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(value) ?? [];
  if (address === undefined || parseIp(address) === undefined || Number(port) > 65535)
    throw new UsageError(`--listen: "${value}" is not ADDR:PORT such as 127.0.0.1:9697 or [::1]:9697`);
  return { address, port: Number(port) };
}

function parseLevel(value: string): string {
  if (!LEVELS.includes(value)) throw new UsageError(`--log-level: "${value}" is not one of ${LEVELS.join(", ")}`);
  return value;
}
