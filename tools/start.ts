/** Starts one of Cable's processes: `start.ts control|agent|cli [flags]`, as ./cable does once all it needs is there. */
const [, , name, ...argv] = process.argv;

type Start = { main(argv: string[]): Promise<unknown> };
const processes: Record<string, () => Promise<Start>> = {
  control: () => import("../control/main.ts"),
  agent: () => import("../agent/main.ts"),
  cli: () => import("../cli/main.ts"),
};

const load = processes[name ?? ""];
if (load === undefined) {
  console.error(`start: no process "${name ?? ""}". Known: ${Object.keys(processes).join(" ")}`);
  process.exit(2);
}
const status = await (await load()).main(argv);
if (typeof status === "number") process.exitCode = status;
