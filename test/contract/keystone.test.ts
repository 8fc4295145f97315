/** The control node with a real Keystone: who is let in, as whom, and for how long. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Control, startControl } from "../kit/control.ts";
import { type Etcd, freePort, startEtcd } from "../kit/etcd.ts";
import { type Keystone, startKeystone } from "../kit/keystone.ts";
import { until } from "../kit/process.ts";
import { must } from "../kit/run.ts";

const CACHE_SECONDS = 2;
/** Our own token is renewed every three seconds, so: also in the midst of the tests. */
const TOKEN_SECONDS = 6;
const PUBLIC_URI = "http://identity.example:5000/v3";
const NETWORKS = "/v2.0/networks";

let directory: string;
let etcd: Etcd;
let keystone: Keystone;
let control: Control;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cable-keystone-contract-"));
  const port = await freePort();
  [etcd, keystone] = await Promise.all([
    startEtcd(directory),
    startKeystone({ networkUrl: `http://127.0.0.1:${port}`, parent: directory, tokenSeconds: TOKEN_SECONDS }),
  ]);
  await writeFile(join(directory, "password"), `${keystone.password}\n`, { mode: 0o600 });
  const flags = [
    ...["--auth", "keystone", "--keystone-url", keystone.authUrl, "--keystone-user", "cable"],
    ...["--keystone-password-file", join(directory, "password"), "--keystone-region", keystone.region],
    ...["--keystone-www-authenticate-uri", PUBLIC_URI, "--keystone-token-cache", String(CACHE_SECONDS)],
  ];
  control = await startControl({ name: "control", directory, etcd, port, addresses: [], flags });
});
after(async () => {
  await control?.stop();
  await keystone?.stop();
  await etcd?.stop();
  await rm(directory, { recursive: true, force: true });
});

interface Asked {
  token?: string;
  serviceToken?: string;
  method?: string;
  body?: object;
}

async function ask(path: string, { token, serviceToken, method = "GET", body }: Asked = {}) {
  const headers = {
    ...(token === undefined ? {} : { "x-auth-token": token }),
    ...(serviceToken === undefined ? {} : { "x-service-token": serviceToken }),
  };
  const reply = await fetch(control.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: text === "" ? undefined : JSON.parse(text) };
}

const status = async (path: string, asked: Asked = {}) => (await ask(path, asked)).status;
const create = (token: string) => ask(NETWORKS, { token, method: "POST", body: { network: {} } });
const cacheIsOver = () => sleep(CACHE_SECONDS * 1000 + 50);

async function idOf(kind: "users" | "roles" | "projects", name: string): Promise<string> {
  const { body } = await keystone.ask("GET", `/${kind}?name=${name}`);
  return body[kind][0].id;
}

/** The access log's line about a request; it is written a moment after the answer. */
function lineOf(requestId: string): Promise<Record<string, unknown>> {
  return until(`the access log to have ${requestId}`, async () => {
    const lines = (await readFile(control.logFile, "utf8")).split("\n");
    const line = lines.find((each) => each.includes(requestId) && each.endsWith("}"));
    return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
  });
}

describe("a token of Keystone's", () => {
  it("is worth what its user may do in its project", async () => {
    const demo = await keystone.token("demo");
    const made = await create(demo);
    assert.equal(made.status, 201);
    assert.equal(made.body.network.project_id, await idOf("projects", "demo"));
    const other = await keystone.token("alt_demo");
    assert.equal(await status(`${NETWORKS}/${made.body.network.id}`, { token: other }), 404);
    assert.equal(await status(`${NETWORKS}/${made.body.network.id}`, { token: await keystone.token("admin") }), 200);
  });

  it("gets user and project into the access log, and itself not", async () => {
    const token = await keystone.token("demo");
    const { headers } = await ask(NETWORKS, { token });
    const line = await lineOf(String(headers.get("x-openstack-request-id")));
    const { user, user_name, user_domain, project, project_name, project_domain, service_user } = line;
    assert.deepEqual(
      { user, user_name, user_domain, project, project_name, project_domain, service_user },
      {
        user: await idOf("users", "demo"),
        user_name: "demo",
        user_domain: "default",
        project: await idOf("projects", "demo"),
        project_name: "demo",
        project_domain: "default",
        service_user: undefined,
      },
    );
    const log = await readFile(control.logFile, "utf8");
    assert.ok(!log.includes(token) && !log.includes(keystone.password));
  });

  it("is what the openstack command needs, and the catalogue the rest", async () => {
    const name = "made-by-the-client";
    const output = ["-f", "value", "-c", "name"];
    const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
    const env = { ...keystone.env("demo"), PATH };
    assert.equal(await must(["openstack", "network", "create", name, ...output], { env }), `${name}\n`);
  });

  it("lets in without a project, but to look", async () => {
    const token = await keystone.token("demo", { project: null });
    const made = await create(token);
    assert.deepEqual([made.status, made.body.NeutronError.type], [400, "HTTPBadRequest"]);
    assert.deepEqual((await ask(`${NETWORKS}?name=made-by-the-client`, { token })).body, { networks: [] });
    assert.notEqual(await status(NETWORKS, { token: await keystone.token("admin", { over: "system" }) }), 401);
  });
});

describe("refused with the address of Keystone is", () => {
  const good = "gAAAAABrBSjalPHIrp1ZNB4IzZnvR5uQTGrPiRd9AKv9C-IaJ4K5QxHU3omSBxvdHLE";
  const rows: [name: string, token: string | undefined][] = [
    ["no token", undefined],
    ["a word", "nonsense"],
    ["what looks like a token", good],
    ["every character that a header may have", String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i))],
    ["characters beyond ASCII", "\u00e4\u00f6\u00fc"],
    ["a path", "../../users"],
    ["a token of 255 characters", good.padEnd(255, "A")],
    ["a token of 256 characters", good.padEnd(256, "A")],
    ["a token of 10,000 characters", good.padEnd(10_000, "A")],
  ];
  for (const [name, token] of rows) {
    it(name, async () => {
      const reply = await ask(NETWORKS, token === undefined ? {} : { token });
      assert.equal(reply.status, 401);
      assert.equal(reply.headers.get("www-authenticate"), `Keystone uri="${PUBLIC_URI}"`);
      assert.equal(reply.body.error.message, "The request you have made requires authentication.");
    });
  }

  it("nobody at the list of versions", async () => assert.equal(await status("/"), 200));

  it("a token that was revoked, once the cache's time is over", async () => {
    const token = await keystone.token("demo");
    assert.equal(await status(NETWORKS, { token }), 200);
    const revoked = await keystone.ask("DELETE", "/auth/tokens", undefined, {
      "x-auth-token": await keystone.token("admin"),
      "x-subject-token": token,
    });
    assert.equal(revoked.status, 204);
    assert.equal(await status(NETWORKS, { token }), 200);
    await cacheIsOver();
    assert.equal(await status(NETWORKS, { token }), 401);
  });

  it("a token that has expired, unless a service hands it on", async () => {
    const token = await keystone.token("demo");
    assert.equal(await status(NETWORKS, { token }), 200);
    await sleep(TOKEN_SECONDS * 1000);
    assert.equal(await status(NETWORKS, { token }), 401);
    const serviceToken = await keystone.token("cable");
    const handedOn = await ask(NETWORKS, { token, serviceToken });
    assert.equal(handedOn.status, 200);
    const line = await lineOf(String(handedOn.headers.get("x-openstack-request-id")));
    assert.deepEqual([line.user_name, line.service_user], ["demo", await idOf("users", "cable")]);
    assert.equal(await status(NETWORKS, { token, serviceToken: await keystone.token("admin") }), 401);
    assert.equal(await status(NETWORKS, { token, serviceToken: "nonsense" }), 401);
  });
});

describe("a change of roles", () => {
  it("changes what a token is worth, once the cache's time is over", async () => {
    const [user, project] = [await idOf("users", "alt_demo"), await idOf("projects", "alt_demo")];
    const grant = async (method: "PUT" | "DELETE", role: string) => {
      const path = `/projects/${project}/users/${user}/roles/${await idOf("roles", role)}`;
      assert.equal((await keystone.ask(method, path)).status, 204);
    };
    const token = await keystone.token("alt_demo");
    assert.equal((await create(token)).status, 201);
    await grant("PUT", "reader");
    await grant("DELETE", "member");
    await cacheIsOver();
    assert.equal((await create(token)).status, 403);
    assert.equal((await ask(NETWORKS, { token })).body.networks.length, 1);

    await grant("PUT", "admin");
    const admin = await keystone.token("alt_demo");
    assert.ok((await ask(NETWORKS, { token: admin })).body.networks.length > 1);

    await grant("DELETE", "admin");
    await grant("DELETE", "reader");
    await cacheIsOver();
    assert.equal(await status(NETWORKS, { token: admin }), 401);
  });
});

describe("an application credential", () => {
  async function login(access_rules?: object[]): Promise<string> {
    const token = await keystone.token("demo");
    const user = await idOf("users", "demo");
    const application_credential = { name: `app-${Math.random()}`, ...(access_rules ? { access_rules } : {}) };
    const path = `/users/${user}/application_credentials`;
    const made = await keystone.ask("POST", path, { application_credential }, { "x-auth-token": token });
    const { id, secret } = made.body.application_credential;
    const identity = { methods: ["application_credential"], application_credential: { id, secret } };
    const { headers } = await keystone.ask("POST", "/auth/tokens", { auth: { identity } }, {});
    return String(headers.get("x-subject-token"));
  }

  it("is its user in its project", async () => {
    const { status, body } = await create(await login());
    assert.deepEqual([status, body.network?.project_id], [201, await idOf("projects", "demo")]);
  });

  it("is good for what its access rules allow", async () => {
    const token = await login([{ service: "network", method: "GET", path: "/v2.0/networks" }]);
    assert.equal(await status(`${NETWORKS}?limit=1`, { token }), 200);
    assert.equal((await create(token)).status, 401);
    assert.equal(await status("/v2.0/ports", { token }), 401);
  });
});

describe("without Keystone", () => {
  it("who is known goes on, and others are told to come again", async () => {
    const [known, unknown] = [await keystone.token("demo"), await keystone.token("demo")];
    assert.equal(await status(NETWORKS, { token: known }), 200);
    keystone.process.kill("SIGKILL");
    await keystone.process.ended();
    assert.equal(await status(NETWORKS, { token: known }), 200);
    const reply = await ask(NETWORKS, { token: unknown });
    assert.deepEqual([reply.status, reply.body.NeutronError.type], [503, "ServiceUnavailable"]);
    assert.ok(Number(reply.headers.get("retry-after")) > 0);
    await until("the log to tell", async () => {
      const log = await readFile(control.logFile, "utf8");
      return log.includes("tokens cannot be validated") || undefined;
    });
  });
});
