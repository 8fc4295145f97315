/** Debian's Tempest, unmodified: its configuration, one run of it, and its verdicts. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { DEBIAN_PYTHON } from "../kit/keystone-seed.ts";
import { makeDirectory, must, readSubunit, run, type SubunitTest, until } from "../kit/mod.ts";

const PACKAGES = "/usr/lib/python3/dist-packages";

/** Ends with this process, and takes its workers along, which are in its process namespace. */
const TOGETHER = "setpriv --pdeathsig KILL unshare --pid --fork --kill-child";

export interface TempestTarget {
  authUrl: string;
  region: string;
  /** Of the user and the project "admin". */
  password: string;
  /** External; its addresses are for floating IPs. */
  publicNetwork: { id: string; name: string };
}

/** All of the network API is on: a test that is skipped because something is off shows as such. */
function configuration(target: TempestTarget, directory: string): string {
  return `[DEFAULT]
log_file = ${join(directory, "tempest.log")}
[oslo_concurrency]
lock_path = ${join(directory, "lock")}
[auth]
use_dynamic_credentials = true
create_isolated_networks = false
tempest_roles = member
admin_username = admin
admin_project_name = admin
admin_domain_name = Default
admin_password = ${target.password}
[identity]
auth_version = v3
uri_v3 = ${target.authUrl}
v3_endpoint_type = public
region = ${target.region}
[service_available]
neutron = true
nova = true
cinder = false
glance = false
horizon = false
swift = false
[network]
public_network_id = ${target.publicNetwork.id}
floating_network_name = ${target.publicNetwork.name}
project_network_cidr = 10.100.0.0/16
project_network_v6_cidr = 2001:db8::/48
build_interval = 0
[network-feature-enabled]
api_extensions = all
available_features = all
ipv6_subnet_attributes = true
port_security = true
floating_ips = true
[validation]
run_validation = false
`;
}

const STESTR = `[DEFAULT]
test_path=${PACKAGES}/tempest/api/network
top_dir=${PACKAGES}
`;

export class Tempest {
  readonly #directory: string;
  readonly #env: Record<string, string>;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#env = { ...DEBIAN_PYTHON, TEMPEST_CONFIG_DIR: directory, TEMPEST_CONFIG: "tempest.conf" };
  }

  /** Writes the configuration into `parent`. */
  static async prepare(parent: string, target: TempestTarget): Promise<Tempest> {
    const directory = join(parent, "tempest");
    await mkdir(join(directory, "lock"), { recursive: true });
    await writeFile(join(directory, "tempest.conf"), configuration(target, directory));
    return new Tempest(directory);
  }

  /** The names of all tests of the network API that the package has. */
  async list(): Promise<string[]> {
    const cwd = await this.#repository("list");
    const lines = (await must(["stestr", "list"], { cwd, env: this.#env })).split("\n");
    return lines.filter((line) => line.startsWith("tempest.")).map(nameOf);
  }

  /** Runs tests, a list for each worker. `name` tells runs apart. @throws Error when the runner itself failed */
  async run(name: string, workers: readonly (readonly string[])[]): Promise<SubunitTest[]> {
    const cwd = await this.#repository(name);
    await writeFile(join(cwd, "workers.yaml"), stringify(workers.map((tests) => ({ worker: tests.map(patternOf) }))));
    const command = `exec ${TOGETHER} stestr run --subunit --worker-file workers.yaml >stream`;
    const { code, stderr } = await run(["sh", "-c", command], { cwd, env: this.#env });
    // With --subunit, failed tests do not change its exit status.
    if (code !== 0) throw new Error(`stestr ended with ${code}: ${stderr}`);
    return readSubunit(await readFile(join(cwd, "stream"))).map((each) => ({ ...each, id: nameOf(each.id) }));
  }

  /** Resolves when the first test has made a request. */
  async begun(): Promise<void> {
    const log = join(this.#directory, "tempest.log");
    await until("Tempest to begin", async () => (await readFile(log, "utf8")).includes("Request (") || undefined, {
      timeoutMs: 60_000,
    });
  }

  /** A directory that stestr takes for its own: it keeps results, and no two runs can be in one at a time. */
  async #repository(name: string): Promise<string> {
    const cwd = await makeDirectory(join(this.#directory, name));
    await writeFile(join(cwd, ".stestr.conf"), STESTR);
    await must(["stestr", "init"], { cwd, env: this.#env });
    return cwd;
  }
}

/** Matches this test's id only: it may have attributes at its end. */
function patternOf(name: string): string {
  return `^${name.replaceAll(".", "\\.")}(\\[|$)`;
}

/** Without the attributes in brackets at the end: "[id-...,smoke]". */
function nameOf(id: string): string {
  return id.replace(/\[[^\]]*\]$/, "");
}
