/** Who reaches whom: a table of cells, each tested from inside the one workload to the other. */
import { type Family, type Ip, ipFamily } from "../../model/mod.ts";
import { BLOB_SHA256 } from "./blob.ts";
import type { Workload } from "./workload.ts";

export const REACH_TESTS = ["ping", "tcp", "transfer"] as const;
export type ReachTest = (typeof REACH_TESTS)[number];

export interface ReachCell {
  from: string;
  to: string;
  family: Family;
  test: ReachTest;
  ok: boolean;
}

/** A workload with the addresses at which others are to reach it. */
export interface Target {
  workload: Workload;
  ips: readonly Ip[];
}

const PINGS = 3;
/** After the last packet. */
const PING_SECONDS = 3;
const TCP_SECONDS = 5;
const TRANSFER_SECONDS = 30;

/** A shell command that succeeds when the test does; busybox wget's own -T is no limit of the whole, hence timeout. */
function command(test: ReachTest, address: Ip, name: string): string {
  const url = ipFamily(address) === 6 ? `http://[${address}]` : `http://${address}`;
  switch (test) {
    case "ping":
      return `busybox ping -q -c ${PINGS} -i 0.1 -W ${PING_SECONDS} ${address} | busybox grep -q '${PINGS} packets received'`;
    case "tcp":
      return `[ "$(busybox timeout ${TCP_SECONDS} busybox wget -q -O - ${url}/name)" = ${name} ]`;
    case "transfer":
      return `busybox timeout ${TRANSFER_SECONDS} busybox wget -q -O - ${url}/blob | busybox sha256sum | busybox grep -q ^${BLOB_SHA256}`;
  }
}

/**
 * Tests from each of `from` to each of `to` but itself, over every address. All sources, and each source's targets,
 * go at the same time; the tests of one pair and family one after the other.
 */
export async function reach(
  from: readonly Workload[],
  to: readonly Target[],
  tests: readonly ReachTest[] = REACH_TESTS,
): Promise<ReachCell[]> {
  const tables = await Promise.all(
    from.map((source) =>
      rowsOf(
        source,
        to.filter((target) => target.workload.name !== source.name),
        tests,
      ),
    ),
  );
  return tables.flat();
}

async function rowsOf(source: Workload, targets: readonly Target[], tests: readonly ReachTest[]): Promise<ReachCell[]> {
  const cells: ReachCell[] = [];
  const script = targets.flatMap(({ workload, ips }) =>
    ips.map((address) => {
      const steps = tests.map((test) => {
        cells.push({ from: source.name, to: workload.name, family: ipFamily(address), test, ok: false });
        return `${command(test, address, workload.name)} && echo cell ${cells.length - 1} ok`;
      });
      return `( ${steps.join("; ")} ) 2>/dev/null &`;
    }),
  );
  const limitMs = 1000 * (PING_SECONDS + TCP_SECONDS + TRANSFER_SECONDS + 10);
  const { stdout } = await source.run(`${script.join("\n")}\nwait`, limitMs);
  for (const match of stdout.matchAll(/^cell (\d+) ok$/gm)) {
    const cell = cells[Number(match[1])];
    if (cell !== undefined) cell.ok = true;
  }
  return cells;
}

/** One line a cell, for comparing whole tables in tests: "vm → metal IPv6 ping yes". */
export function reachLines(cells: readonly ReachCell[]): string[] {
  return cells
    .map(({ from, to, family, test, ok }) => `${from} → ${to} IPv${family} ${test} ${ok ? "yes" : "no"}`)
    .sort();
}

export function failures(cells: readonly ReachCell[]): string[] {
  return reachLines(cells.filter((cell) => !cell.ok));
}
