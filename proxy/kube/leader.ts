/** One of all control nodes sees to a cluster: who holds a Lease there (client-go, tools/leaderelection). */
import { ApiFailure, type ApiServer } from "./api-server.ts";
import type { Log } from "./log.ts";
import type { Lease } from "./objects.ts";

export interface LeaderTimes {
  /** Others wait so long after the last renewal. */
  leaseMs: number;
  /** Who could not renew for so long stops by itself, before others may start. */
  renewDeadlineMs: number;
  retryMs: number;
}

/** client-go's usual ones. */
export const LEADER_TIMES: LeaderTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

const NAMESPACE = "kube-system";
const NAME = "cable-controller";
const PATH = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;

interface Parts {
  api: Pick<ApiServer, "request">;
  identity: string;
  log: Log;
  onStart(): void;
  /** Nothing may be done once this has ended. */
  onStop(): Promise<void>;
  times?: LeaderTimes;
}

export class Leader {
  readonly #parts: Parts;
  readonly #times: LeaderTimes;
  #isLeader = false;
  #isStopped = false;
  #renewedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | undefined;
  /** Of another's: what was seen, and when by this node's own clock, since clocks differ. */
  #seen: { renewTime: string; at: number } | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#times = parts.times ?? LEADER_TIMES;
  }

  start(): void {
    this.#turn = this.#look().finally(() => {
      if (!this.#isStopped) this.#timer = setTimeout(() => this.start(), this.#times.retryMs);
    });
  }

  /** Gives the lease up, so that another one need not wait for its end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#turn;
    if (!this.#isLeader) return;
    await this.#lose();
    const lease = await this.#read().catch(() => undefined);
    if (lease?.spec.holderIdentity !== this.#parts.identity) return;
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 };
    await this.#parts.api.request("PUT", `${PATH}/${NAME}`, { ...lease, spec }).catch(() => {});
  }

  async #look(): Promise<void> {
    try {
      const isHeld = await this.#takeOrRenew();
      if (isHeld) this.#renewedAt = performance.now();
      if (isHeld && !this.#isLeader) this.#win();
      else if (!isHeld && this.#isLeader) await this.#lose();
    } catch (error) {
      this.#parts.log.warn({ reason: String(error) }, "the lease of a cluster could not be looked at");
      const isLate = performance.now() - this.#renewedAt > this.#times.renewDeadlineMs;
      if (this.#isLeader && isLate) await this.#lose();
    }
  }

  #win(): void {
    this.#isLeader = true;
    this.#parts.onStart();
  }

  async #lose(): Promise<void> {
    this.#isLeader = false;
    await this.#parts.onStop();
  }

  /** True when the lease is ours now. */
  async #takeOrRenew(): Promise<boolean> {
    const { api, identity } = this.#parts;
    const lease = await this.#read();
    if (lease !== undefined && lease.spec.holderIdentity !== identity && !this.#hasEnded(lease)) return false;
    try {
      if (lease === undefined) await api.request("POST", PATH, this.#ours(undefined));
      else await api.request("PUT", `${PATH}/${NAME}`, this.#ours(lease));
      return true;
    } catch (error) {
      // Somebody else was quicker.
      if (error instanceof ApiFailure && error.status === 409) return false;
      throw error;
    }
  }

  async #read(): Promise<Lease | undefined> {
    try {
      return await this.#parts.api.request<Lease>("GET", `${PATH}/${NAME}`);
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return undefined;
      throw error;
    }
  }

  #hasEnded({ spec }: Lease): boolean {
    if (!spec.holderIdentity) return true;
    const renewTime = spec.renewTime ?? "";
    if (this.#seen?.renewTime !== renewTime) this.#seen = { renewTime, at: performance.now() };
    return performance.now() - this.#seen.at > (spec.leaseDurationSeconds ?? 0) * 1000;
  }

  #ours(before: Lease | undefined): Lease {
    const { identity } = this.#parts;
    // MicroTime: six digits.
    const now = new Date().toISOString().replace("Z", "000Z");
    const isRenewal = before?.spec.holderIdentity === identity;
    return {
      metadata: { ...before?.metadata, name: NAME, namespace: NAMESPACE },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#times.leaseMs / 1000),
        acquireTime: isRenewal ? (before.spec.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: (before?.spec.leaseTransitions ?? 0) + (isRenewal || before === undefined ? 0 : 1),
      },
    };
  }
}
