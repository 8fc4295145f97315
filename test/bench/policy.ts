/** Security groups at their size: what many rules and endpoints cost packets, and how soon a change is in force. */
import { policyPathsBench } from "./policy-paths.ts";
import { policyUpdateBench } from "./policy-update.ts";
import type { Row } from "./row.ts";

export async function policyBench(log: (line: string) => void): Promise<Row[]> {
  return [...(await policyUpdateBench(log)), ...(await policyPathsBench(log))];
}
