/** Makes the packet that is asked about, as the port's workload would, and lets the data plane say what it would meet. */
import { randomInt } from "node:crypto";
import type { Datapath, TraceOrigin } from "../../datapath/mod.ts";
import {
  type HostView,
  type Id,
  type Ip,
  ipFamily,
  type Mac,
  mac,
  type TCP_FLAGS,
  type Trace,
  type TraceAnswer,
  type TraceQuestion,
  type ViewPort,
} from "../../model/mod.ts";
import { encodeProbe, neighbourQuestion } from "../../wire/mod.ts";
import { find, NotFound } from "./find-port.ts";
import { segmentText } from "./labels.ts";
import { nextHop } from "./next-hop.ts";

export interface TraceParts {
  view: HostView;
  datapath: Pick<Datapath, "trace" | "dropText">;
  tunnelIp: Ip;
  /** The port that is meant by a word. @throws NotFound */
  findPort(word: string): ViewPort;
}

type Run = TraceAnswer["runs"][number];
type Answer = Omit<TraceAnswer, "labels">;

/** Where it comes in, and what is known of who sends it. */
interface Sender {
  origin: TraceOrigin;
  mac: Mac;
  ip: Ip;
  /** The MAC to send to; null: to be asked for at `hop`. */
  toMac: Mac | null;
  hop: Ip | null;
}

/** A MAC that no port of Cable's is given. */
const SOMEBODY = mac("02:00:00:00:00:01");
const ICMP = 1;
const ICMPV6 = 58;
const TTL = 64;
/** RFC 6335 section 6: ports for which nobody listens. */
const EPHEMERAL: readonly [number, number] = [49_152, 65_536];

/** With `openTrace()` of the data plane done. @throws NotFound when what is asked about is not here */
export function answerTrace(question: TraceQuestion, parts: TraceParts): Answer {
  if (question.frame !== undefined) {
    const origin = question.tunnel ?? wireOf(question, parts) ?? { vifId: parts.findPort(question.port ?? "").id };
    return answer([run("packet", origin, Buffer.from(question.frame, "hex"), parts)], parts, null);
  }
  const sender = senderOf(question, parts);
  if (typeof sender === "string") return answer([], parts, sender);
  const runs: Run[] = [];
  let { toMac } = sender;
  if (toMac === null && sender.hop !== null) {
    const asked = neighbourQuestion({ ip: sender.ip, mac: sender.mac }, sender.hop);
    const neighbour = run("neighbour", sender.origin, asked, parts);
    runs.push(neighbour);
    toMac = neighbour.steps.find((step) => step.kind === "answered")?.mac ?? null;
    if (toMac === null) return answer(runs, parts, silence(sender.hop, neighbour));
  }
  const packet = packetOf(question, sender, toMac as Mac);
  return answer([...runs, run("packet", sender.origin, packet, parts)], parts, null);
}

function run(what: Run["what"], origin: TraceOrigin, frame: Uint8Array, { datapath }: TraceParts): Run {
  return { what, ...datapath.trace(origin, frame) };
}

function answer(runs: Run[], { datapath, tunnelIp }: TraceParts, problem: string | null): Answer {
  const names = runs.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === "dropped" ? [step.reason] : [])));
  const reasons = Object.fromEntries(names.map((reason) => [reason, datapath.dropText(reason)]));
  return { runs, reasons, problem, tunnelIp };
}

function silence(hop: Ip, { steps }: Trace): string {
  return steps.some(({ kind }) => kind === "copied" || kind === "sent")
    ? `who has ${hop} is asked of others, whose answer cannot be known here: say its MAC with --to-mac`
    : `nobody answers for ${hop}, so that nothing more would be sent`;
}

function senderOf(question: TraceQuestion, parts: TraceParts): Sender | string {
  const wire = wireOf(question, parts);
  if (wire !== undefined) return fromWire(question, wire);
  return question.tunnel === undefined ? fromPort(question, parts) : fromHost(question, parts);
}

function wireOf({ wire }: TraceQuestion, { view }: TraceParts): { wireOf: Id } | undefined {
  if (wire === undefined) return undefined;
  const all = [...view.networks.values()].filter(({ segment }) => segment.kind !== "vxlan");
  return {
    wireOf: find(
      "VLAN or flat network",
      wire,
      all.map(({ id, segment }) => ({ id, names: [segmentText(segment)] })),
    ),
  };
}

/** From somebody out there, who asks for the destination itself unless a MAC is said. */
function fromWire({ from, fromMac, to, toMac }: TraceQuestion, origin: { wireOf: Id }): Sender | string {
  if (from === undefined) return "a packet from a wire must say whom it is from: --from";
  return { origin, mac: fromMac ?? SOMEBODY, ip: from, toMac: toMac ?? null, hop: to as Ip };
}

function fromPort(question: TraceQuestion, { view, findPort }: TraceParts): Sender | string {
  const port = findPort(question.port ?? "");
  const to = question.to as Ip;
  const own = port.fixedIps.find(({ ip }) => ipFamily(ip) === ipFamily(to))?.ip;
  const ip = question.from ?? own;
  if (ip === undefined) return `the port has no IPv${ipFamily(to)} address: say one with --from`;
  const subnets = view.networks.get(port.networkId)?.subnets ?? [];
  const reached = subnets.filter(({ id }) => port.fixedIps.some(({ subnetId }) => subnetId === id));
  const hop = question.toMac === undefined ? nextHop(to, reached) : { mac: question.toMac };
  if (hop === undefined)
    return `the workload has no route to ${to}: its subnet has no gateway, and no host route leads there`;
  const first = "mac" in hop ? { toMac: hop.mac, hop: null } : { toMac: null, hop: hop.ip };
  return { origin: { vifId: port.id }, mac: question.fromMac ?? port.mac, ip, ...first };
}

/** As the other host would send it: to the MAC of whoever has the address in that network. */
function fromHost(question: TraceQuestion, { view }: TraceParts): Sender | string {
  const tunnel = question.tunnel as NonNullable<TraceQuestion["tunnel"]>;
  const { to, from } = question;
  if (from === undefined) return "a packet from another host must say whom it is from: --from";
  const network = [...view.networks.values()].find(
    ({ segment }) => segment.kind === "vxlan" && segment.vni === tunnel.vni,
  );
  if (network === undefined) throw new NotFound(`this host has no part in a network with VNI ${tunnel.vni}`);
  const macOf = (ip: Ip) =>
    [...view.endpoints.values()].find((each) => each.networkId === network.id && each.ips.includes(ip))?.mac;
  const toMac = question.toMac ?? macOf(to as Ip);
  if (toMac === undefined) return `nobody in the network with VNI ${tunnel.vni} has ${to}: say a MAC with --to-mac`;
  const mac = question.fromMac ?? macOf(from);
  if (mac === undefined) return `nobody in the network with VNI ${tunnel.vni} has ${from}: say a MAC with --from-mac`;
  return { origin: tunnel, mac, ip: from, toMac, hop: null };
}

function packetOf(question: TraceQuestion, { mac, ip }: Sender, toMac: Mac): Buffer {
  const { protocol = ICMP, flags = ["syn"] } = question;
  return encodeProbe({
    fromMac: mac,
    toMac,
    from: ip,
    to: question.to as Ip,
    protocol: protocol === ICMP && ipFamily(ip) === 6 ? ICMPV6 : protocol,
    fromPort: question.fromPort ?? randomInt(...EPHEMERAL),
    toPort: question.toPort ?? 0,
    flags: flags.reduce((bits, flag) => bits | BITS[flag], 0),
    ttl: question.ttl ?? TTL,
    bytes: question.bytes ?? 0,
  });
}

/** RFC 9293 section 3.1. */
const BITS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } satisfies Record<(typeof TCP_FLAGS)[number], number>;
