/** `cable trace`, `flows`, `drops`, `vif`, `route`: questions to the agent of the host on which they are started. */
import { setTimeout as wait } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type DropsAnswer,
  type FlowFacts,
  type FlowsHead,
  type Labels,
  protocolNumber,
  type RouterFacts,
  type TraceAnswer,
  type TraceQuestion,
} from "../../model/mod.ts";
import type { Output } from "../main.ts";
import { ask, DEFAULT_SOCKET, lines } from "./agent.ts";
import { dropRates, dropTable, flowTable, rateLines, routersText, type VifRow, vifTable, vifText } from "./tables.ts";
import { traceText } from "./trace-text.ts";

export const LOCAL_COMMANDS = ["trace", "flows", "drops", "vif", "route"] as const;

/** Flows of one table; more are another table, so that a full flow table is never held as a whole. */
const FLOWS_AT_ONCE = 1000;
const FOLLOW_MS = 1000;
const ICMP = 1;
const TCP = 6;
const UDP = 17;

interface Common {
  socket: string;
  json?: boolean;
}

/** Puts the commands under `root`. */
export function addLocalCommands(root: Command, output: Output, env: NodeJS.ProcessEnv): void {
  const command = (name: (typeof LOCAL_COMMANDS)[number], summary: string) =>
    root
      .command(name)
      .description(summary)
      .addOption(new Option("--socket <path>", "the agent's").default(env.CABLE_SOCKET ?? DEFAULT_SOCKET))
      .option("--json", "the answer as JSON");
  addTrace(command("trace", "What a packet would meet, step by step; nothing is sent"), output);
  command("flows", "The connections that the data plane of this host knows")
    .option("--port <port>", "of this port only: its id or a beginning of that, its name or device")
    .action((options: Common & { port?: string }) => flows(options, output));
  command("drops", "What the data plane of this host has dropped, by port and reason")
    .option("--follow", "go on, with what is dropped each second")
    .action((options: Common & { follow?: boolean }) => drops(options, output));
  command("vif", "What the data plane of this host holds of its ports, or of one")
    .argument("[port]", "its id or a beginning of that, its name or device")
    .action((port: string | undefined, options: Common) => vif(port, options, output));
  command("route", "The routers of this host's data plane: ports, routes, gateways, floating IPs")
    .argument("[router]", "its id or a beginning of that")
    .action((router: string | undefined, options: Common) => route(router, options, output));
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function numberIn(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

function protocolOf(text: string): number {
  const number = protocolNumber(text);
  if (Number.isInteger(number) && number >= 0 && number <= 255) return number;
  throw new InvalidArgumentError("It must be a protocol's name or number.");
}

interface TraceOptions extends Common, Omit<TraceQuestion, "protocol" | "toPort" | "flags" | "tunnel" | "wire"> {
  in?: string;
  vni?: number;
  peer?: string;
  network?: string;
  tcp?: number;
  udp?: number;
  icmp?: boolean;
  proto?: number;
  flags?: string;
}

function addTrace(command: Command, output: Output): void {
  const port = numberIn(0, 65_535);
  command
    .option("--port <port>", "from this port: its id or a beginning of that, its name or device")
    .option("--to <ip>", "destination")
    .option("--tcp <port>", "TCP to this port", port)
    .option("--udp <port>", "UDP to this port", port)
    .option("--icmp", "an ICMP echo request, as without any of these")
    .option("--proto <protocol>", "another protocol, by name or number", protocolOf)
    .option("--from <ip>", "source, instead of the port's own address")
    .option("--from-port <port>", "source port, or identifier of the echo; else one that nobody uses", port)
    .option("--flags <flags>", "of TCP, with commas between: fin, syn, rst, psh, ack", "syn")
    .option("--to-mac <mac>", "destination MAC, instead of what the next hop answers")
    .option("--from-mac <mac>", "source MAC, instead of the port's")
    .option("--ttl <hops>", "hops that it may go", numberIn(1, 255))
    .option("--bytes <size>", "of the whole IP packet", numberIn(0, 3386))
    .addOption(
      new Option("--in <place>", "as if it came from another host, or from outside").choices(["tunnel", "wire"]),
    )
    .option("--vni <vni>", "with --in tunnel: the network's", numberIn(1, 0xff_ffff))
    .option("--peer <ip>", "with --in tunnel: the other host's tunnel address")
    .option("--network <id>", "with --in wire: the VLAN or flat network, or a beginning of its id")
    .option("--frame <hex>", "a whole Ethernet frame instead")
    .action(async (options: TraceOptions) => {
      const answer = await ask<TraceAnswer>(options.socket, "POST", "/v1/trace", questionOf(options));
      output.out(options.json ? json(answer) : traceText(answer));
    });
}

/** What the options ask. Undefined members are as good as absent: JSON leaves them out. */
function questionOf(options: TraceOptions): object {
  const { in: place, vni, peer, network, tcp, udp, proto, flags, socket: _, json: __, icmp: ___, ...rest } = options;
  const protocol = proto ?? (tcp !== undefined ? TCP : udp !== undefined ? UDP : ICMP);
  const tunnel = place === "tunnel" ? { vni, peer } : undefined;
  const wire = place === "wire" ? (network ?? "") : undefined;
  return { ...rest, tunnel, wire, protocol, toPort: tcp ?? udp, flags: flags?.split(",") };
}

async function flows(options: Common & { port?: string }, output: Output): Promise<void> {
  const query = options.port === undefined ? "" : `?port=${encodeURIComponent(options.port)}`;
  let head: FlowsHead | undefined;
  let some: FlowFacts[] = [];
  let count = 0;
  const put = () => {
    output.out(flowTable(some, head?.labels ?? {}));
    some = [];
  };
  for await (const line of lines<FlowsHead | FlowFacts>(options.socket, `/v1/flows${query}`)) {
    if (options.json) output.out(`${JSON.stringify(line)}\n`);
    else if ("protocol" in line) {
      count++;
      some.push(line);
      if (some.length === FLOWS_AT_ONCE) put();
    } else head = line;
  }
  if (options.json) return;
  if (some.length > 0 || count === 0) put();
  output.out(`${count} connections; the table had ${head?.entries} entries of ${head?.size} when last aged\n`);
}

async function drops(options: Common & { follow?: boolean }, output: Output): Promise<void> {
  let before = await ask<DropsAnswer>(options.socket, "GET", "/v1/drops");
  output.out(options.json ? json(before) : dropTable(before));
  while (options.follow) {
    await wait(FOLLOW_MS);
    const after = await ask<DropsAnswer>(options.socket, "GET", "/v1/drops");
    const rates = dropRates(before, after);
    const clock = new Date().toISOString().slice(11, 19);
    if (options.json) output.out(`${JSON.stringify({ clock, perSecond: rates })}\n`);
    else output.out(rateLines(rates, after.labels, clock));
    before = after;
  }
}

async function vif(port: string | undefined, options: Common, output: Output): Promise<void> {
  if (port === undefined) {
    const answer = await ask<{ vifs: VifRow[]; labels: Labels }>(options.socket, "GET", "/v1/vifs");
    output.out(options.json ? json(answer) : vifTable(answer.vifs, answer.labels));
    return;
  }
  const path = `/v1/vifs/${encodeURIComponent(port)}`;
  const answer = await ask<{ vif: VifRow; labels: Labels }>(options.socket, "GET", path);
  output.out(options.json ? json(answer) : vifText(answer.vif, answer.labels));
}

async function route(router: string | undefined, options: Common, output: Output): Promise<void> {
  const path = router === undefined ? "/v1/routers" : `/v1/routers/${encodeURIComponent(router)}`;
  const answer = await ask<{ routers: RouterFacts[]; labels: Labels }>(options.socket, "GET", path);
  output.out(options.json ? json(answer) : routersText(answer.routers, answer.labels));
}
