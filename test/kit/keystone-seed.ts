/**
 * What a Keystone for tests starts from: a database with users, projects, roles and a catalogue, and the keys for tokens.
 * Making it takes some seconds, so it is made once, kept under .build, and each start takes a copy.
 */
import { createHash, randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BUILD, makeDirectory } from "./place.ts";
import { must } from "./run.ts";

/** The one password of all users. */
export const KEYSTONE_PASSWORD = "secret-of-the-tests";

/** To be raised with any change of what is prepared. */
const RECIPE = 2;
/** Written into the prepared catalogue, replaced in a copy. */
const PREPARED = { authUrl: "http://keystone.invalid/v3", networkUrl: "http://network.invalid", region: "prepared" };

export type Ask = (method: string, path: string, body?: object) => Promise<Record<string, { id: string }>>;

export interface KeystoneTimes {
  /** How long a token is good. */
  tokenSeconds: number;
  /** How long after its end a service may still have it validated. */
  expiredWindowSeconds: number;
}

/** Writes `directory`/keystone.conf for a database and keys that lie beside it; returns its path. */
export async function writeConfig(directory: string, times: KeystoneTimes): Promise<string> {
  const file = join(directory, "keystone.conf");
  const lines = [
    "[database]",
    `connection = sqlite:///${join(directory, "keystone.db")}`,
    "sqlite_synchronous = false",
    "[token]",
    "provider = fernet",
    `expiration = ${times.tokenSeconds}`,
    `allow_expired_window = ${times.expiredWindowSeconds}`,
    ...["[fernet_tokens]", `key_repository = ${join(directory, "fernet")}`],
    ...["[fernet_receipts]", `key_repository = ${join(directory, "fernet")}`],
    ...["[credential]", `key_repository = ${join(directory, "credential")}`],
    "[identity]",
    "password_hash_rounds = 4",
    // Without a cache, one validation is over a thousand queries. One in the process is enough, since there is but one.
    ...["[cache]", "enabled = true", "backend = dogpile.cache.memory_pickle"],
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

/** The path of a prepared database with its keys; made when it is not there. `serve` runs a Keystone on it meanwhile. */
export async function prepared(serve: (directory: string, seed: (ask: Ask) => Promise<void>) => Promise<void>) {
  const version = await must(["dpkg-query", "--show", "python3-keystone"]);
  const name = createHash("sha256").update(`${RECIPE} ${version}`).digest("hex").slice(0, 12);
  const home = await makeDirectory(join(BUILD, "keystone"));
  const final = join(home, name);
  if (await stat(final).catch(() => undefined)) return final;
  const draft = await mkdtemp(join(home, "draft-"));
  try {
    await makeKeys(draft);
    await bootstrap(draft);
    await serve(draft, seed);
    // Another process may have been quicker: then its work is as good.
    await rename(draft, final).catch(async (error: unknown) => {
      if (!(await stat(final).catch(() => undefined))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return final;
}

/** A copy of the prepared database in `directory`, with a catalogue of its own. */
export async function copyPrepared(from: string, directory: string, catalogue: typeof PREPARED): Promise<void> {
  await cp(from, directory, { recursive: true });
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const region = text(PREPARED.region);
  const sql = [
    `UPDATE endpoint SET url = replace(url, ${text(PREPARED.authUrl)}, ${text(catalogue.authUrl)})`,
    `UPDATE endpoint SET url = replace(url, ${text(PREPARED.networkUrl)}, ${text(catalogue.networkUrl)})`,
    `UPDATE endpoint SET region_id = ${text(catalogue.region)} WHERE region_id = ${region}`,
    `UPDATE region SET id = ${text(catalogue.region)} WHERE id = ${region}`,
  ];
  await must(["sqlite3", join(directory, "keystone.db"), sql.join(";")]);
}

/** As `keystone-manage fernet_setup` and `credential_setup` do, each of which takes over a second. */
async function makeKeys(directory: string): Promise<void> {
  for (const repository of ["fernet", "credential"]) {
    await mkdir(join(directory, repository), { mode: 0o700 });
    for (const name of ["0", "1"]) {
      // A Fernet key is 32 bytes in base64 with padding, in the alphabet for URLs.
      const key = `${randomBytes(32).toString("base64url")}=`;
      await writeFile(join(directory, repository, name), key, { mode: 0o600 });
    }
  }
}

async function bootstrap(directory: string): Promise<void> {
  const config = await writeConfig(directory, { tokenSeconds: 3600, expiredWindowSeconds: 3600 });
  const manage = ["keystone-manage", "--config-file", config];
  await must([...manage, "db_sync"], { env: DEBIAN_PYTHON });
  const urls = ["public", "internal", "admin"].flatMap((each) => [`--bootstrap-${each}-url`, PREPARED.authUrl]);
  const region = ["--bootstrap-region-id", PREPARED.region];
  const password = ["--bootstrap-password", KEYSTONE_PASSWORD];
  await must([...manage, "bootstrap", ...password, ...region, ...urls], { env: DEBIAN_PYTHON });
}

/** A Python set up by the user (pyenv, a virtual environment) does not have the OpenStack modules. */
export const DEBIAN_PYTHON = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", PYTHONPATH: "", PYTHONHOME: "" };

/** What the bootstrap (user, project and role admin; roles member and reader) leaves out. */
async function seed(ask: Ask): Promise<void> {
  const domain_id = "default";
  const make = async (kind: string, body: object) => {
    const made = await ask("POST", `/${kind}s`, { [kind]: body });
    return (made[kind] as { id: string }).id;
  };
  const roles: Record<string, string> = {};
  for (const { id, name } of (await ask("GET", "/roles")).roles as unknown as { id: string; name: string }[]) {
    roles[name] = id;
  }
  for (const name of ["manager", "service"]) roles[name] ??= await make("role", { name });
  // As the bootstrap of a newer Keystone does: admin implies manager, manager implies member.
  await ask("PUT", `/roles/${roles.admin}/implies/${roles.manager}`);
  await ask("PUT", `/roles/${roles.manager}/implies/${roles.member}`);
  const grants = [
    { user: "demo", project: "demo", role: "member" },
    { user: "alt_demo", project: "alt_demo", role: "member" },
    { user: "cable", project: "service", role: "service" },
  ];
  for (const { user, project, role } of grants) {
    const projectId = await make("project", { name: project, domain_id });
    const userId = await make("user", { name: user, domain_id, password: KEYSTONE_PASSWORD });
    await ask("PUT", `/projects/${projectId}/users/${userId}/roles/${roles[role]}`);
  }
  const service_id = await make("service", { type: "network", name: "neutron" });
  for (const each of ["public", "internal", "admin"]) {
    await make("endpoint", { service_id, interface: each, region_id: PREPARED.region, url: PREPARED.networkUrl });
  }
}
