/**
 * DHCP on one host: clients on as many ports as it takes to keep the agent busy, since each may ask a thousand times a second
 * only; then the same while another port floods.
 */
import { mustIn } from "../kit/mod.ts";
import { cpuSeconds, plugged } from "./plugged.ts";
import { buildProgram } from "./program.ts";
import { median, type Row, row, spread } from "./row.ts";

const CLIENTS = 64;
const ROUNDS = 5;
const SECONDS = 2;
const FLOOD_FRAMES = 400_000;

interface Measured {
  per_s: number;
  errors: number;
  p50_us: number;
  p99_us: number;
}

export async function dhcpRows(log: (line: string) => void): Promise<Row[]> {
  const program = await buildProgram("dhcpload");
  const world = await plugged(CLIENTS + 1, {});
  try {
    const { host, netns } = world;
    const devices = world.devices.slice(0, CLIENTS);
    const flooding = world.devices.at(-1) ?? "";
    const load = async (...words: string[]) => JSON.parse(await mustIn(netns, [program, ...words])) as Measured;
    await load("exchange", "1", ...devices);
    const rounds: Measured[] = [];
    const cpu: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const before = await cpuSeconds(host.agent().pid);
      const round = await load("exchange", String(SECONDS), ...devices);
      cpu.push(((await cpuSeconds(host.agent().pid)) - before) / SECONDS);
      log(`DHCP: ${round.per_s} exchanges/s, ${round.errors} late, p99 ${round.p99_us} us`);
      rounds.push(round);
    }
    const flood = load("flood", String(FLOOD_FRAMES), flooding);
    const beside = await load("exchange", String(SECONDS), ...devices);
    const { per_s: floodRate } = await flood;
    const rates = rounds.map(({ per_s }) => per_s);
    return [
      row(
        "DHCP four-way exchanges on one host",
        median(rates),
        "1/s",
        { atLeast: 5000 },
        `${CLIENTS} ports, ${spread(rates)}, p50 ${median(rounds.map(({ p50_us }) => p50_us))} us, p99 ${median(rounds.map(({ p99_us }) => p99_us))} us, agent ${median(cpu).toPrecision(2)} of a CPU`,
      ),
      row(
        "questions left unanswered while another port floods",
        beside.errors,
        "",
        { atMost: 0 },
        `${beside.per_s} exchanges/s beside a flood of ${Math.round(floodRate)} frames/s`,
      ),
    ];
  } finally {
    await world.remove();
  }
}
