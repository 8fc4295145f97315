/** Control nodes as processes on loopback, without hosts: for tests of the API alone. */
import { join } from "node:path";
import type { Etcd } from "./etcd.ts";
import { freePort } from "./etcd.ts";
import { ROOT } from "./place.ts";
import { type Running, start, until } from "./process.ts";

export interface RestNode {
  readonly url: string;
  readonly process: Running;
  readonly logFile: string;
}

/** Starts `count` control nodes on one etcd; their logs are in `directory`. */
export function startRestNodes(
  etcd: Etcd,
  directory: string,
  count: number,
  flags: readonly string[],
): Promise<RestNode[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => startNode(etcd, directory, `control${at}`, flags)));
}

async function startNode(etcd: Etcd, directory: string, name: string, flags: readonly string[]): Promise<RestNode> {
  const at = `127.0.0.1:${await freePort()}`;
  const program = [process.execPath, join(ROOT, "tools/start.ts"), "control"];
  const command = [...program, "--listen", at, "--etcd", etcd.endpoint, ...flags];
  const logFile = join(directory, `${name}.log`);
  const running = start({ name, command, logFile });
  const url = `http://${at}`;
  await until(`${url} to answer`, async () => (await fetch(`${url}/healthz`)).ok || undefined, { process: running });
  return { url, process: running, logFile };
}
