/** `./cable lab`: a whole cloud on this machine, from one command. */
import { Command, InvalidArgumentError } from "commander";
import {
  endLab,
  failures,
  isRunning,
  Lab,
  type LabState,
  type ReachCell,
  readState,
  removeLab,
} from "../../test/kit/mod.ts";
import { enter } from "./enter.ts";
import { describe, nextSteps } from "./guide.ts";
import { reachTable } from "./table.ts";
import { labTopology } from "./topology.ts";

const NAME = "cable-lab";

/** Progress and talk go to stderr, results to stdout, so that --json prints nothing else there. */
const say = (text: string) => process.stderr.write(`${text}\n`);

function progress(step: string, seconds?: number): void {
  if (process.stderr.isTTY && seconds === undefined) process.stderr.write(`        ${step} ...`);
  if (seconds !== undefined)
    say(`${process.stderr.isTTY ? "\r\x1b[K" : ""}${seconds.toFixed(1).padStart(5)} s ${step}`);
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 50) throw new InvalidArgumentError("a number from 1 to 50.");
  return count;
}

async function up(options: { check?: true; json?: true; hosts: number }): Promise<void> {
  const interrupt = new AbortController();
  const interrupted = new Promise<void>((resolve) => interrupt.signal.addEventListener("abort", () => resolve()));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt.abort());
  const began = performance.now();
  const lab = await Lab.start(NAME, labTopology(options.hosts), progress, interrupt.signal);
  let cells: ReachCell[] = [];
  try {
    const tested = performance.now();
    cells = await lab.reach();
    progress(`who reaches whom, ${cells.length} tests`, (performance.now() - tested) / 1000);
    say(`Up after ${((performance.now() - began) / 1000).toFixed(1)} s.\n`);
    if (options.json) process.stdout.write(`${JSON.stringify({ reach: cells })}\n`);
    else process.stdout.write(`${reachTable(cells)}\n\n`);
    if (!options.check) {
      const state = (await readState(NAME)) as LabState;
      process.stdout.write(`${describe(state)}\n\n${nextSteps(state)}\n\nCtrl-C ends the lab.\n`);
      await interrupted;
    }
  } finally {
    say("Taking the lab down.");
    await lab.down();
  }
  const failed = failures(cells);
  if (failed.length === 0) return;
  say(`${failed.length} of ${cells.length} tests failed:\n  ${failed.join("\n  ")}`);
  process.exitCode = 1;
}

async function down(): Promise<void> {
  const state = await readState(NAME);
  if (!(await endLab(NAME))) {
    throw new Error(`the lab's process ${state?.pid} does not end; "kill -9 ${state?.pid}", then start this again`);
  }
  await removeLab(NAME);
  say(state === undefined ? "There was no lab." : "The lab is gone.");
}

async function running(): Promise<LabState> {
  const state = await readState(NAME);
  if (state === undefined || !isRunning(state)) throw new Error('no lab is running; "./cable lab" starts one');
  if (state.url === "") throw new Error("the lab is still starting");
  return state;
}

const program = new Command("cable lab")
  .description("A control node and hosts on this machine, with a virtual machine, a container and a physical machine.")
  .option("--check", "test who reaches whom, then take the lab down; fails if somebody does not")
  .option("--json", "print the table as JSON")
  .option("--hosts <number>", "how many hosts", countOf, 3)
  .enablePositionalOptions()
  .action(up);
program.command("down").description("end the lab, also one whose process was killed").action(down);
program
  .command("status")
  .description("what the running lab has")
  .action(async () => {
    const state = await running();
    process.stdout.write(`${describe(state)}\n\n${nextSteps(state)}\n`);
  });
program
  .command("enter <name> [command...]")
  .description("a shell, or a command, in a workload or host")
  .passThroughOptions()
  .action(async (name: string, command: string[]) => {
    process.exitCode = await enter(await running(), name, command);
  });

try {
  await program.parseAsync();
} catch (error) {
  say(`cable lab: ${(error as Error).message}`);
  process.exitCode = 1;
}
