/**
 * Metadata on one host: guests' requests by real packets through the data plane and the agent to a stand-in for Nova, on
 * kept and on new connections; then a thousand guests at once, as when a rack comes up.
 */
import { dirname, join } from "node:path";
import { SERVICE_IP4 } from "../../model/mod.ts";
import { mustIn, ROOT, start, until } from "../kit/mod.ts";
import { address, cpuSeconds, memoryOf, plugged } from "./plugged.ts";
import { buildProgram } from "./program.ts";
import { median, type Row, row, spread } from "./row.ts";

const GUESTS = 1000;
const ROUNDS = 3;
const SECONDS = 3;
const CONNECTIONS = 64;
const REQUESTS_PER_BOOT = 5;
const NOVA_PORT = 8775;
const SECRET = "of bench";
const PATH = "/openstack/latest/meta_data.json";
/** A service on a host is no reason to take its memory from guests. */
const MOST_MIB = 400;

interface Measured {
  seconds: number;
  answered: number;
  errors: number;
  /** Of the errors: no answer within 30 s. */
  late: number;
  p50_us: number;
  p99_us: number;
  most_us: number;
}

export async function metadataRows(log: (line: string) => void): Promise<Row[]> {
  const program = await buildProgram("httpload");
  const world = await plugged(GUESTS, { metadata: { url: `http://127.0.0.1:${NOVA_PORT}`, secret: SECRET } });
  const { host, netns, devices } = world;
  const nova = start({
    name: "nova",
    command: [process.execPath, join(ROOT, "test/kit/nova-metadata.ts"), String(NOVA_PORT), SECRET],
    logFile: join(dirname(host.logFile), "nova.log"),
    netns: host.netns,
  });
  try {
    await address(world);
    const load = async (...words: string[]) =>
      JSON.parse(await mustIn(netns, [program, words[0] ?? "", SERVICE_IP4, PATH, ...words.slice(1)])) as Measured;
    await until("Nova to answer", async () => ((await load("boot", "1", "1", "dev0")).errors === 0 ? true : undefined));
    const rate = async (mode: string, name: string) => {
      const some = devices.slice(0, CONNECTIONS);
      await load(mode, "1", String(CONNECTIONS), ...some);
      const [rounds, cpu]: [Measured[], number[]] = [[], []];
      for (let i = 0; i < ROUNDS; i++) {
        const before = await cpuSeconds(host.agent().pid);
        const round = await load(mode, String(SECONDS), String(CONNECTIONS), ...some);
        cpu.push(((await cpuSeconds(host.agent().pid)) - before) / round.seconds);
        log(`${name}: ${Math.round(round.answered / round.seconds)}/s, ${round.errors} errors`);
        rounds.push(round);
      }
      const rates = rounds.map(({ answered, seconds, errors }) => (errors > 0 ? 0 : answered / seconds));
      const note = `${CONNECTIONS} guests, ${spread(rates)}, p99 ${median(rounds.map(({ p99_us }) => p99_us))} us, agent ${median(cpu).toPrecision(2)} of a CPU`;
      return row(name, median(rates), "1/s", { atLeast: 3000 }, note);
    };
    const rows = [
      await rate("keep", "metadata requests on one host, kept connections"),
      await rate("new", "the same, a connection for each"),
    ];
    const boot = await load("boot", String(REQUESTS_PER_BOOT), String(GUESTS), ...devices);
    const { now, most } = await memoryOf(host.agent().pid);
    const took = `${GUESTS * REQUESTS_PER_BOOT} requests in ${boot.seconds} s, the last after ${Math.round(boot.most_us / 1000)} ms, ${boot.late} late`;
    return [
      ...rows,
      row("1,000 guests boot at once: requests not answered with 200", boot.errors, "", { atMost: 0 }, took),
      row(
        "the same: memory of the agent",
        most,
        "MiB",
        { atMost: MOST_MIB },
        `at most so far; ${Math.round(now)} MiB after it`,
      ),
    ];
  } finally {
    await nova.stop();
    await world.remove();
  }
}
