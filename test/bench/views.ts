/** Host views in a cloud of 100,000 ports and 1,000 watching hosts: memory, and how soon a port's change is everywhere. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../control/auth/mod.ts";
import { MemoryTables, type RecordWrite } from "../../control/memory-tables.ts";
import { Views } from "../../control/views/mod.ts";
import { type HostRecord, type Ip, type Kind, mac, type NetworkRecord, type PortRecord } from "../../model/mod.ts";
import { etcdStore, keys } from "../../store/mod.ts";
import { freePort, startEtcd } from "../kit/etcd.ts";
import { Neutron } from "../kit/neutron.ts";
import { ROOT } from "../kit/place.ts";
import { start, until } from "../kit/process.ts";
import { median, percentile, type Row, row } from "./row.ts";

const HOSTS = 1_000;
const PORTS = 100_000;
const CHANGES = 200;
const SHARED = uuid("e", 0);

/** `networks` small ones, each on its share of the hosts, and one that every host has a port in. */
interface Shape {
  networks: number;
  hostsPerNetwork: number;
}

type Records = { kind: Kind; id: string; record: NetworkRecord | PortRecord | HostRecord }[];

function uuid(first: string, number: number): string {
  return `${first}0000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

const hostName = (index: number) => `host${index % HOSTS}`;
const token = (index: number) => `token-of-host-number-${index}`;

function standard(id: string) {
  const at = "2026-01-01T00:00:00Z";
  return {
    id,
    project_id: "p",
    name: "",
    description: "",
    created_at: at,
    updated_at: at,
    revision_number: 1,
    tags: [],
  };
}

function network(id: string, vni: number): NetworkRecord {
  return {
    ...standard(id),
    admin_state_up: true,
    status: "ACTIVE",
    mtu: 1450,
    port_security_enabled: true,
    dns_domain: "",
    availability_zone_hints: [],
    vlan_transparent: null,
    is_default: false,
    "router:external": false,
    "provider:network_type": "vxlan",
    "provider:physical_network": null,
    "provider:segmentation_id": vni,
  };
}

function port(index: number, networkId: string, host: string): PortRecord {
  const bytes = [index >> 16, (index >> 8) & 255, index & 255];
  return {
    ...standard(uuid("a", index)),
    network_id: networkId,
    admin_state_up: true,
    status: "ACTIVE",
    mac_address: mac(`fa:16:3e:${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`),
    fixed_ips: [{ subnet_id: uuid("5", 0), ip_address: `10.${bytes.join(".")}` as Ip }],
    device_id: uuid("d", index),
    device_owner: "compute:nova",
    security_groups: [],
    port_security_enabled: true,
    allowed_address_pairs: [],
    extra_dhcp_opts: [],
    dns_name: "",
    dns_domain: "",
    "binding:host_id": host,
    "binding:vnic_type": "normal",
    "binding:profile": {},
    "binding:vif_type": "tap",
    "binding:vif_details": {},
  };
}

function host(index: number): HostRecord {
  const facts = { physical_networks: {}, underlay_mtu: 1500, agent_version: "1", datapath: "ebpf" as const };
  const tunnel_ip = `198.18.${index >> 8}.${index & 255}` as Ip;
  const created_at = "2026-01-01T00:00:00Z";
  const name = hostName(index);
  return {
    name,
    token_sha256: digestOf(token(index)),
    container_projects: [],
    created_at,
    facts: { ...facts, tunnel_ip },
  };
}

function cloud({ networks, hostsPerNetwork }: Shape): Records {
  const records: Records = [{ kind: "network", id: SHARED, record: network(SHARED, 1) }];
  for (let i = 0; i < HOSTS; i++) records.push({ kind: "host", id: hostName(i), record: host(i) });
  for (let i = 0; i < networks; i++)
    records.push({ kind: "network", id: uuid("f", i), record: network(uuid("f", i), 2 + i) });
  for (let i = 0; i < PORTS; i++) {
    const at = i % networks;
    const onHost = hostName(at * hostsPerNetwork + (Math.floor(i / networks) % hostsPerNetwork));
    const record = i < HOSTS ? port(i, SHARED, hostName(i)) : port(i, uuid("f", at), onHost);
    records.push({ kind: "port", id: record.id, record });
  }
  return records;
}

/** What one change costs inside the control node: deriving it and handing it to every reader concerned. */
function changeCost(): Row[] {
  const records = cloud({ networks: 100, hostsPerNetwork: 100 });
  const memory = new MemoryTables();
  const write = ({ kind, id, record }: Records[number]) =>
    ({ kind, id, after: { record, modRevision: 1 } }) as RecordWrite;
  memory.apply(records.map(write), 1);
  const views = new Views(memory);
  const reader = { send: () => {}, end: () => {} };
  for (let i = 0; i < HOSTS; i++) views.open(hostName(i), undefined, reader);
  let revision = 1;
  const cost = (indexes: number[]) =>
    indexes.map((index, i) => {
      const { record } = memory.get("port", uuid("a", index))!;
      const changed = {
        ...record,
        allowed_address_pairs: [{ ip_address: `10.9.9.${i}` as Ip, mac_address: record.mac_address }],
      };
      const began = performance.now();
      memory.apply([write({ kind: "port", id: record.id, record: changed })], ++revision);
      return performance.now() - began;
    });
  const own = cost(Array.from({ length: 1000 }, (_, i) => HOSTS + i * 7));
  const shared = cost(Array.from({ length: 500 }, (_, i) => i));
  views.close();
  const note = (times: number[]) => `99th percentile ${percentile(times, 0.99).toFixed(3)} ms`;
  return [
    row("views: one port's change, derived and handed to 100 hosts: CPU", median(own), "ms", { atMost: 1 }, note(own)),
    row("views: the same to 1,000 hosts", median(shared), "ms", { atMost: 5 }, note(shared)),
  ];
}

/** 1,000 open streams, which tell when a marker has arrived at how many of them. */
class Streams {
  readonly #agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  #marker = "";
  #missing = 0;
  #arrived = () => {};
  synced = 0;

  open(url: string, index: number): void {
    const headers = { authorization: `Bearer ${token(index)}` };
    let isSynced = false;
    get(`${url}/v1/hosts/${hostName(index)}/watch`, { agent: this.#agent, headers }, (response) => {
      response.setEncoding("latin1").on("data", (text: string) => {
        if (!isSynced && text.includes('"synced"')) {
          isSynced = true;
          this.synced++;
        }
        if (this.#marker !== "" && text.includes(this.#marker) && --this.#missing === 0) this.#arrived();
      });
    });
  }

  /** Milliseconds from now until `count` streams have had the marker. */
  async arrival(marker: string, count: number): Promise<number> {
    const began = performance.now();
    this.#marker = marker;
    this.#missing = count;
    await new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    return performance.now() - began;
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function processCost(log: (line: string) => void): Promise<Row[]> {
  const directory = await mkdtemp(join(tmpdir(), "cable-bench-views-"));
  const etcd = await startEtcd(directory);
  const streams = new Streams();
  const at = `127.0.0.1:${await freePort()}`;
  const url = `http://${at}`;
  await writeFile(join(directory, "admin"), "operator-operator\n");
  try {
    log(`writing ${PORTS} ports`);
    await fill(etcd.endpoint, cloud({ networks: 1000, hostsPerNetwork: 10 }));
    log("starting a control node");
    const flags = ["--listen", at, "--etcd", etcd.endpoint, "--auth", "none", "--log-level", "warn"];
    const began = performance.now();
    const control = start({
      name: "control",
      command: [process.execPath, join(ROOT, "tools/start.ts"), "control", ...flags],
      logFile: join(directory, "log"),
    });
    try {
      const isUp = async () => (await fetch(`${url}/healthz`)).ok || undefined;
      await until("the control node", isUp, { process: control, timeoutMs: 60_000 });
      const startSeconds = (performance.now() - began) / 1000;
      log(`opening ${HOSTS} streams`);
      for (let i = 0; i < HOSTS; i++) streams.open(url, i);
      await until("all snapshots", () => streams.synced === HOSTS || undefined, {
        process: control,
        timeoutMs: 120_000,
      });
      log("changing ports");
      const few = await arrivals(url, streams, HOSTS, 10);
      const all = await arrivals(url, streams, 0, HOSTS);
      await sleep(1000);
      const residentMiB =
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${control.pid}/status`, "utf8"))?.[1]) / 1024;
      const note = (times: number[]) => `median ${median(times).toFixed(1)} ms`;
      const size = "100,000 ports, 1,000 hosts watching";
      return [
        row(`${size}: control node's memory`, residentMiB, "MiB", { atMost: 2048 }),
        row(`${size}: start to first answer`, startSeconds, "s", { atMost: 15 }),
        row(`${size}: API call to 10 hosts, p99`, percentile(few, 0.99), "ms", { atMost: 100 }, note(few)),
        row(`${size}: API call to 1,000 hosts, p99`, percentile(all, 0.99), "ms", { atMost: 100 }, note(all)),
      ];
    } finally {
      await control.stop();
    }
  } finally {
    streams.close();
    await etcd.stop();
    await rm(directory, { recursive: true });
  }
}

async function fill(endpoint: string, records: Records): Promise<void> {
  const store = etcdStore({ endpoints: [endpoint] });
  for (let i = 0; i < records.length; i += 500) {
    const writes = records.slice(i, i + 500).map(({ kind, id, record }) => ({
      kind: "put" as const,
      key: keys.record(kind, id),
      value: JSON.stringify(record),
    }));
    await store.commit({ guards: [], writes });
  }
  await store.close();
}

/** Changes ports by the API, from index `first` on, and waits until `hosts` streams have each change. */
async function arrivals(url: string, streams: Streams, first: number, hosts: number): Promise<number[]> {
  const neutron = new Neutron(url, { "x-project-id": "p" });
  const times: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const address = `10.99.${hosts >> 8}.${i}`;
    const arrival = streams.arrival(`"${address}"`, hosts);
    await neutron.update("port", uuid("a", first + i), { allowed_address_pairs: [{ ip_address: address }] });
    times.push(await arrival);
  }
  return times;
}

export async function viewsBench(log: (line: string) => void): Promise<Row[]> {
  return [...changeCost(), ...(await processCost(log))];
}
