/** Tempest's tests of the network API, those for administrators included: each is a row here. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { SubunitTest } from "../kit/mod.ts";
import { type OpenStack, startOpenStack } from "./openstack.ts";
import { Tempest } from "./tempest.ts";
import { NOT_PASSED } from "./tempest-expected.ts";
import { LONGEST, spread } from "./tempest-workers.ts";

/** Most of the time they sleep: see tempest-workers.ts. */
const WORKERS = 16;
const LIMIT_SECONDS = 180;

let openstack: OpenStack;
before(async () => {
  openstack = await startOpenStack();
});
after(async () => openstack?.stop());

test("tempest.api.network", async (t) => {
  const { keystone, directory } = openstack;
  const publicNetwork = await makePublicNetwork();
  const target = { authUrl: keystone.authUrl, region: keystone.region, password: keystone.password, publicNetwork };
  const tempest = await Tempest.prepare(directory, target);
  const began = performance.now();
  const { names, results } = await runAll(tempest);
  const seconds = (performance.now() - began) / 1000;

  const verdicts = new Map(results.map((result) => [result.id, result]));
  for (const name of new Set([...names, ...verdicts.keys()])) {
    await t.test(name, () => judge(name, verdicts.get(name), names.includes(name)));
  }
  await t.test("the list of tests that do not pass names only tests that there are", () => {
    assert.deepEqual(
      Object.keys(NOT_PASSED).filter((name) => !names.includes(name)),
      [],
    );
  });
  await t.test(`all of it takes less than ${LIMIT_SECONDS} seconds`, () => assert.ok(seconds < LIMIT_SECONDS));
  t.diagnostic(`tempest.api.network: ${summary(results)} of ${names.length} in ${seconds.toFixed(1)} s`);
});

async function runAll(tempest: Tempest): Promise<{ names: string[]; results: SubunitTest[] }> {
  const longest = tempest.run(
    "longest",
    LONGEST.map((name) => [name]),
  );
  // All wait for those: the others' starts, a second of CPU for each worker, must not hold them up.
  await Promise.race([tempest.begun(), longest]);
  const [names] = await Promise.all([tempest.list(), openstack.hostsSeen()]);
  const others = names.filter((name) => !LONGEST.includes(name));
  const results = await Promise.all([longest, tempest.run("others", spread(others, WORKERS))]);
  return { names, results: results.flat() };
}

async function makePublicNetwork(): Promise<{ id: string; name: string }> {
  const admin = await openstack.as("admin");
  const { id, name } = await admin.create("network", { name: "public", "router:external": true });
  await admin.create("subnet", { network_id: id, ip_version: 4, cidr: "172.24.4.0/23", enable_dhcp: false });
  return { id, name };
}

function judge(name: string, result: SubunitTest | undefined, known: boolean): void {
  const said = Object.entries(result?.files ?? {}).map(([file, text]) => `--- ${file}\n${text}`);
  // A failure outside of a test, as in what a class sets up, comes under a name of its own.
  assert.ok(known, `no such test is listed; ${result?.status}\n${said.join("\n")}`);
  const expected = NOT_PASSED[name]?.status ?? "success";
  assert.equal(result?.status ?? "not run", expected, said.join("\n"));
}

function summary(results: readonly SubunitTest[]): string {
  const counts = new Map<string, number>();
  for (const { status } of results) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
}
