/** What three control nodes on one etcd are asked at the same time, over HTTP: one API, with limits and names that hold. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { audit } from "../../control/networking/networking.fixture.ts";
import { etcdStore, type Store } from "../../store/mod.ts";
import { type Etcd, startEtcd } from "../kit/etcd.ts";
import { type RestNode, startRestNodes } from "../kit/rest-nodes.ts";

const NODES = 3;
/** Of what a project may have, where a test runs into it. */
const LIMIT = 10;

let directory: string;
let etcd: Etcd;
let store: Store;
let nodes: RestNode[];

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cable-rest-"));
  etcd = await startEtcd(directory);
  store = etcdStore({ endpoints: [etcd.endpoint] });
  const quotas = ["all=-1", `router=${LIMIT}`, `security_group=${LIMIT}`].flatMap((quota) => ["--quota", quota]);
  nodes = await startRestNodes(etcd, directory, NODES, ["--auth", "none", ...quotas]);
});
after(async () => {
  await Promise.all((nodes ?? []).map(({ process }) => process.stop()));
  await store?.close();
  await etcd?.stop();
  await rm(directory, { recursive: true });
});

interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: looked into by name
  body: any;
}

/** Asks the node `at`, modulo their number, as a member of the project or, without one, as an administrator. */
async function ask(at: number, method: string, path: string, body?: object, project?: string): Promise<Reply> {
  const headers: Record<string, string> =
    project === undefined ? {} : { "x-project-id": project, "x-roles": "member", "x-user-id": project };
  const reply = await fetch(`${nodes[at % NODES]?.url}/v2.0/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await reply.text();
  return { status: reply.status, body: text === "" ? undefined : JSON.parse(text) };
}

async function make(kind: string, body: object, project?: string, at = 0) {
  const reply = await ask(at, "POST", `${kind.replaceAll("_", "-")}s`, { [kind]: body }, project);
  assert.equal(reply.status, 201, JSON.stringify(reply.body));
  return reply.body[kind];
}

/** So many requests at once, spread over the nodes; how often each outcome came. */
async function race(count: number, request: (at: number) => Promise<Reply>) {
  const replies = await Promise.all(Array.from({ length: count }, (_, at) => request(at)));
  const outcomes: Record<string, number> = {};
  for (const { status, body } of replies) {
    const name = status < 300 ? String(status) : `${status} ${body.NeutronError.type}`;
    outcomes[name] = (outcomes[name] ?? 0) + 1;
  }
  return { outcomes, done: replies.filter(({ status }) => status < 300).map(({ body }) => body) };
}

async function outside(cidr: string) {
  const network = await make("network", { "router:external": true });
  await make("subnet", { network_id: network.id, ip_version: 4, cidr, enable_dhcp: false });
  return network.id as string;
}

async function inside(cidr: string, project?: string) {
  const network = await make("network", {}, project);
  const subnet = await make("subnet", { network_id: network.id, ip_version: 4, cidr }, project);
  return { network_id: network.id as string, subnet_id: subnet.id as string };
}

const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id);

describe("floating IPs", () => {
  test("each address of the external network is given once, to the last one", async () => {
    const floating_network_id = await outside("172.24.1.0/28");
    const create = (at: number) => ask(at, "POST", "floatingips", { floatingip: { floating_network_id } });
    const { outcomes, done } = await race(20, create);
    assert.deepEqual(outcomes, { 201: 13, "409 IpAddressGenerationFailure": 7 });
    assert.equal(new Set(done.map(({ floatingip }) => floatingip.floating_ip_address)).size, 13);
    const freed = done.slice(0, 4).map(({ floatingip }) => floatingip.id);
    await Promise.all(freed.map((id, at) => ask(at, "DELETE", `floatingips/${id}`)));
    assert.deepEqual((await race(8, create)).outcomes, { 201: 4, "409 IpAddressGenerationFailure": 4 });
    await audit(store);
  });
  test("an address of a port has one floating IP, whoever asks where", async () => {
    const floating_network_id = await outside("172.24.2.0/24");
    const { network_id, subnet_id } = await inside("10.2.0.0/24");
    const router = await make("router", { external_gateway_info: { network_id: floating_network_id } });
    await ask(0, "PUT", `routers/${router.id}/add_router_interface`, { subnet_id });
    const port = await make("port", { network_id });
    const ids = idsOf(
      await Promise.all(
        Array.from({ length: 9 }, (_, at) => make("floatingip", { floating_network_id }, undefined, at)),
      ),
    );
    const { outcomes } = await race(9, (at) =>
      ask(at, "PUT", `floatingips/${ids[at]}`, { floatingip: { port_id: port.id } }),
    );
    assert.deepEqual(outcomes, { 200: 1, "409 FloatingIPPortAlreadyAssociated": 8 });
    const { body } = await ask(1, "GET", `floatingips?port_id=${port.id}`);
    assert.equal(body.floatingips.length, 1);
    await audit(store);
  });
});

describe("router interfaces", () => {
  test("a subnet is one interface of a router, once", async () => {
    const { subnet_id } = await inside("10.3.0.0/24");
    const router = await make("router", {});
    const { outcomes } = await race(9, (at) =>
      ask(at, "PUT", `routers/${router.id}/add_router_interface`, { subnet_id }),
    );
    assert.deepEqual(outcomes, { 200: 1, "400 BadRequest": 8 });
    const { body } = await ask(2, "GET", `ports?device_id=${router.id}`);
    assert.equal(body.ports.length, 1);
  });
  test("of overlapping subnets one is a router's", async () => {
    const router = await make("router", {});
    const subnets = await Promise.all(["10.4.0.0/24", "10.4.0.0/25", "10.4.0.0/16"].map((cidr) => inside(cidr)));
    const { outcomes } = await race(3, (at) =>
      ask(at, "PUT", `routers/${router.id}/add_router_interface`, { subnet_id: subnets[at]?.subnet_id }),
    );
    assert.deepEqual(outcomes, { 200: 1, "400 BadRequest": 2 });
  });
  test("a router goes, or gets an interface, never both", async () => {
    for (let round = 0; round < 6; round++) {
      const { subnet_id } = await inside(`10.5.${round}.0/24`);
      const { id } = await make("router", {}, `deleter${round}`);
      const [removed, added] = await Promise.all([
        ask(round, "DELETE", `routers/${id}`),
        ask(round + 1, "PUT", `routers/${id}/add_router_interface`, { subnet_id }),
      ]);
      const isThere = (await ask(0, "GET", `routers/${id}`)).status === 200;
      const ports = (await ask(0, "GET", `ports?device_id=${id}`)).body.ports.length;
      assert.deepEqual(
        [removed.status, added.status, isThere, ports],
        isThere ? [409, 200, true, 1] : [204, 404, false, 0],
      );
    }
    await audit(store);
  });
});

describe("a project's first requests", () => {
  test("make one default security group, which all its ports have", async () => {
    const network = await make("network", { shared: true });
    await make("subnet", { network_id: network.id, ip_version: 4, cidr: "10.6.0.0/24" });
    for (let round = 0; round < 4; round++) {
      const project = `newcomer${round}`;
      const { outcomes, done } = await race(12, (at) =>
        at % 3 === 2
          ? ask(at, "GET", "security-groups", undefined, project)
          : ask(at, "POST", "ports", { port: { network_id: network.id } }, project),
      );
      assert.deepEqual(outcomes, { 200: 4, 201: 8 });
      const { body } = await ask(round, "GET", "security-groups", undefined, project);
      const [group, ...others] = idsOf(body.security_groups);
      assert.deepEqual(others, []);
      for (const { port } of done.filter((reply) => reply.port)) assert.deepEqual(port.security_groups, [group]);
    }
    await audit(store);
  });
});

describe("quotas", () => {
  test("are used up to the last one on all nodes together, and not beyond", async () => {
    const { outcomes, done } = await race(30, (at) => ask(at, "POST", "routers", { router: {} }, "thrifty"));
    assert.deepEqual(outcomes, { 201: LIMIT, "409 OverQuota": 20 });
    await ask(1, "DELETE", `routers/${done[0].router.id}`, undefined, "thrifty");
    const again = await race(6, (at) => ask(at, "POST", "routers", { router: {} }, "thrifty"));
    assert.deepEqual(again.outcomes, { 201: 1, "409 OverQuota": 5 });
  });
  test("hold for groups, of which the first is made by itself", async () => {
    const create = (at: number) => ask(at, "POST", "security-groups", { security_group: {} }, "cautious");
    const { outcomes } = await race(20, create);
    assert.deepEqual(outcomes, { 201: LIMIT - 1, "409 OverQuota": 20 - LIMIT + 1 });
  });
  test("a new limit holds on every node once it is answered", async () => {
    for (let limit = 1; limit <= 3; limit++) {
      assert.equal((await ask(limit, "PUT", "quotas/changing", { quota: { network: limit } })).status, 200);
      const { outcomes } = await race(6, (at) => ask(at, "POST", "networks", { network: {} }, "changing"));
      assert.deepEqual(outcomes, { 201: 1, "409 OverQuota": 5 });
    }
  });
});

test("subnet pools are given away to the last part, each once", async () => {
  const pool = await make("subnetpool", { name: "p", prefixes: ["10.64.0.0/24"], default_prefixlen: 28 });
  const networks = await Promise.all(Array.from({ length: 24 }, (_, at) => make("network", {}, undefined, at)));
  const { outcomes, done } = await race(24, (at) =>
    ask(at, "POST", "subnets", { subnet: { network_id: networks[at].id, subnetpool_id: pool.id, ip_version: 4 } }),
  );
  assert.equal(outcomes[201], 16, JSON.stringify(outcomes));
  assert.equal(new Set(done.map(({ subnet }) => subnet.cidr)).size, 16);
  await audit(store);
});

test("what a node has answered it shows at once, in lists too, whatever the others do", async () => {
  const { network_id } = await inside("10.128.0.0/16");
  const live = async (at: number) => {
    for (let round = 0; round < 12; round++) {
      const port = await make("port", { network_id, name: "a" }, undefined, at);
      const path = `ports/${port.id}`;
      assert.equal((await ask(at, "GET", path)).body.port.revision_number, port.revision_number);
      assert.equal((await ask(at, "GET", `ports?id=${port.id}`)).body.ports.length, 1);
      const changed = await ask(at, "PUT", path, { port: { name: `b${round}` } });
      const shown = await ask(at, "GET", `ports?name=b${round}&id=${port.id}`);
      assert.deepEqual(shown.body.ports, [changed.body.port]);
      assert.equal((await ask(at, "DELETE", path)).status, 204);
      assert.equal((await ask(at, "GET", path)).status, 404);
      assert.deepEqual((await ask(at, "GET", `ports?id=${port.id}`)).body.ports, []);
    }
  };
  await Promise.all(Array.from({ length: 2 * NODES }, (_, at) => live(at)));
  await audit(store);
});

test("what one node has made another finds, changes and deletes at once", async () => {
  for (let round = 0; round < 30; round++) {
    const { id } = await make("network", {}, undefined, round);
    const path = `networks/${id}`;
    const [found, changed] = await Promise.all([
      ask(round + 1, "GET", path),
      ask(round + 2, "PUT", path, { network: { name: "a" } }),
    ]);
    assert.deepEqual([found.status, changed.status], [200, 200]);
    assert.equal((await ask(round + 1, "DELETE", path)).status, 204);
  }
});

test("an update with If-Match wins once", async () => {
  const network = await make("network", {});
  const { outcomes } = await race(9, async (at) => {
    const reply = await fetch(`${nodes[at % NODES]?.url}/v2.0/networks/${network.id}`, {
      method: "PUT",
      headers: { "if-match": `revision_number=${network.revision_number}` },
      body: JSON.stringify({ network: { name: `n${at}` } }),
    });
    return { status: reply.status, body: await reply.json() };
  });
  assert.deepEqual(outcomes, { 200: 1, "412 RevisionNumberConstraintFailed": 8 });
});
