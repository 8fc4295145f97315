import type { HostStatus, Id, ViewMessage } from "../model/mod.ts";

/** The control node as the agent needs it; failover between several is behind this. */
export interface ControlNode {
  /**
   * Follows the view stream until it ends, `signal` ends it, or it breaks (then it throws). "too-old" means that the
   * stream cannot be resumed from `since`: ask again without.
   */
  watch(
    since: number | undefined,
    onMessage: (message: ViewMessage) => void,
    signal: AbortSignal,
  ): Promise<"ended" | "too-old">;
  /** @throws ControlFailure */
  report(status: HostStatus): Promise<void>;
  /** Makes the port of a container, or finds it: the same for the same container and interface. @throws ControlFailure */
  createPort(port: { network_id: Id; container_id: string; interface_name: string; name: string }): Promise<{ id: Id }>;
  /** A port that is not there is success. @throws ControlFailure */
  deletePort(id: Id): Promise<void>;
}

/** A request that failed: with the status and message of the control node, or status 0 when it could not be reached. */
export class ControlFailure extends Error {
  override readonly name = "ControlFailure";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
  /** Worth another try as it is: not reached, or the control node cannot just now. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}
