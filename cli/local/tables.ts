/** Flows, drops, ports and routers as tables for people. Pure. */
import type { DropsAnswer, FlowDirection, FlowFacts, Labels, RouterFacts, VifFacts } from "../../model/mod.ts";
import { aligned } from "../print.ts";
import { endText, hostText, named, placeText, protocolText } from "./words.ts";

/** A port as `GET /v1/vifs/P` has it. */
export type VifRow = VifFacts & {
  ips?: string[];
  counters?: {
    rxPackets?: number;
    rxBytes?: number;
    txPackets?: number;
    txBytes?: number;
    drops: Record<string, number>;
  };
};

const table = (head: string[], rows: string[][], none: string) =>
  rows.length === 0 ? `${none}\n` : aligned([head.map((name) => name.toUpperCase()), ...rows]);

const FLOW_HEAD = [
  "protocol",
  "from",
  "to",
  "state",
  "decision",
  "packets",
  "bytes",
  "idle",
  "comes from",
  "goes to",
  "nat",
];

const both = (there: FlowDirection, back: FlowDirection | null, of: (one: FlowDirection) => string | number) =>
  back === null ? `${of(there)}/-` : `${of(there)}/${of(back)}`;

function natText({ nat }: FlowDirection): string {
  return nat === null ? "-" : `${endText(nat.from)} -> ${endText(nat.to)}`;
}

function flowRow({ protocol, from, to, came, state, there, back }: FlowFacts, labels: Labels): string[] {
  const idle = Math.min(there.idleSeconds, back?.idleSeconds ?? Number.POSITIVE_INFINITY);
  return [
    protocolText(protocol),
    endText(from),
    endText(to),
    state,
    both(there, back, ({ decision }) => decision),
    both(there, back, ({ packets }) => packets),
    both(there, back, ({ bytes }) => bytes),
    `${idle} s`,
    placeText(came, labels),
    placeText(there.to, labels),
    natText(there),
  ];
}

/** `there/back` of each. */
export const flowTable = (flows: readonly FlowFacts[], labels: Labels) =>
  table(
    FLOW_HEAD,
    flows.map((flow) => flowRow(flow, labels)),
    "no flows",
  );

export function dropTable({ drops, reasons, labels }: Pick<DropsAnswer, "drops" | "reasons" | "labels">): string {
  const rows = [...drops]
    .sort((a, b) => b.packets - a.packets)
    .map(({ port, reason, packets }) => [
      port === null ? "the host" : named(port, labels),
      reason,
      String(packets),
      reasons[reason]?.meaning ?? "-",
    ]);
  return table(["port", "reason", "packets", "because"], rows, "no drops");
}

/** What was dropped between two readings, as packets per second; only what moved. */
export function dropRates(before: DropsAnswer, after: DropsAnswer): DropsAnswer["drops"] {
  const seconds = Math.max(after.atSeconds - before.atSeconds, 0.001);
  const key = ({ port, reason }: DropsAnswer["drops"][number]) => `${port} ${reason}`;
  const old = new Map(before.drops.map((row) => [key(row), row.packets]));
  return after.drops.flatMap((row) => {
    const more = row.packets - (old.get(key(row)) ?? 0);
    return more > 0 ? [{ ...row, packets: Math.round((more / seconds) * 10) / 10 }] : [];
  });
}

export function rateLines(rates: DropsAnswer["drops"], labels: Labels, clock: string): string {
  return rates
    .map(
      ({ port, reason, packets }) =>
        `${clock}  ${port === null ? "the host" : named(port, labels)}  ${reason}  ${packets}/s\n`,
    )
    .join("");
}

export function vifTable(vifs: readonly VifRow[], labels: Labels): string {
  const rows = vifs.map(({ port, network, device, mac, flags, policy }) => [
    named(port, labels),
    named(network, labels),
    deviceText(device),
    mac,
    flags.join(",") || "-",
    policy === null ? "everything passes" : policy.groups.map((id) => named(id, labels)).join(",") || "no group",
  ]);
  return table(["port", "network", "device", "mac", "flags", "groups"], rows, "no ports");
}

const deviceText = ({ ifindex, kind, vlan }: VifFacts["device"]) =>
  `${kind} ${ifindex}${vlan === null || vlan === 0 ? "" : ` VLAN ${vlan}`}`;

const UNITS = { kbps: ["kbit/s", "kbit"], kpps: ["thousand packets/s", "thousand"] } as const;

function qosText({ egress, ingress, dscp }: NonNullable<VifRow["qos"]> = {}): string {
  const limits = Object.entries({ egress, ingress }).flatMap(([direction, of = {}]) =>
    (["kbps", "kpps"] as const).flatMap((unit) => {
      const rate = of[unit];
      return rate === undefined
        ? []
        : `${direction} ${rate.max} ${UNITS[unit][0]}, ${rate.burst} ${UNITS[unit][1]} at once`;
    }),
  );
  return [...limits, ...(dscp === undefined ? [] : [`DSCP ${dscp}`])].join("; ");
}

export function vifText(vif: VifRow, labels: Labels): string {
  const { counters, sources, policy } = vif;
  const rows: [string, string][] = [
    ["port", `${vif.port}${labels[vif.port] === undefined ? "" : ` ${labels[vif.port]}`}`],
    ["number", String(vif.number)],
    ["network", `${vif.network}${labels[vif.network] === undefined ? "" : ` ${labels[vif.network]}`}`],
    ["device", deviceText(vif.device)],
    ["mac", vif.mac],
    ["addresses", vif.ips?.join(", ") || "-"],
    ["flags", vif.flags.join(", ") || "-"],
    ["may send from", sources === null ? "anything" : sources.map(({ mac, cidr }) => `${cidr} at ${mac}`).join(", ")],
    [
      "groups",
      policy === null
        ? "none: everything passes"
        : `${policy.groups.join(", ")} (set ${policy.set}, ${policy.rules} rules)`,
    ],
    ["limits", qosText(vif.qos) || "-"],
    ["sent", `${counters?.rxPackets ?? 0} packets, ${counters?.rxBytes ?? 0} bytes`],
    ["received", `${counters?.txPackets ?? 0} packets, ${counters?.txBytes ?? 0} bytes`],
    [
      "dropped",
      Object.entries(counters?.drops ?? {})
        .map(([reason, count]) => `${reason} ${count}`)
        .join(", ") || "-",
    ],
  ];
  return aligned(rows);
}

export function routersText(routers: readonly RouterFacts[], labels: Labels): string {
  return routers.length === 0 ? "no routers\n" : routers.map((router) => routerText(router, labels)).join("\n");
}

function routerText(
  { router, number, adminUp, ports, routes, gateway, floatings }: RouterFacts,
  labels: Labels,
): string {
  const rows = [
    ...ports.map(({ network, mac, ips }) => ["port", named(network, labels), ips.join(", "), mac]),
    ...routes.map(({ destination, kind, network, nextHop }) => [
      "route",
      destination,
      nextHop === null ? kind : `${kind} ${nextHop}`,
      named(network, labels),
    ]),
    ...(gateway === null ? [] : [gatewayRow(gateway, labels)]),
    ...floatings.map(({ ip, fixedIp }) => ["floating", ip, fixedIp, ""]),
  ];
  return `router ${named(router, labels)} (number ${number})${adminUp ? "" : ", down"}\n${aligned(rows.map((row) => ["", ...row]))}`;
}

function gatewayRow({ network, mac, ips, here, snat, own, host }: NonNullable<RouterFacts["gateway"]>, labels: Labels) {
  const way = here ? "this host" : host === null ? "no host now" : hostText(host, labels);
  const more = [...(snat ? ["snat"] : []), ...(own ? ["own address for IPv4"] : [])].join(", ");
  return ["gateway", named(network, labels), `${ips.join(", ")}${more === "" ? "" : ` (${more})`}`, `${way} ${mac}`];
}
