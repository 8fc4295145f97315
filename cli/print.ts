/** Answers for people: a row of a table each, or a line a field. */

type Row = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);

/** Members of members by "outer.inner", one level deep. */
function flat(row: Row): Map<string, unknown> {
  const cells = new Map<string, unknown>();
  for (const [name, value] of Object.entries(row)) {
    if (!isObject(value)) cells.set(name, value);
    else for (const [inner, part] of Object.entries(value)) cells.set(`${name}.${inner}`, part);
  }
  return cells;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(cell).join(",");
  if (!isObject(value)) return String(value);
  const members = Object.entries(value).map(([name, part]) => `${name}=${cell(part)}`);
  return members.length === 0 ? "-" : members.join(",");
}

/** Columns as wide as their widest cell; terminal controls that somebody may have put into a name are shown, not obeyed. */
export function aligned(rows: readonly string[][]): string {
  const clean = rows.map((row) => row.map((text) => text.replace(/\p{Cc}/gu, "?")));
  const widths = (clean[0] ?? []).map((_, column) => Math.max(...clean.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ");
  return clean.map((row) => `${line(row).trimEnd()}\n`).join("");
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(flat);
  // A member that some rows lack, as the facts of a host that never reported, must not add a column of its own.
  const names = [...new Set(cells.flatMap((row) => [...row.keys()]))].filter(
    (name) => !cells.some((row) => [...row.keys()].some((other) => other.startsWith(`${name}.`))),
  );
  if (names.length === 0) return "none\n";
  return aligned([
    names.map((name) => name.toUpperCase()),
    ...cells.map((row) => names.map((name) => cell(row.get(name)))),
  ]);
}

const fields = (row: Row): string => aligned([...flat(row)].map(([name, value]) => [name, cell(value)]));

/** The answer as text; "" for none. A list comes as the only member of an object. */
export function forPeople(answer: unknown): string {
  if (answer === undefined) return "";
  if (!isObject(answer)) return `${cell(answer)}\n`;
  const [only, ...others] = Object.values(answer);
  return Array.isArray(only) && others.length === 0 ? table(only.filter(isObject)) : fields(answer);
}
