/**
 * The Neutron API of a control node, and of the real Neutron in the same run if it is installed, under the same load.
 * For work on one part: BENCH_NEUTRON=no leaves the slow one out, BENCH_TESTS=TEXT,... takes the tests with one of
 * these in their names only, BENCH_SIZE=no leaves out the 100,000 ports.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Keystone, startKeystone } from "../kit/keystone.ts";
import { makeDirectory } from "../kit/place.ts";
import { startCable } from "./api-cable.ts";
import { fillBySql, fillOverApi } from "./api-fill.ts";
import { buildLoad, type Load, load } from "./api-load.ts";
import { missingForNeutron, type NeutronServer, startNeutron } from "./api-neutron.ts";
import type { ApiServer, Tokens } from "./api-server.ts";
import { sizeBench } from "./api-size.ts";
import { type ApiTest, type Effort, TESTS } from "./api-tests.ts";
import { cpuSeconds, residentMiB } from "./api-usage.ts";
import { CLIENTS, makeWorld, type World } from "./api-world.ts";
import { median, percentile, type Row, row } from "./row.ts";

const SIZES = { small: 1_000, large: 10_000 };
/** V8 compiles what runs often, and Python imports what it needs when it is first called: neither is to be measured. */
const WARM_UP = { cable: { seconds: 1.5, most: 3000 }, scarce: { seconds: 1.5, most: 300 } };
/** From this many tasks on, one more for each client of Neutron costs no minutes. */
const QUICK = 100;

interface Figure {
  perSecond: number;
  note: string;
}

type Log = (line: string) => void;

export async function apiBench(log: Log): Promise<Row[]> {
  await buildLoad();
  const directory = await mkdtemp(join(tmpdir(), "cable-bench-api-"));
  const keystone = await startKeystone({ networkUrl: "http://127.0.0.1:9696", parent: directory });
  try {
    const tokens = await tokensOf(keystone);
    const rows = await compare(directory, keystone, tokens, log);
    if (process.env.BENCH_SIZE === "no") return rows;
    return [...rows, ...(await sizeBench(await makeDirectory(join(directory, "size")), keystone, tokens, log))];
  } finally {
    await keystone.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function tokensOf(keystone: Keystone): Promise<Tokens> {
  const { body } = await keystone.ask("GET", "/projects?name=demo");
  const [member, admin] = [await keystone.token("demo"), await keystone.token("admin")];
  return { member, admin, projectId: body.projects[0].id };
}

async function compare(directory: string, keystone: Keystone, tokens: Tokens, log: Log): Promise<Row[]> {
  const cable = await startCable(await makeDirectory(join(directory, "cable")), keystone, tokens);
  let neutron: NeutronServer | undefined;
  try {
    const ours = await makeWorld(cable, SIZES);
    log(`Cable answers after ${cable.startSeconds.toFixed(1)} s; filling its networks`);
    for (const ports of [ours.small, ours.large]) await fillOverApi(cable, ports);
    const missing = process.env.BENCH_NEUTRON === "no" ? ["wish for it"] : missingForNeutron();
    if (missing.length > 0) log(`Neutron is not measured: there is no ${missing.join(", no ")}`);
    else neutron = await startNeutron(await makeDirectory(join(directory, "neutron")), keystone, tokens, log);
    const theirs = neutron && (await neutronWorld(neutron, log));
    const rows: Row[] = [];
    const wanted = (process.env.BENCH_TESTS ?? "").split(",");
    for (const test of TESTS.filter(({ name }) => wanted.some((part) => name.includes(part)))) {
      for (const clients of test.clients) rows.push(...(await measured(test, clients, ours, theirs, log)));
    }
    if (neutron !== undefined) {
      rows.push(
        row(
          "api: Neutron's memory",
          residentMiB(neutron.processes().neutron ?? []),
          "MiB",
          null,
          "sum over its processes",
        ),
      );
      rows.push(row("api: Neutron's start to first answer", neutron.startSeconds, "s", null));
    }
    return rows;
  } finally {
    await neutron?.stop();
    await cable.stop();
  }
}

async function neutronWorld(neutron: NeutronServer, log: Log): Promise<World> {
  log(`Neutron answers after ${neutron.startSeconds.toFixed(1)} s; copying ports in its database`);
  const world = await makeWorld(neutron, SIZES);
  for (const ports of [world.small, world.large]) await fillBySql(neutron, ports, neutron.sql);
  return world;
}

async function measured(
  test: ApiTest,
  clients: number,
  ours: World,
  theirs: World | undefined,
  log: Log,
): Promise<Row[]> {
  const name = `api: ${test.name}, ${clients === 1 ? "1 client" : `${clients} clients`}`;
  await run(test, CLIENTS, ours, test.available === undefined ? WARM_UP.cable : WARM_UP.scarce);
  const cable = await run(test, clients, ours, test.cable);
  const effort = test.neutron(clients);
  if (theirs && effort && effort.most >= QUICK) await run(test, clients, theirs, { seconds: 1, most: clients });
  const neutron = theirs && effort && (await run(test, clients, theirs, effort));
  log(
    `${name.slice(5)}: ${cable.perSecond.toPrecision(4)}/s${neutron ? `, Neutron ${neutron.perSecond.toPrecision(3)}/s` : ""}`,
  );
  const absolute = row(name, cable.perSecond, "/s", null, cable.note);
  if (neutron === undefined) return [absolute];
  const note = `Neutron ${neutron.perSecond.toPrecision(3)}/s, ${neutron.note}${test.neutronNote ? `; ${test.neutronNote}` : ""}`;
  const promise = { atLeast: test.ratio(clients) };
  return [absolute, row(`${name}: against Neutron`, cable.perSecond / neutron.perSecond, "x", promise, note)];
}

async function run(test: ApiTest, clients: number, world: World, effort: Effort): Promise<Figure> {
  const { server } = world;
  const most = Math.min(effort.most, test.available?.(world) ?? effort.most);
  const tasks = Array.from({ length: most }, (_, index) => test.task(world, index, clients));
  const before = cpuOf(server);
  const result = await load(server.port, tasks, { clients, seconds: effort.seconds });
  const after = cpuOf(server);
  for (const outcome of result.outcomes) {
    try {
      test.check(world, outcome);
    } catch (error) {
      throw new Error(`${server.name}, ${test.name}: ${(error as Error).message}`);
    }
  }
  if (result.lost > 0) throw new Error(`${server.name} closed ${result.lost} connections under ${test.name}`);
  const used = after.map(([part, seconds], i) => [part, seconds - (before[i]?.[1] ?? 0)] as const);
  return figure(test, result, used);
}

const cpuOf = (server: ApiServer) =>
  Object.entries(server.processes()).map(([part, pids]) => [part, cpuSeconds(pids)] as const);

/** The note says what a rate on a busy machine does not: how much of each process one operation takes. */
function figure({ size = 1 }: ApiTest, result: Load, used: (readonly [string, number])[]): Figure {
  const times = result.outcomes.map(({ tookMs }) => tookMs);
  const operations = times.length * size;
  const ms = (value: number) => `${Number(value.toPrecision(3))} ms`;
  const cpu = used.map(([part, seconds]) => `${part} ${ms((seconds * 1000) / operations)}`);
  const load = `load program ${ms(result.cpuMicroseconds / 1000 / size)}`;
  const note = `${times.length} samples, p50 ${ms(median(times))}, p99 ${ms(percentile(times, 0.99))}, CPU each: ${[...cpu, load].join(", ")}`;
  return { perSecond: operations / result.wallSeconds, note };
}
