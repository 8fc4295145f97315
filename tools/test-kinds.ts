/** The kinds of tests: which files they are, and how they may be run. */

export interface TestKind {
  name: string;
  /** Of the paths of test files. */
  pattern: RegExp;
  /** How many files at a time: those that load both processors, or measure time, run alone. */
  concurrency: number;
  /** A single test that takes longer hangs, and fails. */
  timeoutSeconds: number;
  /** All of them; what still runs then is ended, so that a run always comes to its closing lines. */
  limitSeconds: number;
}

/** In the order in which they run: what fails fastest comes first. */
export const TEST_KINDS: readonly TestKind[] = [
  { name: "unit", pattern: /^(?!test\/)|^test\/kit\//, concurrency: 2, timeoutSeconds: 60, limitSeconds: 300 },
  { name: "contract", pattern: /^test\/contract\//, concurrency: 2, timeoutSeconds: 180, limitSeconds: 600 },
  { name: "bpf", pattern: /^test\/bpf\//, concurrency: 1, timeoutSeconds: 180, limitSeconds: 300 },
  { name: "conformance", pattern: /^test\/conformance\//, concurrency: 1, timeoutSeconds: 300, limitSeconds: 900 },
  { name: "fuzz", pattern: /^test\/fuzz\//, concurrency: 1, timeoutSeconds: 300, limitSeconds: 300 },
  { name: "e2e", pattern: /^test\/e2e\//, concurrency: 1, timeoutSeconds: 600, limitSeconds: 1500 },
];

/** Each file's kind; throws for one that would never run. */
export function filesByKind(paths: readonly string[]): Map<TestKind, string[]> {
  const files = new Map<TestKind, string[]>(TEST_KINDS.map((kind) => [kind, []]));
  for (const path of paths) {
    const kind = TEST_KINDS.find(({ pattern }) => pattern.test(path));
    if (kind === undefined)
      throw new Error(`${path} is in no kind of tests, so it would never run: see tools/test-kinds.ts`);
    files.get(kind)?.push(path);
  }
  return files;
}
