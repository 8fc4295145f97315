/** A measured row, and how rows are shown. */

/** A promise of SPEC.md: `value` must not be below `atLeast`, or not above `atMost`. */
export type Promised = { atLeast: number } | { atMost: number };

export interface Row {
  name: string;
  value: number;
  unit: string;
  /** Null: shown for orientation, nothing was promised. */
  promise: Promised | null;
  ok: boolean;
  /** Spread, absolute figures: what helps to judge the value. */
  note: string;
}

export function row(name: string, value: number, unit: string, promise: Promised | null, note = ""): Row {
  const ok = promise === null || ("atLeast" in promise ? value >= promise.atLeast : value <= promise.atMost);
  return { name, value: Number(value.toPrecision(4)), unit, promise, ok, note };
}

function promiseText(promise: Promised | null): string {
  if (promise === null) return "";
  return "atLeast" in promise ? `>= ${promise.atLeast}` : `<= ${promise.atMost}`;
}

export function rowLine(r: Row): string {
  const verdict = r.promise === null ? "    " : r.ok ? "ok  " : "MISS";
  return `${verdict} ${r.name.padEnd(62)} ${`${r.value} ${r.unit}`.padStart(14)}  ${promiseText(r.promise).padEnd(10)} ${r.note}`;
}

/** The form of `--json`; `promise` is the bound, `sense` which side of it is good. */
export function rowJson({ name, value, unit, promise, ok, note }: Row) {
  const bound = promise === null ? null : "atLeast" in promise ? promise.atLeast : promise.atMost;
  const sense = promise === null ? null : "atLeast" in promise ? ("at least" as const) : ("at most" as const);
  return { name, value, promise: bound, ok, unit, sense, note };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

/** The value below which the given part of the values lies; 0.99 is the 99th percentile. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

export function spread(values: readonly number[]): string {
  return `${Math.min(...values).toPrecision(3)}..${Math.max(...values).toPrecision(3)}`;
}
