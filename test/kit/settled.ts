/**
 * How every end-to-end test ends: what is there must be what would be made afresh. Agents restart and their data plane
 * may not change; control nodes restart and their hosts' views may not change; no log line may be an unexpected error.
 * (After OVN's CHECK_AFTER_RECOMPUTE and OVN_CLEANUP_SBOX in tests/ovn-macros.at.)
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { ViewMessage } from "../../model/mod.ts";
import type { Control } from "./control.ts";
import type { Host } from "./host.ts";
import type { Lab } from "./lab.ts";

/** Error lines that a test caused on purpose are matched by `expected`. @throws AssertionError with the differences */
export async function settled(lab: Lab, expected: readonly RegExp[] = []): Promise<void> {
  const hosts = [...lab.hosts.values()];
  await Promise.all(
    hosts.map(async (host) => {
      const before = await host.dump();
      await host.stopAgent();
      await host.startAgent();
      assert.deepEqual(await host.dump(), before, `the data plane of ${host.name} changed when its agent restarted`);
    }),
  );
  const views = () => Promise.all(hosts.map((host) => viewOf(lab.control, host)));
  const before = await views();
  for (const control of lab.controls) {
    await control.stop();
    await control.start();
  }
  const after = await views();
  hosts.forEach(({ name }, index) => {
    assert.deepEqual(after[index], before[index], `the view of ${name} changed when it was computed afresh`);
  });
  assert.deepEqual(await errorLines(lab, expected), [], "errors in the logs");
}

const VIEW_MS = 20_000;

/** A host's whole view as a fresh reader gets it, as sorted lines. */
export async function viewOf(control: Control, host: Pick<Host, "name" | "token">): Promise<string[]> {
  const give = new AbortController();
  const late = setTimeout(() => give.abort(new Error(`the watch of ${host.name} is not complete in time`)), VIEW_MS);
  try {
    const reply = await fetch(`${control.url}/v1/hosts/${host.name}/watch`, {
      headers: { authorization: `Bearer ${host.token}` },
      signal: give.signal,
    });
    if (!reply.ok || reply.body === null)
      throw new Error(`watch of ${host.name}: ${reply.status} ${await reply.text()}`);
    return await snapshotOf(reply.body);
  } finally {
    clearTimeout(late);
    give.abort(); // it would go on for ever
  }
}

async function snapshotOf(body: ReadableStream<Uint8Array>): Promise<string[]> {
  const decoder = new TextDecoder();
  const lines: string[] = [];
  let rest = "";
  for await (const part of body) {
    const complete = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = complete.pop() ?? "";
    for (const line of complete) {
      const message = JSON.parse(line) as ViewMessage;
      if (message.type === "synced") return lines.sort();
      if (message.type === "put") lines.push(line);
    }
  }
  throw new Error("the watch ended before it was complete");
}

const PINO_ERROR = 50;
/** What the launcher prints as it gets something ready before it starts the process, as "cable: eBPF objects ... 1 s". */
const LAUNCHER_PROGRESS = /^cable: .* \.\.\. \d+ s$/;

/** Lines at error level or above, and whatever is no log line at all (a stack trace), in every log of the lab. */
export async function errorLines(lab: Lab, expected: readonly RegExp[] = []): Promise<string[]> {
  const logs = [...lab.controls, ...lab.hosts.values()];
  const found = await Promise.all(
    logs.map(async ({ name, logFile }) => {
      const lines = (await readFile(logFile, "utf8")).split("\n");
      return lines.filter((line) => line !== "" && isError(line)).map((line) => `${name}: ${line}`);
    }),
  );
  return found.flat().filter((line) => !expected.some((pattern) => pattern.test(line)));
}

function isError(line: string): boolean {
  if (LAUNCHER_PROGRESS.test(line)) return false;
  try {
    return ((JSON.parse(line) as { level?: number }).level ?? PINO_ERROR) >= PINO_ERROR;
  } catch {
    return true;
  }
}
