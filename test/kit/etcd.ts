/** A real etcd for tests: one member on free ports, its data in a temporary directory. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A TCP port of loopback that was free just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

export interface Etcd {
  /** host:port for clients. */
  readonly endpoint: string;
  readonly pid: number;
  /** SIGKILL, as a crash; `start` brings the same data back. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT: connections stay, nothing answers. */
  pause(): void;
  resume(): void;
  compact(revision: number): Promise<void>;
  /** Throws away all data and starts empty, as a restore from an old backup would. */
  wipe(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

class Member implements Etcd {
  readonly endpoint: string;
  readonly #directory: string;
  readonly #peer: string;
  #child: ChildProcess | undefined;

  constructor(directory: string, clientPort: number, peerPort: number) {
    this.#directory = directory;
    this.endpoint = `127.0.0.1:${clientPort}`;
    this.#peer = `127.0.0.1:${peerPort}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get #log(): string {
    return join(this.#directory, "log");
  }

  async start(): Promise<void> {
    const flags = [
      ...["--name", "test", "--data-dir", join(this.#directory, "data"), "--logger", "zap", "--log-outputs", this.#log],
      ...["--listen-client-urls", `http://${this.endpoint}`, "--advertise-client-urls", `http://${this.endpoint}`],
      ...["--listen-peer-urls", `http://${this.#peer}`, "--initial-advertise-peer-urls", `http://${this.#peer}`],
      ...["--initial-cluster", `test=http://${this.#peer}`, "--max-txn-ops", "10000"],
    ];
    // A test that is killed leaves no etcd behind.
    this.#child = spawn("setpriv", ["--pdeathsig", "KILL", "etcd", ...flags], { stdio: "ignore" });
    const deadline = Date.now() + 20_000;
    for (;;) {
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`etcd did not start: ${await readFile(this.#log, "utf8").catch(() => "no log")}`);
      }
      const healthy = await fetch(`http://${this.endpoint}/health`, { signal: AbortSignal.timeout(1000) }).then(
        (response) => response.ok,
        () => false,
      );
      if (healthy) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async compact(revision: number): Promise<void> {
    await run("etcdctl", ["--endpoints", this.endpoint, "compact", String(revision)], {
      env: { ...process.env, ETCDCTL_API: "3" },
    });
  }

  async wipe(): Promise<void> {
    await this.kill();
    await rm(join(this.#directory, "data"), { recursive: true, force: true });
    await this.start();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Starts one; another process may take a port between finding and using it, so some attempts are made. */
export async function startEtcd(parent = tmpdir()): Promise<Etcd> {
  for (let attempt = 0; ; attempt++) {
    const directory = await mkdtemp(join(parent, "cable-etcd-"));
    const member = new Member(directory, await freePort(), await freePort());
    try {
      await member.start();
      return member;
    } catch (error) {
      await member.stop();
      if (attempt === 3) throw error;
    }
  }
}
