/** Long because one control node serves all of it: hosts, their views, what they report, and their containers' ports. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";
import { pino } from "pino";
import { ControlFailure, HostClient } from "../../api/client.ts";
import type { Clusters, Networking } from "../../api/mod.ts";
import { fault, type HostStatus, type PortRecord, type ViewMessage } from "../../model/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { keys } from "../../store/mod.ts";
import { noAuth } from "../auth/mod.ts";
import { MemoryCache } from "../memory-cache.ts";
import { Metrics } from "../metrics.ts";
import { makeNetworking } from "../networking/mod.ts";
import { ControlServer } from "../server.ts";

const warnings: string[] = [];
const log = pino({ level: "warn" }, { write: (line) => void warnings.push(line) });
const ADMIN = "operator-operator";
const TOKENS = { h1: "token-of-host-one", h2: "token-of-host-two" } as const;
const admin = { requestId: "t", userId: null, projectId: "p1", roles: ["admin"], isAdmin: true };
const NOBODY = "00000000-0000-4000-8000-000000000000";
const FACTS = {
  tunnel_ip: "192.0.2.1",
  physical_networks: { phys: "eth1" },
  underlay_mtu: 1500,
  agent_version: "1",
  datapath: "ebpf" as const,
};

describe("the native API", () => {
  let store: MemoryStore;
  let memory: MemoryCache;
  let networking: Networking;
  let server: ControlServer;
  let url: string;
  let network: string;
  const clients: HostClient[] = [];

  before(async () => {
    store = new MemoryStore();
    memory = await MemoryCache.start(store, log, { patienceMs: 5 });
    networking = makeNetworking({ store, memory, log });
    const metrics = new Metrics();
    const clusters: Clusters = {
      audit: async () => [{ object: "pod a/b", finding: "has no port", port_id: null }],
      nodeOf: async (token, cluster = "one") =>
        token.startsWith("pod-on-") ? { cluster, node: token.slice(7) } : Promise.reject(fault("Unauthorized", {})),
    };
    const authenticator = noAuth();
    const parts = { store, memory, networking, authenticator, adminToken: ADMIN, clusters, metrics, log, doors: [] };
    server = new ControlServer(parts);
    const [address] = await server.open([{ host: "127.0.0.1", port: 0 }]);
    url = `http://127.0.0.1:${address!.port}`;
    for (const [name, token] of Object.entries(TOKENS)) {
      await call("POST", "/v1/hosts", { name, token, container_projects: ["p1"] });
    }
    network = (await networking.create(admin, "network", [{ name: "n" }]))[0]!.id;
  });
  after(async () => {
    for (const client of clients) client.close();
    await server.close();
    await memory.close();
  });
  beforeEach(() => {
    store.away = false;
  });

  async function call(method: string, path: string, body?: unknown, token: string | null = ADMIN) {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === null ? {} : { "x-auth-token": token }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  }
  function client(host: keyof typeof TOKENS, token: string = TOKENS[host]) {
    const made = new HostClient({ urls: [url], host, token });
    clients.push(made);
    return made;
  }
  const makePort = async (body: object = {}) =>
    (await networking.create(admin, "port", [{ network_id: network, "binding:host_id": "h1", ...body }]))[0]!;
  const statusOf = (ports: HostStatus["ports"], rest: object = {}) => ({ revision: 1, ports, ...rest });
  const up = { up: true as const, device: "tap0" };

  type Row = [
    name: string,
    method: string,
    path: string,
    token: string | null,
    body: unknown,
    status: number,
    code: string,
  ];
  const refused: Row[] = [
    ["no token", "GET", "/v1/hosts", null, undefined, 401, "Unauthorized"],
    ["an unknown token", "GET", "/v1/hosts", "nobody's", undefined, 401, "Unauthorized"],
    ["a host's token on the operator's path", "GET", "/v1/hosts", TOKENS.h1, undefined, 403, "AdminRequired"],
    ["an unknown token on a host's path", "GET", "/v1/hosts/h1/watch", "nobody's", undefined, 401, "Unauthorized"],
    ["an unknown token for an unknown host", "GET", "/v1/hosts/h9/watch", "nobody's", undefined, 401, "Unauthorized"],
    ["another host's token", "GET", "/v1/hosts/h1/watch", TOKENS.h2, undefined, 403, "NotAuthorized"],
    ["a host's token for an unknown host", "GET", "/v1/hosts/h9/watch", TOKENS.h1, undefined, 403, "NotAuthorized"],
    ["the operator's token on a host's path", "GET", "/v1/hosts/h1/watch", ADMIN, undefined, 403, "NotAuthorized"],
    [
      "another host's report",
      "PUT",
      "/v1/hosts/h1/status",
      TOKENS.h2,
      { revision: 1, ports: {} },
      403,
      "NotAuthorized",
    ],
    ["another host's container", "POST", "/v1/hosts/h1/ports", TOKENS.h2, {}, 403, "NotAuthorized"],
    ["an unknown pod's token", "POST", "/v1/hosts/n1/token", "nobody's", {}, 401, "Unauthorized"],
    ["no pod's token", "POST", "/v1/hosts/n1/token", null, {}, 401, "Unauthorized"],
    ["a token of another node's pod", "POST", "/v1/hosts/n1/token", "pod-on-n2", {}, 403, "NotAuthorized"],
    ["a node with the name of somebody's host", "POST", "/v1/hosts/h1/token", "pod-on-h1", {}, 403, "NotAuthorized"],
    ["a host that is there", "POST", "/v1/hosts", ADMIN, { name: "h1" }, 409, "Conflict"],
    ["a token that another host has", "POST", "/v1/hosts", ADMIN, { name: "h3", token: TOKENS.h1 }, 409, "Conflict"],
    ["a short token", "POST", "/v1/hosts", ADMIN, { name: "h3", token: "short" }, 400, "InvalidInput"],
    ["a bad name", "POST", "/v1/hosts", ADMIN, { name: "../x" }, 400, "InvalidInput"],
    ["an unknown field", "POST", "/v1/hosts", ADMIN, { name: "h3", x: 1 }, 400, "InvalidInput"],
    ["no body", "POST", "/v1/hosts", ADMIN, undefined, 400, "InvalidInput"],
    ["malformed JSON", "POST", "/v1/hosts", ADMIN, "{", 400, "FST_ERR_CTP_INVALID_JSON_BODY"],
    ["an unknown host", "GET", "/v1/hosts/h9", ADMIN, undefined, 404, "HostNotFound"],
    ["deleting an unknown host", "DELETE", "/v1/hosts/h9", ADMIN, undefined, 404, "HostNotFound"],
    ["a revision that is no number", "GET", "/v1/hosts/h1/watch?since=x", TOKENS.h1, undefined, 400, "InvalidInput"],
    ["a negative revision", "GET", "/v1/hosts/h1/watch?since=-1", TOKENS.h1, undefined, 400, "InvalidInput"],
    ["a revision of another store", "GET", "/v1/hosts/h1/watch?since=99999", TOKENS.h1, undefined, 410, "Gone"],
    ["a revision before this node", "GET", "/v1/hosts/h1/watch?since=0", TOKENS.h1, undefined, 410, "Gone"],
    ["a report without ports", "PUT", "/v1/hosts/h1/status", TOKENS.h1, { revision: 1 }, 400, "InvalidInput"],
    ["a report on no port's id", "PUT", "/v1/hosts/h1/status", TOKENS.h1, statusOf({ x: up }), 400, "InvalidInput"],
    [
      "facts with a bad tunnel address",
      "PUT",
      "/v1/hosts/h1/status",
      TOKENS.h1,
      statusOf({}, { facts: { ...FACTS, tunnel_ip: "1.2.3" } }),
      400,
      "InvalidInput",
    ],
    [
      "a container on a network that is not there",
      "POST",
      "/v1/hosts/h1/ports",
      TOKENS.h1,
      { network_id: NOBODY, container_id: "c", interface_name: "eth0" },
      404,
      "NetworkNotFound",
    ],
    [
      "deleting no container's port",
      "DELETE",
      `/v1/hosts/h1/ports/${NOBODY}`,
      TOKENS.h1,
      undefined,
      404,
      "PortNotFound",
    ],
  ];
  for (const [name, method, path, token, body, status, code] of refused) {
    it(`refuses ${name}: ${status} ${code}`, async () => {
      const revision = await store.revision();
      const answer = await call(method, path, body, token);
      assert.deepEqual([answer.status, answer.body.error.code], [status, code]);
      assert.match(answer.body.error.message, /\w/);
      assert.match(answer.headers.get("x-openstack-request-id") ?? "", /^req-[0-9a-f-]{36}$/);
      assert.equal(await store.revision(), revision);
    });
  }

  it("shows a host's token once, when it is made, and never its digest", async () => {
    const made = await call("POST", "/v1/hosts", { name: "fresh" });
    assert.equal(made.status, 201);
    assert.ok(made.body.token.length >= 32);
    const shown = [await call("GET", "/v1/hosts/fresh"), await call("GET", "/v1/hosts")];
    for (const { body } of shown) assert.doesNotMatch(JSON.stringify(body), /token|sha256/);
    const watch = await call("GET", "/v1/hosts/fresh/watch?since=99999", undefined, made.body.token);
    assert.equal(watch.status, 410);
    assert.equal((await call("DELETE", "/v1/hosts/fresh")).status, 204);
    assert.equal((await call("GET", "/v1/hosts/fresh/watch", undefined, made.body.token)).status, 401);
  });

  it("gives a node a token for its pod's, once more for each asking, and makes its host for that", async () => {
    const ask = (token: string, host: string, body: object = {}) =>
      call("POST", `/v1/hosts/${host}/token`, body, token);
    const report = (token: string) => call("PUT", "/v1/hosts/node1/status", { revision: 1, ports: {} }, token);
    const first = await ask("pod-on-node1", "node1");
    assert.equal(first.status, 200);
    const shown = (await call("GET", "/v1/hosts/node1")).body;
    assert.deepEqual([shown.kubernetes_cluster, shown.container_projects], ["one", []]);
    assert.equal((await report(first.body.token)).status, 204);
    const second = await ask("pod-on-node1", "node1");
    assert.notEqual(second.body.token, first.body.token);
    assert.deepEqual([(await report(first.body.token)).status, (await report(second.body.token)).status], [401, 204]);
    const other = await ask("pod-on-node1", "node1", { kubernetes_cluster: "two" });
    assert.deepEqual(
      [other.status, other.body.error.code],
      [403, "NotAuthorized"],
      "another cluster's node of that name",
    );
    await call("POST", "/v1/hosts", { name: "given", kubernetes_cluster: "two" });
    assert.equal((await ask("pod-on-given", "given", { kubernetes_cluster: "two" })).status, 200);
    for (const name of ["node1", "given"]) assert.equal((await call("DELETE", `/v1/hosts/${name}`)).status, 204);
  });

  it("audits a cluster for the operator alone", async () => {
    const path = "/v1/kubernetes/audit";
    const { status, body } = await call("GET", path);
    assert.deepEqual([status, body.findings.length], [200, 1]);
    assert.equal((await call("GET", path, undefined, TOKENS.h1)).status, 403);
    assert.equal((await call("GET", `${path}?kubernetes_cluster=..`)).status, 400);
  });

  it("keeps a host while ports are bound to it", async () => {
    const port = await makePort();
    assert.equal((await call("DELETE", "/v1/hosts/h1")).status, 409);
    await networking.delete(admin, "port", port.id);
  });

  it("streams the view, resumes it, and ends it when the host is removed", async () => {
    await call("POST", "/v1/hosts", { name: "w", token: "token-of-host-w-w" });
    const agent = new HostClient({ urls: [url], host: "w", token: "token-of-host-w-w" });
    clients.push(agent);
    const stream = follow(agent);
    await stream.until((seen) => seen.at(-1)?.type === "synced");
    const port = await makePort({ "binding:host_id": "w" });
    await stream.until((seen) => seen.at(-1)?.type === "bookmark");
    const puts = stream.seen.flatMap((message) => (message.type === "put" ? [message.kind] : []));
    assert.deepEqual(puts, ["network", "endpoint", "group", "port"]);
    const last = stream.seen.at(-1) as { revision: number };
    await stream.stop();
    await networking.delete(admin, "port", port.id);
    const resumed = follow(agent, last.revision);
    await resumed.until((seen) => seen.at(-1)?.type === "synced");
    assert.deepEqual(
      resumed.seen.map((message) => (message.type === "delete" ? `delete ${message.kind}` : message.type)),
      ["delete network", "delete group", "delete port", "synced"],
    );
    await call("DELETE", "/v1/hosts/w");
    assert.equal(await resumed.ended, "ended");
  });

  it("a watch from a revision unknown here is too old", async () => {
    assert.equal(await client("h1").watch(999_999, () => {}, AbortSignal.timeout(5000)), "too-old");
  });

  it("closes the stream of an agent that does not read, and leaves the others alone", async () => {
    const steady = follow(client("h2"));
    const stuck = request(`${url}/v1/hosts/h1/watch`, { headers: { "x-auth-token": TOKENS.h1 } }).end();
    stuck.on("response", (response) => response.pause()).on("error", () => {});
    const ports = [await makePort(), await makePort({ "binding:host_id": "h2" })];
    const pairs = Array.from({ length: 10 }, () => ({ ip_address: "10.0.0.0/8", mac_address: "02:00:00:00:00:01" }));
    const key = keys.record("port", ports[0]!.id);
    for (let round = 0; ; round++) {
      // Straight into the store: the API would take far longer to make so many large changes.
      const value = JSON.stringify({
        ...ports[0],
        name: "x".repeat(500_000),
        dns_name: String(round),
        allowed_address_pairs: pairs,
      });
      await store.commit({ guards: [], writes: [{ kind: "put", key, value }] });
      await new Promise(setImmediate);
      if (warnings.some((line) => line.includes("does not read its view"))) break;
      assert.ok(round < 500, "never closed");
    }
    await networking.update(admin, "port", ports[1]!.id, { name: "still" });
    await steady.until((seen) =>
      seen.some((message) => message.type === "put" && message.kind === "port" && message.value.name === "still"),
    );
    await steady.stop();
    stuck.destroy();
    for (const { id } of ports) await networking.delete(admin, "port", id);
  });

  it("a report sets a port ACTIVE or DOWN, and one that says nothing new costs no revision", async () => {
    const port = await makePort();
    const read = () => memory.get("port", port.id)!.record;
    await client("h1").report(statusOf({ [port.id]: up }));
    assert.deepEqual([read().status, read().revision_number], ["ACTIVE", port.revision_number + 1]);
    const revision = await store.revision();
    await client("h1").report(statusOf({ [port.id]: up }, { revision: 2 }));
    assert.equal(await store.revision(), revision);
    await client("h1").report(statusOf({ [port.id]: { up: false, reason: "no device" } }));
    assert.equal(read().status, "DOWN");
    await networking.delete(admin, "port", port.id);
  });

  it("a tap flow is ACTIVE while its source's host makes its copies and both ports are up", async () => {
    const [source, tap] = [await makePort(), await makePort({ "binding:host_id": "h2" })];
    const [service] = await networking.create(admin, "tap_service", [{ port_id: tap.id, project_id: "p1" }]);
    const about = { tap_service_id: service!.id, source_port: source.id, direction: "IN", project_id: "p1" };
    const [flow] = await networking.create(admin, "tap_flow", [about]);
    const seen = async () => [
      (await networking.get(admin, "tap_service", service!.id)).status,
      (await networking.get(admin, "tap_flow", flow!.id)).status,
    ];
    const inForce = { ...up, mirrors: [flow!.id] };
    await client("h1").report(statusOf({ [source.id]: inForce }));
    assert.deepEqual(await seen(), ["DOWN", "DOWN"], "nobody takes the copies");
    await client("h2").report(statusOf({ [tap.id]: up }));
    assert.deepEqual(await seen(), ["ACTIVE", "ACTIVE"]);
    const revision = await store.revision();
    await client("h1").report(statusOf({ [source.id]: inForce }));
    await client("h2").report(statusOf({ [source.id]: up }));
    assert.equal(await store.revision(), revision, "said before, or by another host");
    await client("h1").report(statusOf({ [source.id]: up }));
    assert.deepEqual(await seen(), ["ACTIVE", "DOWN"]);
    for (const { id } of [source, tap]) await networking.delete(admin, "port", id);
  });

  it("a report on another host's port, or on none, changes nothing", async () => {
    const port = await makePort();
    const revision = await store.revision();
    await client("h2").report(statusOf({ [port.id]: up, [NOBODY]: up }));
    assert.equal(await store.revision(), revision);
    await networking.delete(admin, "port", port.id);
  });

  it("facts are kept in canonical form, and written once", async () => {
    await client("h1").report(statusOf({}, { facts: { ...FACTS, tunnel_ip: "2001:DB8:0::1" } }));
    assert.deepEqual(memory.get("host", "h1")?.record.facts, { ...FACTS, tunnel_ip: "2001:db8::1" });
    const revision = await store.revision();
    await client("h1").report(statusOf({}, { facts: { ...FACTS, tunnel_ip: "2001:db8::1" } }));
    assert.equal(await store.revision(), revision);
  });

  it("reports of many ports at once, racing with changes by users, lose nothing", async () => {
    const bodies = Array.from({ length: 150 }, () => ({ network_id: network, "binding:host_id": "h1" }));
    const ports = await networking.create(admin, "port", bodies);
    const reports = client("h1").report(statusOf(Object.fromEntries(ports.map(({ id }) => [id, up]))));
    const renamed = Promise.all(
      ports.slice(0, 20).map(({ id }) => networking.update(admin, "port", id, { name: "new" })),
    );
    await Promise.all([reports, renamed]);
    const now = ports.map(({ id }) => memory.get("port", id)!.record);
    assert.deepEqual(new Set(now.map(({ status }) => status)), new Set(["ACTIVE"]));
    assert.equal(now.filter(({ name }) => name === "new").length, 20);
    for (const { id } of ports) await networking.delete(admin, "port", id);
  });

  it("a container's port is made once per container and interface, also by calls at the same time", async () => {
    const wish = { network_id: network, container_id: "c1", interface_name: "eth0", name: "pod" };
    const made = await Promise.all([1, 2, 3].map(() => call("POST", "/v1/hosts/h1/ports", wish, TOKENS.h1)));
    assert.deepEqual(made.map(({ status }) => status).sort(), [200, 200, 201]);
    const port = made[0]!.body as PortRecord;
    assert.deepEqual(new Set(made.map(({ body }) => body.id)).size, 1);
    assert.deepEqual(
      [port.device_owner, port.device_id, port["binding:host_id"], port.project_id, port.name],
      ["cable:container", "c1", "h1", "p1", "pod"],
    );
    const second = await client("h1").createPort({ ...wish, interface_name: "eth1" });
    assert.notEqual(second.id, port.id);
    const elsewhere = await client("h2").createPort(wish);
    assert.notEqual(elsewhere.id, port.id);
    await assert.rejects(client("h2").createPort({ ...wish, network_id: NOBODY }), { status: 404 });
    assert.equal((await call("DELETE", `/v1/hosts/h2/ports/${port.id}`, undefined, TOKENS.h2)).status, 404);
    await client("h1").deletePort(port.id);
    await client("h1").deletePort(port.id);
    await client("h1").deletePort(second.id);
    await client("h2").deletePort(elsewhere.id);
    assert.equal(memory.get("port", port.id), undefined);
  });

  it("a container gets no port in a project that its host's record does not list, nor does a host delete a VM's", async () => {
    const foreign = { ...admin, projectId: "p2" };
    const [other] = await networking.create(foreign, "network", [{ name: "foreign" }]);
    const wish = { network_id: other!.id, container_id: "c2", interface_name: "eth0" };
    await assert.rejects(client("h1").createPort(wish), { status: 404 });
    const vm = await makePort();
    assert.equal((await call("DELETE", `/v1/hosts/h1/ports/${vm.id}`, undefined, TOKENS.h1)).status, 404);
    await networking.delete(admin, "port", vm.id);
  });

  it("goes on reading while the store is away; writes get 503 with Retry-After", async () => {
    store.away = true;
    assert.equal((await call("GET", "/v1/hosts/h1")).status, 200);
    const written = await call("POST", "/v1/hosts", { name: "later" });
    assert.deepEqual([written.status, written.body.error.code], [503, "ServiceUnavailable"]);
    assert.match(written.headers.get("retry-after") ?? "", /^\d+$/);
    assert.equal((await call("GET", "/healthz")).status, 503);
    const stream = follow(client("h1"));
    await stream.until((seen) => seen.at(-1)?.type === "synced");
    await stream.stop();
  });

  it("tells its figures", async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const name of [
      "cable_http_request_seconds_count",
      'cable_records{kind="host"} 2',
      "cable_view_streams",
      "cable_revision",
    ]) {
      assert.ok(text.includes(name), name);
    }
  });

  it("an answer that is not the control node's is told as it is", async () => {
    await assert.rejects(client("h1", "wrong-wrong-wrong").report(statusOf({})), (error: ControlFailure) => {
      assert.ok(error instanceof ControlFailure);
      assert.deepEqual([error.status, error.isTemporary], [401, false]);
      return true;
    });
  });
});

/** Follows a view and waits for what has been seen. */
function follow(client: HostClient, since?: number) {
  const seen: ViewMessage[] = [];
  const stopping = new AbortController();
  let wake = () => {};
  const receive = (message: ViewMessage) => {
    seen.push(message);
    wake();
  };
  const ended = client.watch(since, receive, stopping.signal);
  ended.catch(() => {});
  return {
    seen,
    ended,
    async until(holds: (seen: ViewMessage[]) => boolean): Promise<void> {
      const deadline = Date.now() + 5000;
      while (!holds(seen)) {
        assert.ok(Date.now() < deadline, `not seen; last: ${JSON.stringify(seen.at(-1))?.slice(0, 200)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 50);
        });
      }
    },
    async stop(): Promise<void> {
      stopping.abort();
      await ended;
    },
  };
}
