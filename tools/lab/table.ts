/** The reach table as text: a row per source, a column per target. */
import { REACH_TESTS, type ReachCell } from "../../test/kit/mod.ts";

const MARKS = { yes: "✓", no: "✗" };

/** Each group of workloads that were tested against each other is a table of its own. */
export function reachTable(cells: readonly ReachCell[]): string {
  const tables = groups(cells).map((group) => table(group));
  return `${tables.join("\n\n")}\n\nEach cell: ${REACH_TESTS.join(", ")}, first by IPv4, then by IPv6.`;
}

function groups(cells: readonly ReachCell[]): ReachCell[][] {
  const byMembers = Map.groupBy(cells, (cell) =>
    [...new Set(cells.filter((other) => other.from === cell.from).flatMap(({ from, to }) => [from, to]))].sort().join(),
  );
  return [...byMembers.values()];
}

function table(cells: readonly ReachCell[]): string {
  const names = [...new Set(cells.map((cell) => cell.from))];
  const rows = [
    ["from \\ to", ...names],
    ...names.map((from) => [from, ...names.map((to) => (from === to ? "·" : marks(cells, from, to)))]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function marks(cells: readonly ReachCell[], from: string, to: string): string {
  const family = (wanted: 4 | 6) =>
    cells
      .filter((cell) => cell.from === from && cell.to === to && cell.family === wanted)
      .map((cell) => (cell.ok ? MARKS.yes : MARKS.no))
      .join("");
  return `${family(4)} ${family(6)}`;
}
