/**
 * Cable's data plane against the yardsticks, same host and across hosts. All setups stand at the same time and are
 * measured in turn, round by round; a ratio is taken within each round and the rounds' median is the row's value, so
 * that a noisy machine disturbs both sides alike.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Running, uniqueName } from "../kit/mod.ts";
import {
  buildNetload,
  LOAD_TESTS,
  type Load,
  type LoadTest,
  measure,
  type Path,
  startServer,
  untilCarrying,
} from "./netload.ts";
import { cable } from "./paths/cable.ts";
import { bareVeth, bridgeWithGroups, routed, type Setup } from "./paths/yardsticks.ts";
import { median, type Promised, type Row, row, spread } from "./row.ts";

const ROUNDS = 7;
const SECONDS = 1;
/** What a receiver gets of a UDP flood moves most with what else wants its CPU: measured in more and shorter turns. */
const SLICES: Record<LoadTest, number> = { stream: 1, rr: 1, crr: 1, udp: 4 };
const UNITS: Record<LoadTest, string> = { stream: "Gbit/s", rr: "k/s", crr: "k/s", udp: "k/s" };
const SCALE: Record<LoadTest, number> = { stream: 8e-9, rr: 1e-3, crr: 1e-3, udp: 1e-3 };

/** design.md's figures: Cable's rate as a multiple of the other's. UDP was promised against the bridge only. */
const PROMISES: { place: "sameHost" | "crossHost"; against: string; least: Partial<Record<LoadTest, number>> }[] = [
  { place: "sameHost", against: "bare veth", least: { stream: 0.9, rr: 0.9, crr: 0.85 } },
  { place: "crossHost", against: "routed underlay", least: { stream: 0.8, rr: 0.85, crr: 0.8 } },
  { place: "sameHost", against: "bridge + iptables", least: { stream: 1.5, rr: 1.5, crr: 1.5, udp: 1.5 } },
  { place: "crossHost", against: "bridge + iptables + VXLAN", least: { stream: 1.2, rr: 1.2, crr: 1.2, udp: 1.2 } },
];

export type Results = Map<string, Record<LoadTest, Load[]>>;

export async function measureInTurn(
  paths: Path[],
  log: (line: string) => void,
  { tests = LOAD_TESTS, rounds = ROUNDS, seconds = SECONDS } = {},
): Promise<Results> {
  const results: Results = new Map(paths.map((path) => [path.name, { stream: [], rr: [], crr: [], udp: [] }]));
  for (let round = 1; round <= rounds; round++) {
    log(`round ${round} of ${rounds}`);
    for (const test of tests) {
      for (let slice = 0; slice < SLICES[test]; slice++) {
        // Turned about in every other round, so that who comes first is not always the same.
        for (const path of (round + slice) % 2 === 0 ? paths.toReversed() : paths) {
          results.get(path.name)?.[test].push(await measure(path, test, seconds / SLICES[test]));
        }
      }
    }
  }
  return results;
}

export function compare(results: Results, ours: string, theirs: string, test: LoadTest, promise: Promised | null): Row {
  const a = results.get(ours)?.[test] ?? [];
  const b = results.get(theirs)?.[test] ?? [];
  const ratios = a.map((load, i) => load.perSecond / (b[i]?.perSecond ?? Number.NaN));
  const rate = (loads: Load[]) => (median(loads.map((load) => load.perSecond)) * SCALE[test]).toPrecision(3);
  const cpu = median(a.map((load, i) => load.cpuSecondsPerUnit / (b[i]?.cpuSecondsPerUnit ?? Number.NaN)));
  const note = `spread ${spread(ratios)}; ${rate(a)} against ${rate(b)} ${UNITS[test]}; CPU per unit ${cpu.toPrecision(3)}x`;
  return row(`${ours} / ${theirs}: ${test}`, median(ratios), "x", promise, note);
}

/** The same for no data plane at all: what the promises against the bridge can be on this machine. Nothing is promised. */
function ceilingOf(results: Results): Row[] {
  return LOAD_TESTS.map((test) => compare(results, "bare veth", "bridge + iptables", test, null));
}

function rowsOf(results: Results): Row[] {
  const promised = PROMISES.flatMap(({ place, against, least }) =>
    LOAD_TESTS.map((test) => {
      const atLeast = least[test];
      const ours = place === "sameHost" ? "cable same host" : "cable across hosts";
      return compare(results, ours, against, test, atLeast === undefined ? null : { atLeast });
    }),
  );
  return [...promised, ...ceilingOf(results)];
}

export async function datapathBench(log: (line: string) => void): Promise<Row[]> {
  await buildNetload();
  const directory = await mkdtemp(join(tmpdir(), "cable-bench-"));
  const setups: Setup[] = [];
  const servers: Running[] = [];
  try {
    for (const [name, make] of Object.entries({ bareVeth, routed, bridgeWithGroups, cable })) {
      log(`making ${name}`);
      setups.push(await make(uniqueName("cbb")));
    }
    const paths = setups
      .flatMap(({ sameHost, crossHost }) => [sameHost, crossHost])
      .filter((path) => path !== undefined);
    for (const path of paths) {
      const server = startServer(path.serverNetns, join(directory, "netload.log"));
      servers.push(server);
      await untilCarrying(path, server);
    }
    return rowsOf(await measureInTurn(paths, log));
  } finally {
    for (const server of servers) await server.stop();
    for (const setup of setups.toReversed()) await setup.remove();
    await rm(directory, { recursive: true });
  }
}
