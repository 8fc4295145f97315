/**
 * DNS on one host: guests' questions by real packets through the data plane and the agent: for ports' names, and for names
 * that another server knows, each asked for the first time or kept already.
 */
import { dirname, join } from "node:path";
import { mustIn, ROOT, start, until } from "../kit/mod.ts";
import { address, cpuSeconds, memoryOf, plugged } from "./plugged.ts";
import { buildProgram } from "./program.ts";
import { median, type Row, row, spread } from "./row.ts";

const GUESTS = 64;
const ROUNDS = 3;
const SECONDS = 3;
const UPSTREAM_PORT = 5300;
const SERVER = "169.254.169.254";

interface Measured {
  seconds: number;
  answered: number;
  errors: number;
  late: number;
  p50_us: number;
  p99_us: number;
}

export async function dnsRows(log: (line: string) => void): Promise<Row[]> {
  const program = await buildProgram("dnsload");
  const world = await plugged(GUESTS, { dnsUpstream: [`127.0.0.1:${UPSTREAM_PORT}`] });
  const { host, netns, devices, ports } = world;
  const upstream = start({
    name: "upstream",
    command: [process.execPath, join(ROOT, "test/kit/dns-upstream.ts"), String(UPSTREAM_PORT)],
    logFile: join(dirname(host.logFile), "upstream.log"),
    netns: host.netns,
  });
  try {
    await address(world);
    const load = async (seconds: number, name: string) =>
      JSON.parse(await mustIn(netns, [program, SERVER, String(seconds), name, ...devices])) as Measured;
    const agent = host.agent().pid;
    const own = `host-${ports[0]?.fixed_ips[0]?.ip_address.replaceAll(".", "-")}.openstacklocal`;
    await until("the upstream server", async () =>
      (await load(0.2, "www.example.org")).errors === 0 ? true : undefined,
    );
    const rate = async (what: string, name: string, atLeast: number) => {
      await load(1, name);
      const [rounds, cpu]: [Measured[], number[]] = [[], []];
      for (let i = 0; i < ROUNDS; i++) {
        const before = await cpuSeconds(agent);
        const round = await load(SECONDS, name);
        cpu.push(((await cpuSeconds(agent)) - before) / round.seconds);
        log(`${what}: ${Math.round(round.answered / round.seconds)}/s, ${round.errors} errors, ${round.late} late`);
        rounds.push(round);
      }
      // One that fails is worth nothing: a server that says "no" to all is quick.
      const rates = rounds.map(({ answered, seconds, errors, late }) => (errors + late > 0 ? 0 : answered / seconds));
      const middle = (of: (round: Measured) => number) => Math.round(median(rounds.map(of)));
      const times = `p50 ${middle(({ p50_us }) => p50_us)} us, p99 ${middle(({ p99_us }) => p99_us)} us`;
      const note = `${GUESTS} guests, ${spread(rates)}, ${times}, agent ${median(cpu).toPrecision(2)} of a CPU`;
      return row(what, median(rates), "1/s", { atLeast }, note);
    };
    const rows = [
      await rate("DNS questions on one host, ports' own names", own, 10_000),
      await rate("the same, names outside that are kept", "www.example.org", 10_000),
      await rate("the same, names outside that another server is asked for", "n#.example.org", 3_000),
    ];
    const { now, most } = await memoryOf(agent);
    log(`memory of the agent: ${Math.round(now)} MiB, at most ${Math.round(most)} MiB`);
    return [...rows, row("memory of the agent after that", most, "MiB", { atMost: 200 }, "at most so far")];
  } finally {
    await upstream.stop();
    await world.remove();
  }
}
