/** How a cluster's parts ask the API for what is theirs in the store. */
import type { Caller, Networking } from "../../api/mod.ts";
import { Fault } from "../../model/mod.ts";

export interface ClusterRequests {
  networking: Networking;
  caller: Caller;
  cluster: string;
}

/** Of one request; larger ones take the store's transaction longer than others should wait. */
const AT_A_TIME = 100;

export function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / AT_A_TIME) }, (_, i) =>
    all.slice(i * AT_A_TIME, (i + 1) * AT_A_TIME),
  );
}

/** False where it failed for this reason. */
export async function ignoring(code: Fault["code"], work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === code) return false;
    throw error;
  }
}
