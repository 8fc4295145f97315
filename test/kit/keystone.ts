/** A real Keystone, Debian's, on SQLite and a free port of loopback: for tests, benches and clients that need tokens. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./etcd.ts";
import {
  type Ask,
  copyPrepared,
  DEBIAN_PYTHON,
  KEYSTONE_PASSWORD,
  type KeystoneTimes,
  prepared,
  writeConfig,
} from "./keystone-seed.ts";
import { type Running, start, until } from "./process.ts";

export interface KeystoneOptions extends Partial<KeystoneTimes> {
  /** The catalogue's endpoint for `network`, without /v2.0. */
  networkUrl: string;
  /** "RegionOne" without. */
  region?: string;
  /** Where its temporary directory is made. */
  parent?: string;
}

export interface Scope {
  /** A project's name in the domain Default; the user's name without, null for a token without scope. */
  project?: string | null;
  /** Another user's password. */
  password?: string;
  /** Instead of a project: the whole deployment, or the domain Default. */
  over?: "system" | "domain";
}

export interface KeystoneReply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any;
}

/** Users admin, demo, alt_demo (member) and cable (service, in project service), in projects of their names. */
export interface Keystone {
  /** Ends in /v3. */
  readonly authUrl: string;
  readonly region: string;
  /** Every prepared user's. */
  readonly password: string;
  readonly process: Running;
  /** A new token. @throws Error with Keystone's answer */
  token(user: string, scope?: Scope): Promise<string>;
  /** A call below /v3, with the administrator's token if none is given. */
  ask(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<KeystoneReply>;
  /** What an openrc file would set, for the `openstack` command and the SDKs. */
  env(user: string, project?: string): Record<string, string>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** The name of the project in which a user works unless told otherwise. */
const homeOf = (user: string) => (user === "cable" ? "service" : user);

/**
 * One process with one thread, since SQLite refuses writers that meet; a connection is closed after its answer, or an
 * idle client would have it for itself.
 */
const UWSGI = [
  ...["uwsgi", "--plugins", "python3", "--wsgi-file", "/usr/bin/keystone-wsgi-public", "--need-app"],
  ...["--enable-threads", "--buffer-size", "65535", "--listen", "100", "--die-on-term"],
  ...["--disable-logging", "--add-header", "Connection: close"],
];

/** Takes some two seconds, and some more when it is started for the first time. @throws Error with its last lines */
export async function startKeystone(options: KeystoneOptions): Promise<Keystone> {
  const from = await prepared(async (directory, seed) => {
    const keystone = await serve(directory, await freePort(), {});
    const ask: Ask = async (method, path, body) => {
      const { status, body: reply } = await keystone.ask(method, path, body);
      if (status >= 300)
        throw new Error(`Keystone answered ${method} ${path} with ${status}: ${JSON.stringify(reply)}`);
      return reply;
    };
    await seed(ask).finally(() => end(keystone.process));
  });
  // Another process may take a port between finding and using it, so some attempts are made.
  for (let attempt = 0; ; attempt++) {
    const directory = await mkdtemp(join(options.parent ?? tmpdir(), "cable-keystone-"));
    try {
      const port = await freePort();
      const { networkUrl, region = "RegionOne" } = options;
      await copyPrepared(from, directory, { authUrl: `http://127.0.0.1:${port}/v3`, networkUrl, region });
      return await serve(directory, port, options);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      if (attempt === 3) throw error;
    }
  }
}

async function serve(directory: string, port: number, options: Partial<KeystoneOptions>): Promise<Keystone> {
  const { tokenSeconds = 3600, expiredWindowSeconds = 172_800 } = options;
  const config = await writeConfig(directory, { tokenSeconds, expiredWindowSeconds });
  const running = start({
    name: "keystone",
    command: [...UWSGI, "--http-socket", `127.0.0.1:${port}`],
    logFile: join(directory, "log"),
    env: { ...DEBIAN_PYTHON, OS_KEYSTONE_CONFIG_FILES: config },
  });
  const authUrl = `http://127.0.0.1:${port}/v3`;
  const answers = async () => ((await fetch(authUrl, { signal: AbortSignal.timeout(10_000) })).ok ? true : undefined);
  try {
    await until(`Keystone to answer on ${authUrl}`, answers, { process: running, timeoutMs: 60_000 });
  } catch (error) {
    await end(running);
    throw error;
  }
  return client(authUrl, options.region ?? "RegionOne", running, directory);
}

/** SIGKILL: it has nothing to save, and would spend its last second on an abort in the interpreter's end. */
async function end(running: Running): Promise<void> {
  running.kill("SIGKILL");
  await running.ended();
}

function client(authUrl: string, region: string, running: Running, directory: string): Keystone {
  let adminToken: Promise<string> | undefined;
  const keystone: Keystone = {
    authUrl,
    region,
    password: KEYSTONE_PASSWORD,
    process: running,
    async token(user, scope = {}) {
      const { status, headers, body } = await request("POST", "/auth/tokens", passwordLogin(user, scope), {});
      const token = headers.get("x-subject-token");
      if (token === null) throw new Error(`Keystone answered ${user}'s login with ${status}: ${JSON.stringify(body)}`);
      return token;
    },
    async ask(method, path, body, headers) {
      if (headers !== undefined) return request(method, path, body, headers);
      adminToken ??= keystone.token("admin");
      const reply = await request(method, path, body, { "x-auth-token": await adminToken });
      if (reply.status !== 401) return reply;
      // Expired, or revoked by the very change of a role or a password that the test is about.
      adminToken = keystone.token("admin");
      return request(method, path, body, { "x-auth-token": await adminToken });
    },
    env: (user, project = homeOf(user)) => ({
      OS_AUTH_URL: authUrl,
      OS_IDENTITY_API_VERSION: "3",
      OS_USERNAME: user,
      OS_PASSWORD: KEYSTONE_PASSWORD,
      OS_PROJECT_NAME: project,
      OS_USER_DOMAIN_NAME: "Default",
      OS_PROJECT_DOMAIN_NAME: "Default",
      OS_REGION_NAME: region,
    }),
    async stop() {
      await end(running);
      await rm(directory, { recursive: true, force: true });
    },
  };
  async function request(method: string, path: string, body: object | undefined, headers: Record<string, string>) {
    const reply = await fetch(authUrl + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, body: text === "" ? undefined : JSON.parse(text) };
  }
  return keystone;
}

function passwordLogin(user: string, { project = homeOf(user), password = KEYSTONE_PASSWORD, over }: Scope): object {
  const domain = { id: "default" };
  const identity = { methods: ["password"], password: { user: { name: user, domain, password } } };
  if (over === "system") return { auth: { identity, scope: { system: { all: true } } } };
  if (over === "domain") return { auth: { identity, scope: { domain } } };
  if (project === null) return { auth: { identity, scope: "unscoped" } };
  return { auth: { identity, scope: { project: { name: project, domain } } } };
}
