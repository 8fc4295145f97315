/** What there is to report of routers: whether their ends and floating IPs are in force here. */
import type { WantedRouter } from "../../datapath/mod.ts";
import type { FloatingIpState, Id, PortReport, ViewGateway, ViewRouter } from "../../model/mod.ts";
import type { Reporter } from "./reporter.ts";

export interface RouterHere {
  /** Of the view. */
  router: ViewRouter | undefined;
  /** As the data plane is to have it. */
  wanted: WantedRouter | undefined;
  /** Why the data plane could not. */
  failure: string | undefined;
}

export interface RouterReport {
  ports: Map<Id, PortReport>;
  floatingIps: Map<Id, FloatingIpState>;
}

const DOWN: PortReport = { up: false, reason: "admin_state_up of its router is false" };
const UP: PortReport = { up: true, device: "" };

/** Pure. An end in a network is told of where it is in force; what is one host's work is told of by that host in any case. */
export function routerReport({ router, wanted, failure }: RouterHere, host: string): RouterReport {
  const report: RouterReport = { ports: new Map(), floatingIps: new Map() };
  if (router === undefined) return report;
  const isHere = wanted !== undefined && failure === undefined;
  for (const { portId, networkId } of router.interfaces) {
    if (!router.adminUp) report.ports.set(portId, DOWN);
    else if (isHere && wanted.interfaces.some((each) => each.networkId === networkId)) report.ports.set(portId, UP);
  }
  const { gateway } = router;
  if (gateway === null) return report;
  const there = isHere ? wanted.gateway : null;
  if (gateway.portId !== undefined && gateway.host === host) {
    const reason = failure ?? "this host has no part in the external network";
    const state: PortReport = there?.here ? UP : { up: false, reason };
    report.ports.set(gateway.portId, router.adminUp ? state : DOWN);
  }
  for (const { id, ip } of addressesFor(gateway, host)) {
    const answered = [...(there?.floatings ?? []), ...(there?.forwards ?? [])].some((each) => each.ip === ip);
    report.floatingIps.set(id, router.adminUp ? (answered ? "ACTIVE" : "ERROR") : "DOWN");
  }
  return report;
}

/** The floating IPs that are the host's work. */
function* addressesFor({ floatings, forwards }: ViewGateway, host: string) {
  for (const { id, ip, host: at } of floatings) if (at === host) yield { id, ip };
  for (const { floatingId: id, ip, host: at } of forwards) if (at === host && id !== undefined) yield { id, ip };
}

/** Keeps a reporter told of routers. */
export class RouterReporter {
  readonly #reporter: Pick<Reporter, "setPort" | "setFloatingIp" | "forget">;
  readonly #host: string;
  readonly #last = new Map<Id, RouterReport>();

  constructor(reporter: Pick<Reporter, "setPort" | "setFloatingIp" | "forget">, host: string) {
    this.#reporter = reporter;
    this.#host = host;
  }

  /** The router may be another than before, and what the control node believes of it too. */
  look(id: Id, here: RouterHere): void {
    const report = routerReport(here, this.#host);
    const last = this.#last.get(id);
    for (const port of last?.ports.keys() ?? []) if (!report.ports.has(port)) this.#reporter.setPort(port, undefined);
    for (const each of last?.floatingIps.keys() ?? [])
      if (!report.floatingIps.has(each)) this.#reporter.setFloatingIp(each, undefined);
    for (const [port, state] of report.ports) {
      this.#reporter.forget(port);
      this.#reporter.setPort(port, state);
    }
    for (const [each, state] of report.floatingIps) {
      this.#reporter.forget(each);
      this.#reporter.setFloatingIp(each, state);
    }
    if (here.router === undefined) this.#last.delete(id);
    else this.#last.set(id, report);
  }
}
