/** A host: a namespace with a card on the switch and its own real agent. */
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import type { Control } from "./control.ts";
import { ipBatch, makeNetns, removeNetns } from "./netns.ts";
import { CABLE, makeDirectory } from "./place.ts";
import { type Running, start, until } from "./process.ts";
import { run } from "./run.ts";
import type { Switch } from "./switch.ts";
import type { MetadataSpec } from "./topology.ts";

export const NIC = "eth0";
const SECRET_FILE = "metadata-secret";

export interface Underlay {
  ip4: string;
  ip6: string;
}

export interface Host {
  readonly name: string;
  readonly netns: string;
  readonly underlay: Underlay;
  readonly token: string;
  readonly socket: string;
  readonly logFile: string;
  agent(): Running;
  /** GET on the agent's socket. */
  ask(path: string): Promise<unknown>;
  /** What is in its data plane, as text. */
  dump(): Promise<string[]>;
  /** SIGKILL, as a crash. */
  killAgent(): Promise<void>;
  /** Resolves when the agent has the whole view in force. */
  startAgent(): Promise<void>;
  /** For when there is no control node that could give it a view: resolves when it answers on its socket. */
  startAgentAlone(): Promise<void>;
  /** Resolves when a running agent has the whole view in force. */
  inStep(): Promise<void>;
  stopAgent(): Promise<void>;
  /** Everything goes: agent, pins, namespace. */
  remove(): Promise<void>;
}

export interface HostOptions {
  name: string;
  netns: string;
  directory: string;
  wire: Switch;
  underlay: Underlay;
  /** The family of its tunnel address. */
  tunnelFamily?: 4 | 6;
  /** Physical networks that its card carries. */
  physicalNetworks: readonly string[];
  controls: readonly Control[];
  containerProjects?: readonly string[];
  metadata?: MetadataSpec | undefined;
  dnsUpstream?: readonly string[] | undefined;
  /** Instead of the one that the control node gives. */
  token?: string;
  /** The start of a command that enters the host, where that is more than a network namespace; asked at each start. */
  enter?: () => readonly string[];
}

/** Makes the namespace, tells the control node of the host, and starts its agent unless told not to. */
export async function makeHost(options: HostOptions): Promise<Host> {
  const directory = await makeDirectory(join(options.directory, options.name));
  await wireHost(options);
  const token = options.token ?? (await register(options));
  const tokenFile = join(directory, "token");
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  if (options.metadata !== undefined) {
    await writeFile(join(directory, SECRET_FILE), `${options.metadata.secret}\n`, { mode: 0o600 });
  }
  return new RealHost({ ...options, token }, directory, tokenFile);
}

/** The host's namespace, with a card on the switch. */
export async function wireHost({ netns, wire, underlay }: Pick<HostOptions, "netns" | "wire" | "underlay">) {
  await makeNetns(netns);
  await wire.plug({ netns, name: NIC });
  await ipBatch(netns, [`addr add ${underlay.ip4}/24 dev ${NIC}`, `addr add ${underlay.ip6}/64 dev ${NIC} nodad`]);
}

async function register(options: HostOptions): Promise<string> {
  const body = { name: options.name, container_projects: options.containerProjects ?? [] };
  const reply = (await options.controls[0]?.native().request("POST", "/v1/hosts", body)) as { token?: string };
  if (typeof reply?.token !== "string") throw new Error(`the control node gave no token for ${options.name}`);
  return reply.token;
}

class RealHost implements Host {
  readonly name: string;
  readonly netns: string;
  readonly underlay: Underlay;
  readonly token: string;
  readonly socket: string;
  readonly logFile: string;
  readonly #bpfDirectory: string;
  readonly #command: string[];
  readonly #enter: (() => readonly string[]) | undefined;
  #agent: Running | undefined;

  constructor(options: HostOptions & { token: string }, directory: string, tokenFile: string) {
    this.name = options.name;
    this.netns = options.netns;
    this.underlay = options.underlay;
    this.token = options.token;
    this.socket = join(directory, "agent.sock");
    this.logFile = join(options.directory, `${options.name}.log`);
    this.#bpfDirectory = join(directory, "bpf");
    this.#enter = options.enter;
    this.#command = [
      ...[CABLE, "agent", "--host", options.name, "--token-file", tokenFile],
      ...["--control", options.controls.map((control) => control.agentUrl).join(",")],
      ...["--tunnel-ip", options.tunnelFamily === 6 ? this.underlay.ip6 : this.underlay.ip4, "--nic", NIC],
      ...options.physicalNetworks.flatMap((network) => ["--physical-network", `${network}=${NIC}`]),
      ...["--state-dir", directory, "--bpf-dir", this.#bpfDirectory, "--listen", `${this.underlay.ip4}:9697`],
      ...(options.dnsUpstream ?? []).flatMap((server) => ["--dns-upstream", server]),
      ...(options.metadata === undefined
        ? []
        : ["--metadata-url", options.metadata.url, "--metadata-secret-file", join(directory, SECRET_FILE)]),
    ];
  }

  agent(): Running {
    if (this.#agent === undefined) throw new Error(`the agent of ${this.name} was never started`);
    return this.#agent;
  }

  ask(path: string): Promise<unknown> {
    return askSocket(this.socket, path);
  }

  async dump(): Promise<string[]> {
    return (await this.ask("/v1/dump")) as string[];
  }

  async killAgent(): Promise<void> {
    this.agent().kill("SIGKILL");
    await this.agent().ended();
  }

  async startAgent(): Promise<void> {
    this.#start();
    await this.inStep();
  }

  async startAgentAlone(): Promise<void> {
    const agent = this.#start();
    await until(`the agent of ${this.name} to answer`, () => this.ask("/v1/status"), { process: agent });
  }

  async inStep(): Promise<void> {
    const ask = async () => {
      const { connected, synced } = (await this.ask("/v1/status")) as { connected?: boolean; synced?: boolean };
      return connected === true && synced === true ? true : undefined;
    };
    await until(`the agent of ${this.name} to be in step`, ask, { process: this.agent(), timeoutMs: 30_000 });
  }

  async stopAgent(): Promise<void> {
    await this.agent().stop();
  }

  async remove(): Promise<void> {
    await this.#agent?.stop();
    await removeNetns(this.netns);
    await run(["umount", "-l", this.#bpfDirectory]);
  }

  #start(): Running {
    const { name, logFile, netns } = this;
    const where = this.#enter === undefined ? { netns } : { within: this.#enter() };
    this.#agent = start({ name: `agent of ${name}`, command: this.#command, logFile, ...where });
    return this.#agent;
  }
}

/** One GET on a unix socket; the reply's JSON. @throws Error for any status but 200 */
export function askSocket(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const query = request({ socketPath, path, timeout: 10_000 }, (reply) => {
      let text = "";
      reply.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      reply.on("end", () => {
        if (reply.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${path} on ${socketPath}: ${reply.statusCode} ${text}`));
      });
    });
    query.on("timeout", () => query.destroy(new Error(`${path} on ${socketPath}: no answer`)));
    query.on("error", reject);
    query.end();
  });
}
