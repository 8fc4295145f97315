/** A whole cloud on one machine: a topology becomes a running lab, made through the API as a user would make it. */
import { readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:net";
import type { NetworkingTypes } from "../../api/mod.ts";
import type { PortRecord } from "../../model/mod.ts";
import { startContainer } from "./container.ts";
import { type Control, startControl, startStore } from "./control.ts";
import { type Etcd, freePort } from "./etcd.ts";
import { type Host, type HostOptions, makeHost } from "./host.ts";
import { isFreePort, takeLock } from "./lock.ts";
import { startMachine } from "./machine.ts";
import { Neutron } from "./neutron.ts";
import { labDirectory, makeDirectory } from "./place.ts";
import { portAttributes, vlanOf } from "./port-attributes.ts";
import { until } from "./process.ts";
import { type ReachCell, type ReachTest, reach, type Target } from "./reach.ts";
import { type LabState, processStart, removeLab, stateFile } from "./state.ts";
import type { Switch } from "./switch.ts";
import { type NetworkSpec, PHYSICAL_NETWORK, type Topology, type WorkloadSpec } from "./topology.ts";
import { type LabWire, makeLabWire } from "./underlay.ts";
import { startVm } from "./vm.ts";
import { untilAddressed, type Workload } from "./workload.ts";

/** Told as a step begins, and again with its seconds as it ends. */
export type Progress = (step: string, seconds?: number) => void;

export interface LabNetwork {
  network: NetworkingTypes["network"];
  subnets: NetworkingTypes["subnet"][];
}

export interface LabWorkload {
  workload: Workload;
  spec: WorkloadSpec;
  port: PortRecord;
  netns: string;
}

export class Lab {
  readonly name: string;
  readonly directory: string;
  readonly hosts = new Map<string, Host>();
  readonly networks = new Map<string, LabNetwork>();
  readonly workloads = new Map<string, LabWorkload>();
  readonly controls: Control[] = [];
  readonly #topology: Topology;
  readonly #progress: Progress;
  #lock: Server | undefined;
  #etcd: Etcd | undefined;
  #wire: LabWire | undefined;
  #interrupted = false;

  private constructor(name: string, topology: Topology, progress: Progress) {
    this.name = name;
    this.directory = labDirectory(name);
    this.#topology = topology;
    this.#progress = progress;
  }

  /** Brings the topology up; whatever stops it half-way is taken down again. @throws Error when `name` is running */
  static async start(
    name: string,
    topology: Topology,
    progress: Progress = () => {},
    interrupt?: AbortSignal,
  ): Promise<Lab> {
    const lab = new Lab(name, topology, progress);
    interrupt?.addEventListener("abort", () => {
      lab.#interrupted = true;
    });
    lab.#lock = await takeLock(name);
    try {
      await lab.#up();
    } catch (error) {
      const kept = lab.#interrupted ? "" : await lab.#evidence();
      await lab.down();
      throw kept === "" ? error : new Error(`${(error as Error).message}\n${kept}`, { cause: error });
    }
    return lab;
  }

  get control(): Control {
    return this.controls[0] as Control;
  }

  get etcd(): Etcd {
    return this.#etcd as Etcd;
  }

  get wire(): Switch {
    return this.#labWire.wire;
  }

  get #labWire(): LabWire {
    if (this.#wire === undefined) throw new Error("the lab has no switch yet");
    return this.#wire;
  }

  get neutron(): Neutron {
    return new Neutron(this.control.url);
  }

  host(name: string): Host {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`the lab has no host ${name}`);
    return host;
  }

  workload(name: string): Workload {
    return this.entry(name).workload;
  }

  entry(name: string): LabWorkload {
    const entry = this.workloads.get(name);
    if (entry === undefined) throw new Error(`the lab has no workload ${name}`);
    return entry;
  }

  /** A workload as others are to reach it: at its port's addresses. */
  target(name: string): Target {
    const { workload, port } = this.entry(name);
    return { workload, ips: port.fixed_ips.map((fixed) => fixed.ip_address) };
  }

  /** The whole table: within each network everyone to everyone. */
  async reach(tests?: readonly ReachTest[]): Promise<ReachCell[]> {
    const groups = Map.groupBy(this.#names(), (name) => this.entry(name).spec.network);
    const cells: ReachCell[] = [];
    for (const members of groups.values()) {
      const targets = members.map((name) => this.target(name));
      cells.push(
        ...(await reach(
          targets.map((target) => target.workload),
          targets,
          tests,
        )),
      );
    }
    return cells;
  }

  /** The workloads' names in the topology's order, whichever came up first; then those added since. */
  #names(): string[] {
    const first = Object.keys(this.#topology.workloads).filter((name) => this.workloads.has(name));
    return [...new Set([...first, ...this.workloads.keys()])];
  }

  async addHost(
    name: string,
    options: Pick<HostOptions, "token" | "enter" | "containerProjects"> & { start?: boolean } = {},
  ): Promise<Host> {
    const { start, ...more } = options;
    const index = this.hosts.size + 1;
    const host = await makeHost({
      name,
      netns: `${this.name}-${name}`,
      directory: this.directory,
      wire: this.wire,
      underlay: this.#labWire.address(index),
      tunnelFamily: this.#topology.hosts[name]?.tunnelFamily ?? 4,
      physicalNetworks: this.#topology.hosts[name]?.isOnWire === false ? [] : [PHYSICAL_NETWORK],
      controls: this.controls,
      metadata: this.#topology.hosts[name]?.metadata,
      dnsUpstream: this.#topology.hosts[name]?.dnsUpstream,
      ...more,
    });
    this.hosts.set(name, host);
    if (start !== false) await host.startAgent();
    return host;
  }

  /** Stops its agent and takes its namespace away; the control node keeps its record. */
  async removeHost(name: string): Promise<void> {
    await this.host(name).remove();
    this.hosts.delete(name);
  }

  async addNetwork(name: string, spec: NetworkSpec): Promise<LabNetwork> {
    const provider =
      spec.vlan === undefined
        ? {}
        : {
            "provider:network_type": "vlan",
            "provider:physical_network": PHYSICAL_NETWORK,
            "provider:segmentation_id": spec.vlan,
          };
    const network = await this.neutron.create("network", { name, ...provider, ...spec.attributes });
    const subnets: NetworkingTypes["subnet"][] = [];
    for (const cidr of spec.subnets) {
      const family = cidr.includes(":")
        ? { ip_version: 6, ipv6_ra_mode: "slaac", ipv6_address_mode: "slaac" }
        : { ip_version: 4 };
      const body = { name: `${name}-ipv${family.ip_version}`, network_id: network.id, cidr, ...family };
      subnets.push(await this.neutron.create("subnet", body));
    }
    const made = { network, subnets };
    this.networks.set(name, made);
    return made;
  }

  /** Makes the port through the API and the workload on it; resolves when the port is in force and addressed. */
  async addWorkload(name: string, spec: WorkloadSpec): Promise<LabWorkload> {
    const network = this.networks.get(spec.network)?.network;
    if (network === undefined) throw new Error(`${name}: the lab has no network ${spec.network}`);
    const port = await this.neutron.create("port", {
      name,
      network_id: network.id,
      "binding:host_id": spec.host,
      ...portAttributes(name, spec),
      ...spec.attributes,
    });
    const host = this.host(spec.host);
    const common = { name, directory: this.directory, port };
    const own = `${this.name}-${name}`;
    const netns = spec.kind === "vm" ? host.netns : own;
    const workload =
      spec.kind === "vm"
        ? await startVm({ ...common, netns, mtu: network.mtu })
        : spec.kind === "container"
          ? await startContainer({ ...common, netns, host })
          : await startMachine({ ...common, netns, wire: this.wire, vlan: vlanOf(name, spec) });
    const entry = { workload, spec, port, netns };
    this.workloads.set(name, entry);
    await untilAddressed(
      workload,
      port.fixed_ips.map((fixed) => fixed.ip_address),
    );
    await until(`the port of ${name} to be ACTIVE`, async () => {
      const { status } = await this.neutron.show("port", port.id);
      if (status !== "ACTIVE") throw new Error(`it is ${status}`);
      return true;
    });
    return entry;
  }

  async removeWorkload(name: string): Promise<void> {
    const { workload, port } = this.entry(name);
    await workload.stop();
    this.workloads.delete(name);
    await this.neutron.delete("port", port.id);
  }

  /** Everything goes, also after a failure half-way. */
  async down(): Promise<void> {
    await Promise.all([...this.workloads.values()].map(({ workload }) => workload.stop().catch(() => {})));
    await Promise.all([...this.hosts.values()].map((host) => host.remove().catch(() => {})));
    for (const control of this.controls) await control.stop();
    await this.#etcd?.stop();
    await removeLab(this.name);
    this.#lock?.close();
  }

  async #up(): Promise<void> {
    await removeLab(this.name); // what a killed one left
    await makeDirectory(this.directory);
    await this.#write({});
    await this.#step("switch and etcd", async () => {
      const [etcd, wire] = await Promise.all([startStore(this.directory), makeLabWire(`${this.name}-switch`)]);
      this.#etcd = etcd;
      this.#wire = wire;
      await this.#write({});
    });
    await this.#step("control node", () => this.#startControls());
    const hosts = Object.keys(this.#topology.hosts);
    await this.#step(`hosts ${hosts.join(", ")}, each with its agent`, async () => {
      for (const name of hosts) await this.addHost(name, { start: false });
      await Promise.all([...this.hosts.values()].map((host) => host.startAgent()));
    });
    const networks = Object.entries(this.#topology.networks);
    await this.#step(`networks ${networks.map(([name]) => name).join(", ")}`, async () => {
      for (const [name, spec] of networks) await this.addNetwork(name, spec);
    });
    const workloads = Object.entries(this.#topology.workloads);
    await this.#step(`workloads ${workloads.map(([name]) => name).join(", ")}, addressed`, async () => {
      await Promise.all(workloads.map(([name, spec]) => this.addWorkload(name, spec)));
    });
    if (this.#interrupted) throw new Error("interrupted");
    await this.#write(this.#facts());
  }

  async #startControls(): Promise<void> {
    const { ip4, ip6 } = this.#labWire.control;
    const { controlFlags } = this.#topology;
    const place = { directory: this.directory, address: ip4 };
    const flags = typeof controlFlags === "function" ? await controlFlags(place) : controlFlags;
    for (let index = 1; index <= (this.#topology.controls ?? 1); index++) {
      const wish = index === 1 ? this.#topology.apiPort : undefined;
      const port = wish !== undefined && (await isFreePort(wish)) ? wish : await freePort();
      const control = await startControl({
        name: `control${index}`,
        directory: this.directory,
        etcd: this.etcd,
        port,
        addresses: [ip4, `[${ip6}]`],
        ...(flags === undefined ? {} : { flags }),
      });
      this.controls.push(control);
    }
  }

  async #step(what: string, work: () => Promise<void>): Promise<void> {
    if (this.#interrupted) throw new Error("interrupted");
    const began = performance.now();
    this.#progress(what);
    await work();
    this.#progress(what, (performance.now() - began) / 1000);
  }

  #facts(): Partial<LabState> {
    return {
      url: this.control.url,
      hosts: [...this.hosts.values()].map(({ name, netns, underlay, socket }) => ({ name, netns, underlay, socket })),
      workloads: this.#names().map((name) => {
        const { spec, port, netns } = this.entry(name);
        return {
          name,
          kind: spec.kind,
          host: spec.host,
          network: spec.network,
          netns,
          portId: port.id,
          mac: port.mac_address,
          ips: port.fixed_ips.map((fixed) => fixed.ip_address),
        };
      }),
    };
  }

  async #write(facts: Partial<LabState>): Promise<void> {
    const state: LabState = {
      name: this.name,
      pid: process.pid,
      processStart: processStart(process.pid) ?? "",
      rootLink: this.#wire?.rootLink ?? "",
      url: "",
      hosts: [],
      workloads: [],
      ...facts,
    };
    await writeFile(stateFile(this.name), `${JSON.stringify(state, null, 2)}\n`);
  }

  /** The ends of the logs, for whoever reads why it did not come up. */
  async #evidence(): Promise<string> {
    const logs = [...this.controls, ...this.hosts.values()].map(({ name, logFile }) => ({ name, logFile }));
    const ends = await Promise.all(
      logs.map(async ({ name, logFile }) => {
        const text = await readFile(logFile, "utf8").catch(() => "");
        return text === "" ? [] : [`--- the last lines of ${name}:`, ...text.trimEnd().split("\n").slice(-8)];
      }),
    );
    return ends.flat().join("\n");
  }
}
