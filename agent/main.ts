/** The agent's process: reads the command line, joins the parts, and stops on a signal. */
import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import pino from "pino";
import { HostClient, type HostClientOptions } from "../api/client.ts";
import { ebpfDatapath } from "../datapath/ebpf/mod.ts";
import { type Host, linuxHost } from "../host/mod.ts";
import type { Ip } from "../model/mod.ts";
import { cleanHost, startAgent, statePaths } from "./agent.ts";
import type { Log } from "./log.ts";
import { nodeCredentials } from "./node-credentials.ts";
import { type AgentOptions, type Directories, parseCommand, USAGE, UsageError } from "./options.ts";

const ROOT = join(import.meta.dirname, "..");

/** Runs until a signal ends it. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const command = parseCommand(argv, ROOT);
    if (command.kind === "help") process.stdout.write(USAGE);
    else if (command.kind === "clean") await clean(command);
    else await run(command);
  } catch (error) {
    process.stderr.write(`cable agent: ${error instanceof Error ? error.message : error}\n`);
    if (error instanceof UsageError) process.stderr.write("`cable agent --help` shows all flags\n");
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

async function run(options: AgentOptions): Promise<void> {
  const log: Log = pino({ level: options.logLevel, base: { host: options.host } });
  // What is in force stays in force: better to end and be started again than to go on half-broken.
  process.on("uncaughtException", (error) => {
    log.error({ reason: error.stack }, "the agent ends on an unexpected error");
    process.exit(1);
  });
  const host = linuxHost();
  const { physicalNetworks } = options;
  const nic = options.nic ?? cardOf(host, options.tunnelIp);
  for (const card of new Set([nic, ...Object.values(physicalNetworks)]))
    if (host.links.byName(card) === undefined)
      throw new Error(
        `there is no network card ${card} in this network namespace: correct --nic or --physical-network`,
      );
  const { metadata } = options;
  const client = new HostClient({
    urls: options.controlUrls,
    host: options.host,
    ...credentialsOf(options),
  });
  const agent = await startAgent({
    ...options,
    nic,
    name: options.host,
    version: readVersion(),
    host,
    datapath: ebpfDatapath({
      ...options,
      host,
      machineNics: [nic],
      warn: (sentence) => log.warn({}, sentence),
    }),
    control: client,
    metadata: metadata && { url: metadata.url, secret: readSecret("--metadata-secret-file", metadata.secretFile) },
    log,
  });
  // Now, not at the end: an agent that is killed should find its compiled modules all the same when it starts again.
  flushCompileCache();
  const stop = async (signal: string) => {
    log.info({ signal }, "stopping; the data plane goes on");
    await agent.stop();
    client.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop(signal));
}

/** @throws Error when no card has the address */
function cardOf(host: Host, tunnelIp: Ip): string {
  const card = host.links.list().find(({ index }) => host.links.addresses(index).some(({ ip }) => ip === tunnelIp));
  if (card !== undefined) return card.name;
  throw new Error(`no network card has the tunnel address ${tunnelIp}: correct --tunnel-ip, or name one by --nic`);
}

function credentialsOf({ credentials, stateDir }: AgentOptions): Pick<HostClientOptions, "token" | "node"> {
  if ("tokenFile" in credentials) return { token: readSecret("--token-file", credentials.tokenFile) };
  return nodeCredentials(credentials, statePaths(stateDir).token);
}

async function clean({ stateDir, socket, bpfDir, objectDir }: Directories): Promise<void> {
  const host = linuxHost();
  const datapath = ebpfDatapath({ host, bpfDir, objectDir, physicalNetworks: {} });
  await cleanHost({ host, datapath, stateDir, socket });
}

function readSecret(flag: string, file: string): string {
  const secret = readFileSync(file, "utf8").trim();
  if (secret === "") throw new Error(`${flag}: ${file} is empty: \`cable agent --help\` says what it must hold`);
  return secret;
}

function readVersion(): string {
  return (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;
}
