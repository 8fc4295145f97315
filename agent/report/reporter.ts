import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { FloatingIpState, HoldReport, HostFacts, HostStatus, Id, PortReport } from "../../model/mod.ts";
import { Backoff } from "../backoff.ts";
import { ControlFailure, type ControlNode } from "../control-node.ts";
import type { Log } from "../log.ts";
import { News } from "./news.ts";

/** A newer revision alone waits this long for something worth a request; it only tells how far the host is. */
const REVISION_MS = 5_000;
const PORTS_A_REQUEST = 500;
const HOLDS_A_REQUEST = 100;
/** Of one that is restarted: missed after three times this. */
const LEAVE_BEAT_MS = 10_000;
const LEAVE_WAIT_MS = 1_000;

/** Reports what changed, as much as has gathered while the request before was under way. */
export class Reporter {
  readonly #control: Pick<ControlNode, "report">;
  readonly #log: Log;
  readonly #revisionMs: number;
  readonly #ports = new News<PortReport>();
  readonly #floatingIps = new News<FloatingIpState>();
  /** What ports hold since when, by port and address; told once. */
  readonly #holds = new Map<string, Omit<HoldReport, "since_ms"> & { atMs: number }>();
  readonly #backoff = new Backoff(200, 15_000);
  #facts: HostFacts | undefined;
  #isFactsTold = false;
  #revision = 0;
  #revisionTold = 0;
  #isOnline = false;
  #isSending = false;
  #timer: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;
  #beatMs: number | undefined;
  #isBeatDue = false;

  constructor(control: Pick<ControlNode, "report">, log: Log, revisionMs = REVISION_MS) {
    this.#control = control;
    this.#log = log;
    this.#revisionMs = revisionMs;
  }

  setFacts(facts: HostFacts): void {
    if (isDeepStrictEqual(this.#facts, facts)) return;
    this.#facts = facts;
    this.#isFactsTold = false;
    this.#send();
  }

  /**
   * The port was put into the view again: bound anew, perhaps, so that the control node takes it to be down. Its state
   * is told again although it is the same.
   */
  forget(id: Id): void {
    this.#ports.forget(id);
    this.#floatingIps.forget(id);
  }

  /** `report` undefined: the port has left this host, whose state is no longer ours to tell. */
  setPort(id: Id, report: PortReport | undefined): void {
    this.#ports.set(id, report);
  }

  /** Undefined: it is not this host's work. */
  setFloatingIp(id: Id, state: FloatingIpState | undefined): void {
    this.#floatingIps.set(id, state);
  }

  /** A port has said that it holds an address: told at once. */
  setHold(hold: Omit<HoldReport, "since_ms">): void {
    this.#holds.set(`${hold.port_id} ${hold.ip}`, { ...hold, atMs: performance.now() });
    this.#send();
  }

  /** To be called after a round of {@link setPort}. */
  setRevision(revision: number): void {
    this.#revision = revision;
    if (this.#ports.size + this.#floatingIps.size > 0) this.#send();
    else if (this.#revision !== this.#revisionTold) this.#sendIn(this.#revisionMs);
  }

  /** From now on a report comes this often in any case, and is missed if not; undefined: only when there is news. */
  setBeat(beatMs: number | undefined): void {
    if (beatMs === this.#beatMs) return;
    this.#beatMs = beatMs;
    clearInterval(this.#beat);
    if (beatMs !== undefined) this.#beat = setInterval(() => this.#sendBeat(), beatMs);
    this.#sendBeat();
  }

  #sendBeat(): void {
    this.#isBeatDue = true;
    this.#send();
  }

  /** The control node can be reached. It may be another one, or one that has forgotten: everything is told again. */
  connected(): void {
    this.#isOnline = true;
    this.#isFactsTold = false;
    this.#ports.again();
    this.#floatingIps.again();
    this.#backoff.reset();
    this.#send();
  }

  disconnected(): void {
    this.#isOnline = false;
  }

  /** The agent stops, and its data plane goes on: nobody need take over before it has been away for longer than this. */
  async leave(): Promise<void> {
    if (this.#beatMs === undefined || !this.#isOnline) return;
    clearInterval(this.#beat);
    const told = this.#control.report({ revision: this.#revisionTold, beat_ms: LEAVE_BEAT_MS, ports: {} });
    await Promise.race([told.catch(() => {}), sleep(LEAVE_WAIT_MS, undefined, { ref: false })]);
  }

  stop(): void {
    this.#isOnline = false;
    clearTimeout(this.#timer);
    clearInterval(this.#beat);
  }

  #sendIn(waitMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, waitMs);
  }

  #send(): void {
    if (this.#isSending || !this.#isOnline) return;
    const ports = this.#ports.take(PORTS_A_REQUEST);
    const floatingIps = this.#floatingIps.take(PORTS_A_REQUEST);
    const facts = this.#isFactsTold ? undefined : this.#facts;
    const holds = [...this.#holds].slice(0, HOLDS_A_REQUEST);
    const isState = ports.length + floatingIps.length + holds.length > 0 || facts !== undefined;
    const isNews = isState || this.#revision !== this.#revisionTold;
    if (!isNews && !this.#isBeatDue) return;
    this.#isBeatDue = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isSending = true;
    const status: HostStatus = {
      ...(facts === undefined ? {} : { facts }),
      revision: this.#revision,
      ...(this.#beatMs === undefined ? {} : { beat_ms: this.#beatMs }),
      ports: Object.fromEntries(ports),
      ...(floatingIps.length > 0 && { floatingips: Object.fromEntries(floatingIps) }),
      ...(holds.length > 0 && { holds: holds.map(([, hold]) => told(hold)) }),
    };
    this.#control.report(status).then(
      () => {
        this.#ports.accepted(ports);
        this.#floatingIps.accepted(floatingIps);
        for (const [key, hold] of holds) if (this.#holds.get(key) === hold) this.#holds.delete(key);
        this.#accepted(status);
      },
      (error: unknown) => this.#refused(error),
    );
  }

  #accepted(status: HostStatus): void {
    this.#isSending = false;
    this.#backoff.reset();
    if (status.facts !== undefined) this.#isFactsTold = status.facts === this.#facts;
    this.#revisionTold = status.revision;
    const isLeft = this.#ports.size + this.#floatingIps.size + this.#holds.size > 0;
    if (isLeft || (this.#facts !== undefined && !this.#isFactsTold)) this.#send();
    else if (this.#revision !== this.#revisionTold) this.#sendIn(this.#revisionMs);
  }

  #refused(error: unknown): void {
    this.#isSending = false;
    const isTemporary = error instanceof ControlFailure && error.isTemporary;
    this.#log[isTemporary ? "warn" : "error"]({ reason: String(error) }, "status report not accepted; trying again");
    this.#sendIn(this.#backoff.nextMs());
  }
}

const told = ({ atMs, ...hold }: Omit<HoldReport, "since_ms"> & { atMs: number }): HoldReport => ({
  ...hold,
  since_ms: Math.max(0, Math.round(performance.now() - atMs)),
});
