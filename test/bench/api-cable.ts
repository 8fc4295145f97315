/** Cable as the server under test: a control node over an etcd of its own, which syncs to disk as etcd does by default. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Etcd, freePort, startEtcd } from "../kit/etcd.ts";
import type { Keystone } from "../kit/keystone.ts";
import { ROOT } from "../kit/place.ts";
import { type Running, start, until } from "../kit/process.ts";
import { type ApiServer, caller, type Tokens } from "./api-server.ts";

export interface CableServer extends ApiServer {
  readonly etcd: Etcd;
  readonly process: Running;
}

/** Pass an etcd to start on what it holds; without, the server has one of its own, which ends with it. */
export async function startCable(
  directory: string,
  keystone: Keystone,
  tokens: Tokens,
  given?: Etcd,
): Promise<CableServer> {
  const etcd = given ?? (await startEtcd(directory));
  const port = await freePort();
  const passwordFile = join(directory, "password");
  await writeFile(passwordFile, keystone.password);
  const flags = [
    ...["--listen", `127.0.0.1:${port}`, "--etcd", etcd.endpoint, "--auth", "keystone"],
    ...["--keystone-url", keystone.authUrl, "--keystone-user", "cable", "--keystone-password-file", passwordFile],
  ];
  const began = performance.now();
  const control = start({
    name: "control",
    command: [
      process.execPath,
      ...(process.env.BENCH_NODE_FLAGS ?? "").split(" ").filter((flag) => flag !== ""),
      join(ROOT, "tools/start.ts"),
      "control",
      ...flags,
    ],
    logFile: join(directory, "control.log"),
    cwd: directory,
  });
  const call = caller(port);
  const isUp = async () => ((await call("GET", "/v2.0/ports?limit=1", tokens.member)) ? true : undefined);
  await until("the control node's first answer", isUp, { process: control, timeoutMs: 120_000, everyMs: 10 });
  return {
    name: "Cable",
    port,
    ...tokens,
    etcd,
    process: control,
    startSeconds: (performance.now() - began) / 1000,
    call,
    processes: () => ({ control: [control.pid], etcd: [etcd.pid] }),
    stop: async () => {
      await control.stop();
      if (given === undefined) await etcd.stop();
    },
  };
}
