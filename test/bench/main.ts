/**
 * `./cable bench [NAME ...] [--json]`: measures SPEC.md's rows; fails when one is below its promise. Prints them as a table
 * and, as its last line, as JSON; --json leaves out the table.
 */

import { parseArgs } from "node:util";
import { apiBench } from "./api.ts";
import { balancersBench } from "./balancers.ts";
import { cniBench } from "./cni.ts";
import { datapathBench } from "./datapath.ts";
import { firstPacketBench } from "./first-packet.ts";
import { kubernetesBench } from "./kubernetes.ts";
import { mirrorBench } from "./mirror.ts";
import { policyBench } from "./policy.ts";
import { qosBench } from "./qos.ts";
import { routedBench } from "./routed.ts";
import { type Row, rowJson, rowLine } from "./row.ts";
import { servicesBench } from "./services.ts";
import { viewsBench } from "./views.ts";

type Bench = (log: (line: string) => void) => Promise<Row[]>;

export const BENCHES: Record<string, Bench> = {
  datapath: datapathBench,
  routed: routedBench,
  balancers: balancersBench,
  policy: policyBench,
  qos: qosBench,
  mirror: mirrorBench,
  "first-packet": firstPacketBench,
  cni: cniBench,
  kubernetes: kubernetesBench,
  services: servicesBench,
  views: viewsBench,
  api: apiBench,
};

const HELP = `./cable bench [NAME ...] [--json]: measures what SPEC.md promises; all benches without a name.
Benches: ${Object.keys(BENCHES).join(", ")}`;

function parse(argv: string[]) {
  const options = { json: { type: "boolean" }, help: { type: "boolean" } } as const;
  try {
    return parseArgs({ args: argv, allowPositionals: true, options });
  } catch (error) {
    return error as Error;
  }
}

export async function main(argv: string[]): Promise<number> {
  const parsed = parse(argv);
  if (parsed instanceof Error) {
    console.error(`bench: ${parsed.message}\n${HELP}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
  const unknown = names.filter((name) => !(name in BENCHES));
  if (unknown.length > 0) {
    console.error(`no bench is named ${unknown.join(", ")}; there are: ${Object.keys(BENCHES).join(", ")}`);
    return 2;
  }
  const rows: Row[] = [];
  for (const name of names) rows.push(...(await (BENCHES[name] as Bench)((line) => console.error(`${name}: ${line}`))));
  if (!values.json) console.log(rows.map(rowLine).join("\n"));
  console.log(JSON.stringify({ rows: rows.map(rowJson) }));
  return rows.every((row) => row.ok) ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
