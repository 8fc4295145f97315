/** What every kind of workload can do for a test: run a script, and tell its addresses. */
import type { Family, Ip } from "../../model/mod.ts";
import { parseIp } from "../../model/mod.ts";
import { until } from "./process.ts";
import type { Outcome } from "./run.ts";

export interface Workload {
  readonly name: string;
  readonly portId: string;
  /** Runs a busybox shell script in it. */
  run(script: string, timeoutMs?: number): Promise<Outcome>;
  stop(): Promise<void>;
}

/** The addresses its interface really has, without link-local and tentative ones. */
export async function addressesOf(workload: Workload, device = "eth0"): Promise<Ip[]> {
  const { stdout } = await workload.run(`busybox ip addr show dev ${device} scope global`);
  return [...stdout.matchAll(/inet6? ([0-9a-f.:]+)\/(.*)/g)]
    .filter((match) => !match[2]?.includes("tentative"))
    .flatMap((match) => parseIp(match[1] ?? "") ?? []);
}

/** Waits until it has all these addresses, by whatever means it gets them. */
export async function untilAddressed(workload: Workload, wanted: readonly Ip[], timeoutMs = 30_000): Promise<void> {
  let have: Ip[] = [];
  await until(
    `${workload.name} to have ${wanted.join(" and ")}`,
    async () => {
      have = await addressesOf(workload);
      if (wanted.every((address) => have.includes(address))) return true;
      throw new Error(`it has ${have.join(", ") || "none"}`);
    },
    { timeoutMs, everyMs: 100 },
  );
}

export function ofFamily(addresses: readonly Ip[], family: Family): Ip | undefined {
  return addresses.find((address) => address.includes(":") === (family === 6));
}
