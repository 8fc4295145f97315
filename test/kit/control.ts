/** Real control nodes on a real etcd. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Etcd, startEtcd } from "./etcd.ts";
import { Neutron } from "./neutron.ts";
import { CABLE } from "./place.ts";
import { type Running, start, until } from "./process.ts";

export interface Control {
  readonly name: string;
  /** For users, on loopback. */
  readonly url: string;
  /** For agents, who are in other namespaces. */
  readonly agentUrl: string;
  readonly etcd: Etcd;
  readonly adminToken: string;
  readonly logFile: string;
  process(): Running;
  /** SIGKILL, as a crash. */
  kill(): Promise<void>;
  /** After a stop or a kill; resolves when it answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A client of the native API with the operator's token. */
  native(): Neutron;
}

export interface ControlOptions {
  name: string;
  directory: string;
  etcd: Etcd;
  port: number;
  /** Addresses besides loopback, IPv6 in brackets; agents use the first. */
  addresses: readonly string[];
  /** Further flags, such as --auth; "--auth none" and no quotas without. */
  flags?: readonly string[];
}

/** An etcd with its data in the lab's directory. */
export function startStore(directory: string): Promise<Etcd> {
  return startEtcd(directory);
}

export async function startControl(options: ControlOptions): Promise<Control> {
  const { name, directory, etcd, port } = options;
  const adminToken = randomBytes(24).toString("hex");
  const tokenFile = join(directory, `${name}.admin-token`);
  await writeFile(tokenFile, `${adminToken}\n`, { mode: 0o600 });
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(directory, `${name}.log`);
  const listen = ["127.0.0.1", ...options.addresses].flatMap((address) => ["--listen", `${address}:${port}`]);
  let running: Running | undefined;
  const control: Control = {
    name,
    url,
    agentUrl: `http://${options.addresses[0] ?? "127.0.0.1"}:${port}`,
    etcd,
    adminToken,
    logFile,
    process: () => running as Running,
    kill: async () => {
      running?.kill("SIGKILL");
      await running?.ended();
    },
    start: async () => {
      const flags = [
        "--etcd",
        etcd.endpoint,
        "--admin-token-file",
        tokenFile,
        ...(options.flags ?? ["--auth", "none", "--quota", "all=-1"]),
      ];
      running = start({ name, command: [CABLE, "control", ...listen, ...flags], logFile });
      await until(`${name} to answer on ${url}`, async () => ((await fetch(`${url}/healthz`)).ok ? true : undefined), {
        process: running,
      });
    },
    stop: async () => running?.stop(),
    native: () => new Neutron(url, { authorization: `Bearer ${adminToken}` }),
  };
  await control.start();
  return control;
}
