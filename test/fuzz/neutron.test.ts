/**
 * Whatever is asked of the Neutron API, on any route, by whomever: it is answered in Neutron's form and as described,
 * never with a failure; a refused request has changed nothing, and nobody learns of another's objects.
 * FUZZ_SEED repeats a run, FUZZ_RUNS says how many requests.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { quotaFlag } from "../../control/quota-flag.ts";
import { ROUTES } from "../../proxy/neutron/routes.ts";
import { FuzzRun } from "./run.ts";
import { startServer } from "./server.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 24_000);
/** Each begins with an empty store, so that late requests meet as much that is new as early ones. */
const ROUNDS = 6;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000);

const done = new Map<string, number>();

for (let round = 0; round < ROUNDS; round++) {
  const seed = SEED + round;
  test(`${Math.ceil(RUNS / ROUNDS)} requests, FUZZ_SEED=${seed}`, async () => {
    console.log(`fuzz: FUZZ_SEED=${seed}`);
    // Quotas are a limit to run into, and one that keeps things few: both are wanted.
    const server = await startServer(round % 2 === 0 ? undefined : quotaFlag("all=-1"));
    try {
      const run = new FuzzRun(server, seed);
      await run.sow();
      await run.play(Math.ceil(RUNS / ROUNDS));
      for (const [name, count] of run.outcome.done) done.set(name, (done.get(name) ?? 0) + count);
      const seen = [200, 201, 204, 400, 403, 404, 409].filter((status) => !run.outcome.statuses.has(status));
      assert.deepEqual(seen, [], `statuses that never came, of ${JSON.stringify([...run.outcome.statuses])}`);
      assert.deepEqual(server.failures, []);
    } finally {
      await server.close();
    }
  });
}

test("nearly every route was asked with success", () => {
  const never = ROUTES.map(({ method, path }) => `${method} ${path}`).filter((name) => !done.has(name));
  console.log(`fuzz: never with success: ${never.join(", ")}`);
  assert.ok(never.length < ROUTES.length / 4, never.join(", "));
});
