/** The same over HTTP, with several clients at once on two control nodes and a real etcd: nothing fails, nothing dangles. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { etcdStore, type Store } from "../../store/mod.ts";
import { type Etcd, startEtcd } from "../kit/etcd.ts";
import { type RestNode, startRestNodes } from "../kit/rest-nodes.ts";
import { ADMIN, tokensFile } from "./callers.ts";
import type { Answer } from "./checks.ts";
import { addHosts, OPERATOR } from "./hosts.ts";
import { checkIntegrity } from "./integrity.ts";
import { Pool } from "./pool.ts";
import { type Asked, FuzzRun } from "./run.ts";

const RUNS = Number(process.env.FUZZ_CLUSTER_RUNS ?? 4_000);
const CLIENTS = 4;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000);

let directory: string;
let etcd: Etcd;
let store: Store;
let nodes: RestNode[] = [];

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cable-fuzz-"));
  await writeFile(join(directory, "tokens"), tokensFile());
  await writeFile(join(directory, "operator"), OPERATOR);
  etcd = await startEtcd(directory);
  store = etcdStore({ endpoints: [etcd.endpoint] });
  const tokens = ["--auth", "token", "--tokens", join(directory, "tokens")];
  nodes = await startRestNodes(etcd, directory, 2, [...tokens, "--admin-token-file", join(directory, "operator")]);
  const [first] = nodes;
  await addHosts(async (method, path, token, body) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const reply = await fetch(`${first?.url}${path}`, { method, headers, body: JSON.stringify(body) });
    return { status: reply.status, text: await reply.text() };
  });
});
after(async () => {
  for (const { process } of nodes) await process.stop();
  await store?.close();
  await etcd?.stop();
  await rm(directory, { recursive: true });
});

async function ask(url: string, { asker, method, url: path, body, headers }: Asked): Promise<Answer> {
  const hasBody = body !== undefined && method !== "GET" && method !== "HEAD";
  const reply = await fetch(url + path, {
    method,
    headers: { "x-auth-token": asker.token, ...headers },
    ...(hasBody ? { body: typeof body === "string" ? body : JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await reply.text();
  const isJson = text !== "" && reply.headers.get("content-type") === "application/json";
  return { status: reply.status, text, body: isJson ? JSON.parse(text) : undefined };
}

test(`${RUNS} requests of ${CLIENTS} clients on two control nodes, FUZZ_SEED=${SEED}`, async () => {
  console.log(`fuzz: FUZZ_SEED=${SEED}`);
  const pool = new Pool();
  const runs = Array.from({ length: CLIENTS }, (_, at) => {
    const url = nodes[at % nodes.length]?.url ?? assert.fail();
    return new FuzzRun({ store, ask: (asked) => ask(url, asked) }, SEED + at, { pool });
  });
  await runs[0]?.sow();
  await Promise.all(runs.map((run) => run.play(Math.ceil(RUNS / CLIENTS))));
  await checkIntegrity(store);
});

test("every control node is still there, and has logged no failure", async () => {
  for (const { process, logFile } of nodes) {
    assert.ok(process.alive(), process.tail());
    const lines = (await readFile(logFile, "utf8")).split("\n").filter((line) => line.startsWith("{"));
    assert.ok(lines.length > 100);
    assert.deepEqual(lines.filter((line) => JSON.parse(line).level >= 50).slice(0, 3), []);
  }
});

test("both control nodes say the same of what there is", async () => {
  const lists = await Promise.all(
    nodes.map(async ({ url }) => {
      const answer = await ask(url, { asker: ADMIN, method: "GET", url: "/v2.0/ports", body: undefined, headers: {} });
      return answer.text;
    }),
  );
  assert.equal(lists[0], lists[1]);
});
