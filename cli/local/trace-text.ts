/** A trace as lines that say what happens. Pure. */
import type { Labels, TraceAnswer, TraceStep } from "../../model/mod.ts";
import { endText, hostText, named, protocolText } from "./words.ts";

type Run = TraceAnswer["runs"][number];
type Say = { [K in TraceStep["kind"]]: (step: Extract<TraceStep, { kind: K }>, labels: Labels) => [string, string] };

/** A mirror's copy alone. */
const COPY = "copy";

const FLOWS = {
  none: "not known yet",
  current: "known, and decided: security groups are not asked again",
  old: "known, and to be decided again",
  undecided: "known to answer another, and to be decided",
  other: "known with other MACs or by another host, and to be decided again",
};
const CHOICES = { new: "", kept: ", as the connection before", affinity: ", as its client before" };
const SERVICES: Record<string, string> = {
  dhcp4: "DHCP",
  dhcp6: "DHCPv6",
  router_solicitation: "router advertisements",
  holder: "who holds the address is told to all hosts",
};

const list = (ids: readonly string[], labels: Labels) =>
  ids.length === 0 ? "no group" : `group${ids.length > 1 ? "s" : ""} ${ids.map((id) => named(id, labels)).join(", ")}`;

const SAY: Say = {
  parsed: ({ ethertype, bytes, protocol, from, to }) => [
    "packet",
    bytes === 0
      ? `a frame of type 0x${ethertype.toString(16).padStart(4, "0")}`
      : `${protocolText(protocol)} ${endText(from)} -> ${endText(to)}, ${bytes} bytes`,
  ],
  flow: ({ state }) => ["flow", FLOWS[state]],
  source: ({ port, checked }, labels) => [
    "source",
    checked
      ? `${named(port, labels)} may send from there`
      : `not checked: port security of ${named(port, labels)} is off`,
  ],
  switched: ({ mac, to, port, host }, labels) => [
    "switch",
    to === "local"
      ? `${mac} is ${port === null ? "this host's service" : `port ${named(port, labels)} of this host`}`
      : to === "remote"
        ? `${mac} is on ${hostText(host ?? "", labels)}`
        : `${mac} is on the wire`,
  ],
  to_router: ({ router, mac }, labels) => ["switch", `${mac} is router ${named(router, labels)}`],
  routed: ({ router, network, nextHop, outside }, labels) => {
    const where = network === null ? "" : ` ${outside ? "to" : "into"} network ${named(network, labels)}`;
    const via = nextHop === null ? "" : ` via ${nextHop}`;
    return ["route", `by router ${named(router, labels)}${outside ? " outside" : ""}${where}${via}`];
  },
  balanced: ({ router, to, by }, labels) => [
    "balance",
    `by a balancer of router ${named(router, labels)} to ${endText(to)}${CHOICES[by]}`,
  ],
  outside: ({ network, nextHop }, labels) => [
    "outside",
    `out from this host to network ${named(network, labels)}, next hop ${nextHop}`,
  ],
  gateway: ({ router, host }, labels) => [
    "gateway",
    host === null
      ? `router ${named(router, labels)} has none now`
      : `of router ${named(router, labels)}: ${hostText(host, labels)}`,
  ],
  policy: (step, labels) => [step.direction === "egress" ? "groups out" : "groups in", policyText(step, labels)],
  chance: () => ["nat", "its port outside is any free one, next time another"],
  nat: ({ router, from, to }, labels) => [
    "nat",
    `${router === null ? "now" : `by router ${named(router, labels)}: now`} ${endText(from)} -> ${endText(to)}`,
  ],
  kept: () => ["flow", "would be kept, both directions"],
  trapped: (step) => ["service", `handed to this host's agent: ${SERVICES[step.for] ?? step.for}`],
  service: ({ ip, port }) => ["service", `this host's agent answers at ${ip} port ${port}`],
  answered: ({ ip, mac }) => ["answer", `${ip} is at ${mac}`],
  echoed: ({ router, ip }, labels) => ["answer", `router ${named(router, labels)} answers the echo as ${ip}`],
  reset: () => ["answer", "its sender's connection is refused by RST"],
  refused: ({ type, code }) => ["answer", `its sender is told by ICMP type ${type} code ${code}`],
  asked: ({ network, ip }, labels) => ["ask", `who has ${ip} on network ${named(network, labels)}`],
  metered: ({ direction, port, ip }, labels) => [
    "rate",
    `within the ${direction} limit of ${port === null ? ip : `port ${named(port, labels)}`}`,
  ],
  marked: ({ port, dscp }, labels) => ["mark", `DSCP ${dscp}, by port ${named(port, labels)}`],
  local: ({ port }, labels) => ["deliver", `to port ${named(port, labels)}`],
  wire: ({ network }, labels) => ["deliver", `to the wire of network ${named(network, labels)}`],
  encapsulated: ({ vni, host }, labels) => ["tunnel", `in VNI ${vni} to ${hostText(host, labels)}`],
  sent: ({ device }) => ["sent", `by ${device}`],
  copied: ({ device }) => ["copy", `by ${device}`],
  dropped: ({ port, reason }, labels) => [
    "DROP",
    `${reason}, counted for ${port === null ? "the host" : `port ${named(port, labels)}`}`,
  ],
};

function policyText(
  { by, rule, groups, remoteGroups, direction }: Extract<TraceStep, { kind: "policy" }>,
  labels: Labels,
) {
  const way = direction === "egress" ? "out" : "in";
  const far = remoteGroups.length === 0 ? "" : `; the other end is in ${list(remoteGroups, labels)}`;
  switch (by) {
    case "rule":
      return rule === null
        ? `a rule of ${list(groups, labels)} lets it ${way}${far}`
        : `rule ${named(rule.id, labels)} of group ${named(rule.group, labels)} lets it ${way}${far}`;
    case "none":
      return `no rule of ${list(groups, labels)} lets it ${way}${far}`;
    case "no_groups":
      return "the port has none: everything passes";
    case "always":
      return "what every port may send and hear";
    case "related":
      return "an ICMP error about a connection that passes";
    case "answer":
      return "it answers, and passes as long as its question does:";
  }
}

const width = "groups out".length;

export function stepText(step: TraceStep, labels: Labels): string {
  const say = SAY[step.kind] as (each: TraceStep, names: Labels) => [string, string];
  const [what, text] = say(step, labels);
  return `  ${what.padEnd(width)}  ${text}`;
}

/** The whole answer. */
export function traceText(answer: TraceAnswer): string {
  const parts = answer.runs.map((run) => {
    const head = run.what === "neighbour" ? "Who has the next hop's address:" : "The packet:";
    const steps = run.steps.filter(({ kind }) => run.what === "packet" || kind !== "parsed");
    const more = run.more > 0 ? [`  and ${run.more} more steps`] : [];
    return [head, ...steps.map((step) => stepText(step, answer.labels)), ...more].join("\n");
  });
  return `${[...parts, conclusion(answer)].join("\n")}\n`;
}

function conclusion(answer: TraceAnswer): string {
  const last = answer.runs.at(-1);
  if (answer.problem !== null) return [`It ends here: ${answer.problem}.`, ...dropLines(last, answer)].join("\n");
  return last === undefined
    ? ""
    : [verdict(last, answer), ...dropLines(last, answer), ...goOn(last, answer)].join("\n");
}

function dropLines(run: Run | undefined, { reasons }: TraceAnswer): string[] {
  return (run?.steps ?? []).flatMap((step) => {
    const said = step.kind === "dropped" ? reasons[step.reason] : undefined;
    return said === undefined ? [] : [`  Why: ${said.meaning}.`, `  What to do: ${said.advice}`];
  });
}

const has = ({ steps }: Run, kind: TraceStep["kind"]) => steps.some((step) => step.kind === kind);

/** Where it is going as it leaves. What is said just before a copy is the copy's. */
function placeOf({ steps }: Run): TraceStep | undefined {
  const places: TraceStep[] = [];
  for (const [at, step] of steps.entries()) {
    if (step.kind === "local" || step.kind === "encapsulated" || step.kind === "wire") places.push(step);
    if (step.kind === "copied" && steps[at - 1] === places.at(-1)) places.pop();
  }
  return places.at(-1);
}

function verdict(run: Run, answer: TraceAnswer): string {
  const copies = run.steps.filter(({ kind }) => kind === "copied").length;
  const dropped = run.steps.some((step) => step.kind === "dropped" && step.reason !== COPY);
  if (dropped && copies === 0) return has(run, "refused") ? "It is dropped, and its sender is told." : "It is dropped.";
  const copied = `${copies} ${copies === 1 ? "copy is" : "copies are"} made.`;
  if (copies > 0 && run.end === "gone") return copied;
  return copies > 0 ? `${ending(run, answer)} ${copied}` : ending(run, answer);
}

function ending(run: Run, { labels }: TraceAnswer): string {
  if (run.end === "host") return "It is left to the host's own network stack.";
  if (run.end === "gone") return "It ends here without a drop: nobody needs it.";
  if (has(run, "trapped") || has(run, "service")) return "The agent of this host answers it.";
  if (has(run, "echoed") || has(run, "answered")) return "It is answered here.";
  const place = placeOf(run);
  if (place?.kind === "local") return `It is delivered to port ${named(place.port, labels)}.`;
  if (place?.kind === "encapsulated") return `It goes on to ${hostText(place.host, labels)}.`;
  return "It goes out to the wire.";
}

/** The other host has its own part in it. */
function goOn(run: Run, { tunnelIp }: TraceAnswer): string[] {
  const tunnel = placeOf(run);
  if (run.end !== "sent" || tunnel?.kind !== "encapsulated") return [];
  return [
    "  What that host does with it, when started there:",
    `  cable trace --in tunnel --vni ${tunnel.vni} --peer ${tunnelIp} --frame ${run.frame}`,
  ];
}
