/** Comparing an answer with the part of it that matters. */

/**
 * True if `actual` holds all that `expected` says: of an object the members named, of a list at least one match for
 * each item (an empty one stands for an empty list), of a text what a pattern finds, and else the very same value.
 */
export function matches(actual: unknown, expected: unknown): boolean {
  if (expected instanceof RegExp) return expected.test(String(actual));
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return false;
    if (expected.length === 0) return actual.length === 0;
    return expected.every((each) => actual.some((item) => matches(item, each)));
  }
  if (typeof expected !== "object" || expected === null) return actual === expected;
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(expected).every(([name, each]) => matches((actual as Record<string, unknown>)[name], each));
}
