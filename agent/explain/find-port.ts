/** Finds what somebody means by a word: an id, a beginning of one, a name or a device. Pure. */

/** What was asked cannot be answered; the sentence says what there is instead. */
export class NotFound extends Error {
  override readonly name = "NotFound";
}

export interface Findable {
  id: string;
  /** Others that it goes by. */
  names: readonly string[];
}

const MORE = 6;
const SHORTEST = 4;

/**
 * The id of the one thing that `word` means: its id, else a name that only one has, else a beginning of the id that only one
 * has, of four characters or more. @throws NotFound with what comes near
 */
export function find(what: string, word: string, all: readonly Findable[]): string {
  const exact = all.find(({ id }) => id === word);
  if (exact !== undefined) return exact.id;
  const named = all.filter(({ names }) => names.includes(word));
  const begun = word.length >= SHORTEST ? all.filter(({ id }) => id.startsWith(word)) : [];
  for (const found of [named, begun]) {
    const [first, ...others] = found;
    if (first !== undefined && others.length === 0) return first.id;
    if (first !== undefined) throw new NotFound(`"${word}" is more than one ${what}: ${list(found)}`);
  }
  if (all.length === 0) throw new NotFound(`this host has no ${what}`);
  const near = all.filter((each) => isNear(word, each));
  throw new NotFound(
    near.length > 0
      ? `this host has no ${what} "${word}"; near that are: ${list(near)}`
      : `this host has no ${what} "${word}"; it has: ${list(all)}`,
  );
}

function isNear(word: string, { id, names }: Findable): boolean {
  const text = word.toLowerCase();
  return [id, ...names].some((name) => {
    const other = name.toLowerCase();
    if (other === "") return false;
    return (
      other.includes(text) || text.includes(other) || distance(text, other) <= Math.max(1, Math.floor(other.length / 4))
    );
  });
}

/** Edits from one to the other (Levenshtein); any large number where that is plain. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[b.length] as number;
}

function list(all: readonly Findable[]): string {
  const shown = all.slice(0, MORE).map(({ id, names }) => [id, ...names.filter((name) => name !== "")].join(" "));
  const rest = all.length - shown.length;
  return `${shown.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}
