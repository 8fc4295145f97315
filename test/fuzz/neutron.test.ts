/** Whatever is asked of the Neutron API, it answers in Neutron's form, never 500, and never with another's resource. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { quotaFlag } from "../../control/quota-flag.ts";
import { type RealDoor, type Reply, realDoor } from "../contract/neutron-door.ts";
import { type FuzzRequest, fuzzRequest, idOf } from "./neutron-requests.ts";

/** FUZZ_RUNS=20000 is what a release is tested with. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 2000);
const KINDS = ["network", "subnet", "port", "subnetpool", "address_scope"] as const;

let door: RealDoor;
/** An id of each kind, renewed when its resource is gone. */
const ids: Record<string, string> = {};

before(async () => {
  door = await realDoor({ quotas: quotaFlag("all=-1") });
  await renew();
});
after(() => door.close());

async function renew(): Promise<void> {
  const make = async (kind: string, body: object) => {
    const reply = await door.ask("POST", `/v2.0/${kind.replace("_", "-")}s`, { [kind]: body });
    assert.equal(reply.status, 201, reply.text);
    ids[kind] = reply.body[kind].id;
  };
  await make("network", { project_id: "mine" });
  await make("subnet", { network_id: ids.network, ip_version: 4, cidr: "10.0.0.0/24", project_id: "mine" });
  await make("port", { network_id: ids.network, project_id: "mine" });
  const project = { project_id: "mine", name: "mine" };
  await make("subnetpool", { prefixes: ["10.2.0.0/15"], default_prefixlen: 24, ...project });
  await make("address_scope", { ip_version: 4, ...project });
}

/** Real ids in their places. */
function filled(text: string): string {
  return KINDS.reduce((result, kind) => result.replaceAll(idOf(kind), ids[kind] ?? ""), text);
}

function checkForm(request: FuzzRequest, reply: Reply): void {
  // Of these only "no VLAN to give", as nothing here configures any, is an answer and not a failure.
  if (reply.status >= 500) assert.deepEqual([reply.status, reply.body.NeutronError.type], [503, "NoNetworkAvailable"]);
  if (reply.status < 400) {
    assert.equal(reply.body === undefined, reply.status === 204, reply.text);
    return;
  }
  const { NeutronError: error } = reply.body;
  assert.deepEqual(Object.keys(error), ["type", "message", "detail"]);
  assert.ok(
    error.type && error.message && !/undefined|\[object/.test(error.message),
    `${request.method}: ${reply.text}`,
  );
}

/** A member sees its own project's resources, and networks and their subnets and ports that are shared or on its own. */
async function checkOwner(request: FuzzRequest, reply: Reply): Promise<void> {
  if (request.token === "admin" || reply.status >= 300 || !reply.body) return;
  const rows = Object.values(reply.body).flat() as Record<string, string>[];
  for (const row of rows.filter((candidate) => candidate?.project_id && candidate.project_id !== request.token)) {
    const id = row.network_id ?? row.id;
    const network = (await door.ask("GET", `/v2.0/networks/${id}`)).body.network;
    const isOpen = network.shared || network["router:external"] || network.project_id === request.token;
    assert.ok(isOpen, `${request.token} sees ${JSON.stringify(row)}`);
  }
}

test(`${RUNS} requests of every kind`, async () => {
  const statuses = new Map<number, number>();
  const property = fc.asyncProperty(fuzzRequest, async (request) => {
    const body = typeof request.body === "string" ? request.body : JSON.parse(filled(JSON.stringify(request.body)));
    const given = request.method === "GET" || request.method === "DELETE" ? undefined : body;
    const reply = await door.ask(request.method, filled(request.url), given, request.token);
    statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
    checkForm(request, reply);
    await checkOwner(request, reply);
    if (reply.status === 204) await renew();
  });
  await fc.assert(property, { numRuns: RUNS });
  const seen = [200, 201, 204, 400, 404].filter((status) => (statuses.get(status) ?? 0) === 0);
  assert.deepEqual(seen, [], `statuses that never came, of ${JSON.stringify([...statuses])}`);
});
