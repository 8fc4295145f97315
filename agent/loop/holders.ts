/** Addresses that move between ports (VRRP): what a port says that it holds is told to the control node, which tells all hosts. */
import type { Trap } from "../../datapath/mod.ts";
import type { HoldReport, HostView, Id } from "../../model/mod.ts";
import { announced } from "../../wire/mod.ts";

/** As many as a port may hold; then what no guest needs that takes over from another. */
const AT_ONCE = 64;
const A_SECOND = 4;
const BUDGETS = 1_000;

export class Holders {
  readonly #view: () => HostView;
  readonly #tell: (hold: Omit<HoldReport, "since_ms">) => void;
  readonly #nowMs: () => number;
  readonly #budgets = new Map<Id, { left: number; atMs: number }>();

  constructor(
    view: () => HostView,
    tell: (hold: Omit<HoldReport, "since_ms">) => void,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#view = view;
    this.#tell = tell;
    this.#nowMs = nowMs;
  }

  /** An announcement that the data plane let pass: the port may send from that address. Whether it is news is asked here. */
  heard({ vifId, frame }: Trap): void {
    const held = announced(frame);
    const view = this.#view();
    const port = view.ports.get(vifId);
    if (held === undefined || port === undefined || held.ip.startsWith("fe80:")) return;
    if (port.fixedIps.some(({ ip }) => ip === held.ip)) return;
    const known = view.endpoints.get(vifId)?.held ?? [];
    if (known.some(({ ip, mac }) => ip === held.ip && mac === held.mac)) return;
    if (this.#spend(vifId)) this.#tell({ port_id: vifId, ...held });
  }

  #spend(port: Id): boolean {
    const nowMs = this.#nowMs();
    const { left, atMs } = this.#budgets.get(port) ?? { left: AT_ONCE, atMs: nowMs };
    const filled = Math.min(AT_ONCE, left + ((nowMs - atMs) / 1000) * A_SECOND);
    if (this.#budgets.size >= BUDGETS) this.#budgets.clear(); // few ports ever have one
    this.#budgets.set(port, { left: Math.max(0, filled - 1), atMs: nowMs });
    return filled >= 1;
  }
}
