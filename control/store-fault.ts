/** What a failure of the store is to a caller of the API. */
import { type Fault, fault } from "../model/mod.ts";
import { StoreRefused, StoreUnavailable, StoreUnknown } from "../store/mod.ts";

/** The fault, if `error` is one of the store; anything else as it is. */
export function storeFault(error: unknown): Fault | unknown {
  if (error instanceof StoreUnavailable) {
    return fault("ServiceUnavailable", { msg: "The store does not answer; nothing was changed. Repeat the request." });
  }
  if (error instanceof StoreUnknown) {
    const msg = "The store went away while it was writing: look whether the change is there before repeating it.";
    return fault("ServiceUnavailable", { msg });
  }
  if (error instanceof StoreRefused) return fault("ServiceUnavailable", { msg: error.message });
  return error;
}
