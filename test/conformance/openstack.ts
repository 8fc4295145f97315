/** An OpenStack whose network service is Cable: real etcd, real Keystone, one control node, and hosts that are alive. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostClient } from "../../api/client.ts";
import type { HostFacts } from "../../model/mod.ts";
import { freePort } from "../kit/etcd.ts";
import { type Control, type Keystone, Neutron, startControl, startKeystone, startStore, until } from "../kit/mod.ts";
import { startCompute } from "./compute.ts";

export interface OpenStack {
  keystone: Keystone;
  control: Control;
  /** Temporary; removed by stop(). */
  directory: string;
  /** The Neutron API as a user whom Keystone knows, in the project of the same name. */
  as(user: string): Promise<Neutron>;
  /** Resolves when the hosts' agents are shown as alive, which takes one beat of the control node. */
  hostsSeen(): Promise<void>;
  stop(): Promise<void>;
}

export const HOSTS = ["host1", "host2"] as const;
export const PHYSICAL_NETWORK = "physnet1";

/** With KEEP=1 in the environment, the directory with all logs stays. @throws Error that says which part did not start */
export async function startOpenStack(): Promise<OpenStack> {
  const directory = await mkdtemp(join(tmpdir(), "cable-openstack-"));
  const port = await freePort();
  const clear = process.env.KEEP === undefined;
  const stops = [async () => (clear ? rm(directory, { recursive: true, force: true }) : console.log(directory))];
  const stop = async () => {
    for (const each of stops.reverse()) await each();
  };
  try {
    const [etcd, keystone] = await Promise.all([
      startStore(directory),
      startKeystone({ networkUrl: `http://127.0.0.1:${port}`, parent: directory }),
    ]);
    stops.push(
      () => etcd.stop(),
      () => keystone.stop(),
    );
    const flags = await keystoneFlags(keystone, directory);
    const control = await startControl({ name: "control", directory, etcd, port, addresses: [], flags });
    stops.push(() => control.stop());
    stops.push(...(await Promise.all(HOSTS.map((name, index) => startHost(control, name, `192.0.2.${index + 1}`)))));
    stops.push(await startCompute(keystone, HOSTS));
    const as = async (user: string) => new Neutron(control.url, { "x-auth-token": await keystone.token(user) });
    const hostsSeen = async () => {
      const admin = await as("admin");
      const away = async () => (await admin.request("GET", "/v2.0/agents?alive=false")) as { agents: unknown[] };
      await until("hosts to be alive", async () => ((await away()).agents.length === 0 ? true : undefined));
    };
    return { keystone, control, directory, as, hostsSeen, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function keystoneFlags(keystone: Keystone, directory: string): Promise<string[]> {
  const passwordFile = join(directory, "keystone-password");
  await writeFile(passwordFile, `${keystone.password}\n`, { mode: 0o600 });
  const account = ["--keystone-user", "cable", "--keystone-project", "service"];
  return [
    "--auth",
    "keystone",
    "--keystone-url",
    keystone.authUrl,
    ...account,
    "--keystone-password-file",
    passwordFile,
  ];
}

/** A host as the control node sees one: its record, its report and an open stream. Returns what ends it. */
async function startHost(control: Control, name: string, tunnelIp: string): Promise<() => Promise<void>> {
  const token = `token-of-${name}-${control.adminToken.slice(0, 16)}`;
  await control.native().request("POST", "/v1/hosts", { name, token });
  const client = new HostClient({ urls: [control.url], host: name, token });
  const facts = {
    tunnel_ip: tunnelIp,
    physical_networks: { [PHYSICAL_NETWORK]: "eth1" },
    underlay_mtu: 1500,
    agent_version: "1",
    datapath: "ebpf",
  } as unknown as HostFacts;
  await client.report({ facts, revision: 0, ports: {} });
  const end = new AbortController();
  const stream = client.watch(undefined, () => {}, end.signal);
  return async () => {
    end.abort();
    await stream;
    client.close();
  };
}
