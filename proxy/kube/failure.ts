/** Why a pod has no port. */
import { Fault } from "../../model/mod.ts";

/** `reason` is the event's: a word that tools can go by. */
export class PodFailure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "PodFailure";
    this.reason = reason;
  }
}

/** What became of a pod, in an event's words; undefined for what is no fault of the pod's. */
export function podFailureOf(error: unknown): PodFailure | undefined {
  if (error instanceof PodFailure) return error;
  if (!(error instanceof Fault) || error.code === "ServiceUnavailable") return undefined;
  return new PodFailure("PortRefused", error.message);
}
