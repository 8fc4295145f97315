/** The control node's process: flags, start and stop. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { destination, type Logger, pino } from "pino";
import type { Authenticator, QuotaLimits } from "../api/mod.ts";
import { fault } from "../model/mod.ts";
import { contrailDoor } from "../proxy/contrail/mod.ts";
import type { Kubernetes } from "../proxy/kube/mod.ts";
import { neutronDoor, PolicyFile } from "../proxy/neutron/mod.ts";
import { etcdStore, groupCommit, type Store, StoreUnavailable } from "../store/mod.ts";
import { KeystoneAuth, noAuth, tokenAuth } from "./auth/mod.ts";
import { addKeystoneFlags, type KeystoneFlags, keystoneOptions, webUrl } from "./keystone-flags.ts";
import { type Address, parseAddress } from "./listeners.ts";
import { MemoryCache } from "./memory-cache.ts";
import { Metrics } from "./metrics.ts";
import { addNetworkFlags, type NetworkFlags, networkOptions } from "./network-flags.ts";
import { makeNetworking } from "./networking/mod.ts";
import { startNova } from "./nova-start.ts";
import { quotaFlag } from "./quota-flag.ts";
import { ControlServer } from "./server.ts";

interface Flags extends KeystoneFlags, NetworkFlags {
  listen?: Address[];
  contrailListen?: Address[];
  etcd: string[];
  auth: "none" | "token" | "keystone";
  tokens?: string;
  adminTokenFile?: string;
  policyFile?: string;
  quota?: QuotaLimits;
  bodyLimit: number;
  novaUrl?: string;
  kubernetes?: string;
  logLevel: string;
}

const DEFAULT_LISTEN = "127.0.0.1:9696";
const MIN_TOKEN_LENGTH = 16;

/** Runs until SIGTERM or SIGINT, and sets the process's exit code. `argv` has the flags only. */
export async function main(argv: readonly string[]): Promise<void> {
  const flags = parseFlags(argv);
  const output = destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 200 });
  const log = pino({ level: flags.logLevel, base: { process: "control" } }, output);
  try {
    await run(flags, log);
  } catch (error) {
    log.fatal({ err: error }, error instanceof Error ? error.message : "the control node ended");
    process.exitCode = 1;
  } finally {
    output.flushSync();
  }
}

function addresses(text: string, before: Address[] = []): Address[] {
  try {
    return [...before, parseAddress(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as RangeError).message);
  }
}

function bytes(text: string): number {
  if (/^[1-9]\d{2,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a number of bytes from 100.");
}

function parseFlags(argv: readonly string[]): Flags {
  const command = new Command("cable control")
    .description("One control node: the Neutron API at /v2.0, the native API at /v1, /healthz and /metrics.")
    .option("--listen <address:port>", `where to answer; repeatable (default: ${DEFAULT_LISTEN})`, addresses)
    .option(
      "--contrail-listen <address:port>",
      "where to answer a neutron-server with Contrail's plugin, usually port 8082; repeatable",
      addresses,
    )
    .requiredOption("--etcd <host:port,...>", "members of the etcd cluster", (text) => text.split(","))
    .addOption(
      new Option("--auth <kind>", "who may call the Neutron API")
        .choices(["none", "token", "keystone"])
        .default("token"),
    )
    .option("--tokens <file>", "YAML: a list of {token or token_sha256, user, project, roles}, for --auth token")
    .option("--admin-token-file <file>", "holds the operator's token for /v1/hosts; without it nobody adds hosts")
    .option(
      "--policy-file <file>",
      "YAML or JSON in oslo.policy's language, over Neutron's default rules; read when changed",
    )
    .option("--quota <resource=number>", "how many of it a project may have by default; repeatable; all=-1", quotaFlag)
    .option("--nova-url <url>", "tell Nova there what happens to servers' ports, as http://HOST:8774/v2.1", webUrl)
    .option(
      "--kubernetes <file>",
      "YAML: the clusters whose pods become ports, {name, kubeconfig, project_id, pod_cidrs}",
    )
    .option("--body-limit <bytes>", "a request with a larger body gets 413", bytes, 1024 * 1024)
    .option("--log-level <level>", "trace, debug, info, warn or error", "info");
  addNetworkFlags(command);
  addKeystoneFlags(command);
  return command.parse(argv, { from: "user" }).opts<Flags>();
}

async function run(flags: Flags, log: Logger): Promise<void> {
  const stop = new AbortController();
  const stopped = stopSignal().finally(() => stop.abort());
  const policy = flags.policyFile === undefined ? {} : { policy: PolicyFile.open(flags.policyFile, log) };
  const authenticator = await makeAuthenticator(flags, log);
  const adminToken = await readAdminToken(flags.adminTokenFile);
  const metrics = new Metrics();
  const store = groupCommit(metrics.timed(etcdStore({ endpoints: flags.etcd })));
  const memory = await startMemory(store, flags.etcd, log, stop.signal);
  if (memory === undefined) {
    authenticator.close?.();
    return store.close();
  }
  const nova = await startNova(flags, { store, memory, log });
  const options = { ...networkOptions(flags), ...(flags.quota && { quotas: flags.quota }) };
  const networking = makeNetworking({ store: nova.store, memory, log, options });
  let kubernetes: Kubernetes | undefined;
  const server = new ControlServer({
    store: nova.store,
    memory,
    networking,
    authenticator,
    adminToken,
    ...(flags.kubernetes !== undefined && {
      clusters: {
        nodeOf: (token, cluster) => clustersOf(kubernetes).nodeOf(token, cluster),
        audit: (cluster) => clustersOf(kubernetes).audit(cluster),
      },
    }),
    metrics,
    log,
    ...(flags.dnsDomain !== undefined && { dnsDomain: flags.dnsDomain }),
    limits: { bodyBytes: flags.bodyLimit },
    doors: [(app, parts) => neutronDoor(app, { ...parts, ...policy })],
  });
  try {
    if (flags.kubernetes !== undefined) {
      // Its client takes time and memory that a control node without clusters need not spend.
      const { startKubernetes } = await import("../proxy/kube/mod.ts");
      kubernetes = await startKubernetes(flags.kubernetes, { networking, log });
    }
    const opened = await server.open(flags.listen ?? [parseAddress(DEFAULT_LISTEN)]);
    for (const { host, port } of opened) log.info({ host, port }, "answering");
    for (const { host, port } of await server.openDoor(flags.contrailListen ?? [], contrailDoor)) {
      log.info({ host, port }, "answering Contrail's plugin");
    }
    if (flags.auth === "none") log.warn("--auth none: everyone who reaches this address is an administrator");
    log.info({ signal: await stopped }, "stopping");
  } finally {
    await kubernetes?.stop();
    await server.close();
    await nova.close();
    authenticator.close?.();
    await memory.close();
    await store.close();
  }
}

function clustersOf(kubernetes: Kubernetes | undefined): Kubernetes {
  if (kubernetes === undefined) throw fault("ServiceUnavailable", { msg: "The clusters are not known yet." });
  return kubernetes;
}

/** Waits for etcd as long as it takes: a control node may well be started before it. Undefined when told to stop. */
async function startMemory(
  store: Store,
  etcd: readonly string[],
  log: Logger,
  stop: AbortSignal,
): Promise<MemoryCache | undefined> {
  for (let waitMs = 100; !stop.aborted; waitMs = Math.min(waitMs * 2, 2000)) {
    try {
      const memory = await MemoryCache.start(store, log);
      log.info({ revision: memory.revision, ports: memory.count("port"), hosts: memory.count("host") }, "records read");
      return memory;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      log.warn({ reason: error.message }, `waiting for etcd at ${etcd.join(", ")}; is it running, and --etcd right?`);
      await sleep(waitMs, undefined, { signal: stop }).catch(() => {});
    }
  }
  return undefined;
}

async function makeAuthenticator(flags: Flags, log: Logger): Promise<Authenticator> {
  const { auth, tokens } = flags;
  if (auth === "none") return noAuth();
  if (auth === "keystone") {
    const keystone = new KeystoneAuth(await keystoneOptions(flags, log));
    // Not waited for: Keystone may well be started after us.
    void keystone.tellWhetherUsable();
    return keystone;
  }
  if (tokens === undefined) throw new Error("--auth token needs --tokens FILE");
  return tokenAuth(await readFile(tokens, "utf8"));
}

async function readAdminToken(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const token = (await readFile(file, "utf8")).trim();
  if (token.length >= MIN_TOKEN_LENGTH) return token;
  throw new Error(`${file} must hold a token of at least ${MIN_TOKEN_LENGTH} characters, as: openssl rand -hex 24`);
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
}
