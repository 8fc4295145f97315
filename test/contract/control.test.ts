import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { HostClient } from "../../api/client.ts";
import type { ViewMessage } from "../../model/mod.ts";
import { type Etcd, freePort, startEtcd } from "../kit/etcd.ts";
import { Neutron, NeutronError } from "../kit/neutron.ts";
import { ROOT } from "../kit/place.ts";
import { type Running, start, until } from "../kit/process.ts";

const ADMIN = "operator-operator-operator";
const USER = "user-of-project-demo";
const HOST = "token-of-host-one";
const START = [process.execPath, join(ROOT, "tools/start.ts"), "control"];
const FACTS = {
  tunnel_ip: "192.0.2.1" as never,
  physical_networks: {},
  underlay_mtu: 1500,
  agent_version: "1",
  datapath: "ebpf" as const,
};

describe("the control node as a process, on a real etcd", () => {
  let directory: string;
  let etcd: Etcd;
  const running: Running[] = [];
  const clients: HostClient[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "cb3-control-"));
    await writeFile(join(directory, "admin"), `${ADMIN}\n`);
    await writeFile(join(directory, "tokens"), `- {token: ${USER}, user: u, project: demo, roles: [admin]}\n`);
    etcd = await startEtcd(directory);
  });
  after(async () => {
    for (const client of clients) client.close();
    for (const each of running) await each.stop();
    await etcd.stop();
    await rm(directory, { recursive: true });
  });

  function spawn(name: string, flags: string[]): Running {
    const command = [...START, ...flags];
    const each = start({ name, command, logFile: join(directory, `${name}.log`) });
    running.push(each);
    return each;
  }
  async function control(name: string, port = 0, ...flags: string[]) {
    const at = `127.0.0.1:${port || (await freePort())}`;
    const files = ["--tokens", join(directory, "tokens"), "--admin-token-file", join(directory, "admin")];
    const process = spawn(name, ["--listen", at, "--etcd", etcd.endpoint, "--auth", "token", ...files, ...flags]);
    return { process, url: `http://${at}`, port: Number(at.split(":")[1]) };
  }
  const ready = async ({ url, process }: { url: string; process: Running }) =>
    until(`${url} to answer`, async () => (await fetch(`${url}/healthz`)).ok || undefined, { process });
  const neutron = (url: string) => new Neutron(url, { "x-auth-token": USER });
  const operator = (url: string) => new Neutron(url, { "x-auth-token": ADMIN });

  function agent(...urls: string[]): HostClient {
    const client = new HostClient({ urls, host: "h1", token: HOST });
    clients.push(client);
    return client;
  }
  function follow(client: HostClient, since?: number) {
    const seen: ViewMessage[] = [];
    const stop = new AbortController();
    const ended = client.watch(since, (message) => void seen.push(message), stop.signal);
    ended.catch(() => {});
    const of = (type: ViewMessage["type"]) => seen.filter((message) => message.type === type).length;
    return {
      seen,
      ended,
      stop: () => stop.abort(),
      has: (type: ViewMessage["type"], count = 1) => until(`${count} ${type}`, () => of(type) >= count || undefined),
      get revision(): number {
        return seen.findLast((message) => "revision" in message)?.revision ?? 0;
      },
    };
  }

  it("serves the API, and streams to a host what concerns it, from whichever control node", async () => {
    const [one, two] = [await control("one"), await control("two")];
    await Promise.all([ready(one), ready(two)]);
    await operator(one.url).request("POST", "/v1/hosts", { name: "h1", token: HOST, container_projects: ["demo"] });
    const client = agent(one.url, two.url);
    const stream = follow(client);
    await stream.has("synced");
    await client.report({ facts: FACTS, revision: 0, ports: {} });

    const network = await neutron(two.url).create("network", { name: "n" });
    await neutron(two.url).create("subnet", { network_id: network.id, ip_version: 4, cidr: "10.9.0.0/24" });
    const port = await neutron(two.url).create("port", { network_id: network.id, "binding:host_id": "h1" });
    await until("the port in the view", () => stream.seen.some((m) => "kind" in m && m.kind === "port") || undefined);
    const puts = stream.seen.flatMap((message) =>
      message.type === "put" ? [`${message.kind} ${message.value.id}`] : [],
    );
    const group = `group ${port.security_groups[0]}`;
    assert.deepEqual(puts, [`network ${network.id}`, `endpoint ${port.id}`, group, `port ${port.id}`]);

    await stream.has("bookmark");
    await client.report({ revision: stream.revision, ports: { [port.id]: { up: true, device: "tap0" } } });
    assert.equal((await neutron(one.url).show("port", port.id)).status, "ACTIVE");

    stream.stop();
    await neutron(one.url).update("port", port.id, { name: "renamed" });
    const resumed = follow(agent(two.url), stream.revision);
    await resumed.has("synced");
    assert.deepEqual(
      resumed.seen.map((message) => (message.type === "put" ? message.kind : message.type)),
      ["port", "synced"],
    );
    resumed.stop();
    await neutron(one.url).delete("port", port.id);
    await neutron(one.url).delete("network", network.id);
    for (const each of [one, two]) await each.process.stop();
  });

  it("answers Contrail's plugin on an address of its own", async () => {
    const at = `127.0.0.1:${await freePort()}`;
    const one = await control("contrail", 0, "--contrail-listen", at);
    await ready(one);
    const ask = (operation: string, data: object, token: string) =>
      fetch(`http://${at}/neutron/network`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-auth-token": token },
        body: JSON.stringify({ context: { operation, type: "network", tenant_id: "p", is_admin: false }, data }),
      });
    const made = (await (await ask("CREATE", { resource: { name: "n" } }, USER)).json()) as { id: string };
    assert.equal((await neutron(one.url).show("network", made.id)).project_id, "p");
    assert.deepEqual(await (await ask("DELETE", { id: made.id }, USER)).json(), {});
    assert.equal((await ask("READALL", { filters: {} }, "no-such-token")).status, 401);
    assert.equal((await fetch(`http://${at}/aaa-mode`)).status, 401);
    await one.process.stop();
  });

  it("tells a stranger nothing, and writes no secret into its log", async () => {
    const node = await control("secrets");
    await ready(node);
    const cases: [string, string, number][] = [
      ["/v1/hosts/h1/watch", "nobody's", 401],
      ["/v1/hosts/h9/watch", HOST, 403],
      ["/v1/hosts", HOST, 403],
      ["/v2.0/networks", HOST, 401],
      ["/v2.0/networks", ADMIN, 401],
      ["/v1/hosts/h1/watch?since=987654", HOST, 410],
      ["/v1/hosts", ADMIN, 200],
    ];
    for (const [path, token, status] of cases) {
      const answer = await fetch(node.url + path, { headers: { authorization: `Bearer ${token}` } });
      assert.equal(answer.status, status, path);
      if (status !== 200) assert.doesNotMatch(await answer.text(), /h1|demo|sha256/);
    }
    await node.process.stop();
    const said = await readFile(node.process.logFile, "utf8");
    for (const secret of [ADMIN, HOST, USER]) assert.ok(!said.includes(secret));
    assert.match(said, /"host":"h1".*"status":410/);
  });

  it("goes on reading while etcd is away, answers writes with 503, and loses nothing", async () => {
    const node = await control("away");
    await ready(node);
    const network = await neutron(node.url).create("network", { name: "before" });
    const stream = follow(agent(node.url));
    await stream.has("synced");
    for (const [take, give] of [
      [() => etcd.kill(), () => etcd.start()],
      [async () => etcd.pause(), async () => etcd.resume()],
    ] as const) {
      await take();
      try {
        assert.equal((await neutron(node.url).show("network", network.id)).name, "before");
        const refused = await neutron(node.url)
          .create("network", { name: "lost" })
          .catch((error: unknown) => error);
        assert.ok(refused instanceof NeutronError);
        assert.deepEqual([refused.status, refused.type], [503, "ServiceUnavailable"]);
        assert.match(refused.retryAfter ?? "", /^\d+$/);
        assert.equal((await fetch(`${node.url}/healthz`)).status, 503);
      } finally {
        await give();
      }
      await ready(node);
    }
    const port = await neutron(node.url).create("port", { network_id: network.id, "binding:host_id": "h1" });
    const isThere = () => stream.seen.some((message) => message.type === "put" && message.value.id === port.id);
    await until("the port in the view", () => isThere() || undefined);
    stream.stop();
    await neutron(node.url).delete("port", port.id);
    await node.process.stop();
  });

  it("a killed control node leaves everything as it was; its successor resumes or asks for the whole", async () => {
    const first = await control("killed");
    await ready(first);
    const stream = follow(agent(first.url));
    // That the host is there is written soon after, and known to the host with the next bookmark.
    await stream.has("bookmark");
    first.process.kill("SIGKILL");
    await assert.rejects(stream.ended);
    const second = await control("successor", first.port);
    await ready(second);
    const resumed = follow(agent(second.url), stream.revision);
    await resumed.has("synced");
    assert.equal(resumed.seen[0]?.type, "synced");
    assert.equal(await agent(second.url).watch(stream.revision - 1, () => {}, AbortSignal.timeout(5000)), "too-old");
    second.process.kill("SIGTERM");
    assert.equal(await resumed.ended, "ended");
    await second.process.ended();
    assert.doesNotMatch(await readFile(second.process.logFile, "utf8"), /"level":(50|60)/);
  });

  it("waits for etcd and says so, also when told to stop meanwhile", async () => {
    await etcd.kill();
    const [patient, stopped] = [await control("patient"), await control("stopped")];
    for (const { process } of [patient, stopped]) {
      await until("the message", () => process.tail().includes("waiting for etcd at") || undefined, { process });
    }
    await stopped.process.stop();
    await etcd.start();
    await ready(patient);
    await patient.process.stop();
  });

  const wrong: [string, string[], RegExp][] = [
    ["no etcd", [], /--etcd/],
    ["a bad address", ["--etcd", "x:1", "--listen", "9696"], /9696 is not ADDRESS:PORT/],
    ["token authentication without tokens", ["--etcd", "x:1"], /--auth token needs --tokens FILE/],
    ["a missing token file", ["--etcd", "x:1", "--auth", "none", "--admin-token-file", "/no/such"], /\/no\/such/],
    ["an unknown flag", ["--etcd", "x:1", "--wrong"], /--wrong/],
  ];
  for (const [name, flags, message] of wrong) {
    it(`does not start with ${name}, and says what is wrong`, async () => {
      const process = spawn(`wrong-${name.replaceAll(" ", "-")}`, flags);
      await process.ended();
      assert.match(process.tail(), message);
    });
  }
});
