/** Two hosts with an underlay between them and workloads on both, in namespaces of this process. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatapathLab, LabHost, LabWorkload } from "../../datapath/datapath.contract.ts";
import { aNetwork, anEndpoint, aVif, macOf, wantedOf } from "../../datapath/ebpf/fixtures.ts";
import { ebpfDatapath } from "../../datapath/ebpf/mod.ts";
import type { Datapath, WantedVif } from "../../datapath/mod.ts";
import { inNamespacePath } from "../../host/linux/netns.ts";
import { linuxHost } from "../../host/mod.ts";
import { type Ip, ip } from "../../model/mod.ts";
import { OBJECTS } from "../../tools/build-bpf.ts";
import { inNetns, ipBatch, makeNetns, makeVeth, netnsPath, removeNetns, runIn } from "../kit/netns.ts";
import { must } from "../kit/run.ts";

const MTU_BYTES = 1450;

/** The driver, with every call inside its host's namespace, where an agent lives all the time. */
function within(netns: string, datapath: Datapath): Datapath {
  return new Proxy(datapath, {
    get(target, name: keyof Datapath) {
      return (...args: unknown[]) =>
        inNamespacePath(netnsPath(netns), () => (target[name] as (...args: unknown[]) => unknown)(...args));
    },
  });
}

export class EbpfHost implements LabHost {
  readonly netns: string;
  readonly tunnelIp: Ip;
  readonly #bpfDir = mkdtempSync(join(tmpdir(), "cb2-bpf-"));
  readonly #host: ReturnType<typeof linuxHost>;
  datapath: Datapath;

  constructor(netns: string, tunnelIp: Ip) {
    this.netns = netns;
    this.tunnelIp = tunnelIp;
    this.#host = inNamespacePath(netnsPath(netns), linuxHost);
    this.datapath = this.#driver();
  }

  #driver(objectDir = OBJECTS): Datapath {
    const options = { objectDir, bpfDir: this.#bpfDir, physicalNetworks: {}, flowTableSize: 4096 };
    return within(this.netns, ebpfDatapath({ ...options, host: this.#host }));
  }

  /** With other objects it is an upgrade. */
  async restart(objectDir?: string): Promise<void> {
    await this.datapath.close();
    this.datapath = this.#driver(objectDir);
    await this.datapath.open();
  }

  /** The kernel's id of the program on each device that has one. */
  programs(): Record<string, number> {
    return inNamespacePath(netnsPath(this.netns), () => {
      const ids = this.#host.links.list().map(({ index, name }) => [name, this.#host.bpf.attachedIngress(index)]);
      return Object.fromEntries(ids.filter(([, id]) => id !== undefined));
    });
  }

  leftovers(): string[] {
    return inNamespacePath(netnsPath(this.netns), () => {
      const links = this.#host.links.list();
      const attached = links.filter(({ index }) => this.#host.bpf.attachedIngress(index) !== undefined);
      const pins = existsSync(this.#bpfDir) ? readdirSync(this.#bpfDir).filter((name) => !name.endsWith(".debug")) : [];
      return [
        ...attached.map(({ name }) => `attached ${name}`),
        ...links.filter(({ name }) => name.startsWith("cable-")).map(({ name }) => `link ${name}`),
        ...pins.map((name) => `pin ${name}`),
      ];
    });
  }

  device(name: string, kind: WantedVif["device"]["kind"]): WantedVif["device"] {
    const link = this.#host.links.byName(name);
    if (link === undefined) throw new Error(`no link ${name} in ${this.netns}`);
    return { ifindex: link.index, name, kind, vlan: null };
  }

  async close(): Promise<void> {
    await this.datapath.destroy();
    this.#host.links.close();
    await must(["umount", this.#bpfDir]);
    rmSync(this.#bpfDir, { recursive: true });
  }
}

class Workload implements LabWorkload {
  readonly n: number;
  readonly netns: string;
  readonly device: WantedVif["device"];

  constructor(n: number, netns: string, device: WantedVif["device"]) {
    this.n = n;
    this.netns = netns;
    this.device = device;
  }

  async ping(address: string, options: { count?: number; intervalSeconds?: number; sizeBytes?: number } = {}) {
    const { count = 3, intervalSeconds = 0.05, sizeBytes = 56 } = options;
    const flags = ["-c", count, "-i", intervalSeconds, "-s", sizeBytes, "-W", 1].map(String);
    const { stdout } = await runIn(this.netns, [
      "busybox",
      address.includes(":") ? "ping6" : "ping",
      ...flags,
      address,
    ]);
    return Number(/(\d+) packets received/.exec(stdout)?.[1] ?? 0);
  }

  async askForLease(): Promise<void> {
    await runIn(this.netns, [
      "busybox",
      "udhcpc",
      "-i",
      "eth0",
      "-n",
      "-q",
      "-f",
      "-t",
      "1",
      "-T",
      "1",
      "-s",
      "/bin/true",
    ]);
  }

  listen(ethertype: number): Promise<() => Promise<string>> {
    const tcpdump = ["tcpdump", "-i", "eth0", "-c", "1", "-x", "ether", "proto", `0x${ethertype.toString(16)}`];
    const [file = "", ...args] = inNetns(this.netns, ["timeout", "5", ...tcpdump]);
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (more: string) => {
        text += more.replaceAll(/\s+(0x\w+:)?/g, "");
      });
      const ended = new Promise<string>((resolve) => child.on("close", () => resolve(text)));
      child.on("error", reject);
      child.stderr.setEncoding("utf8").on("data", (said: string) => {
        if (said.includes("listening on")) resolve(() => ended);
      });
    });
  }
}

export class Lab implements DatapathLab {
  readonly #prefix: string;
  readonly #workloads: string[] = [];
  readonly a: EbpfHost;
  readonly b: EbpfHost;

  constructor(prefix: string, a: EbpfHost, b: EbpfHost) {
    this.#prefix = prefix;
    this.a = a;
    this.b = b;
  }

  plug = (host: LabHost, n: number) => this.#plug(host as EbpfHost, n, `veth${n}`, "veth");

  plugMachine = (host: LabHost, n: number) => this.#plug(host as EbpfHost, n, `card${n}`, "physical");

  async #plug(host: EbpfHost, n: number, name: string, kind: "veth" | "physical"): Promise<Workload> {
    const netns = `${this.#prefix}w${this.#workloads.length}`;
    await makeNetns(netns);
    this.#workloads.push(netns);
    await makeVeth({ netns: host.netns, name }, { netns, name: "eth0" });
    await ipBatch(host.netns, [`link set ${name} up mtu ${MTU_BYTES}`]);
    await ipBatch(netns, [
      `link set eth0 address ${macOf(n)} mtu ${MTU_BYTES}`,
      "link set eth0 up",
      `address add 10.0.0.${n}/24 dev eth0`,
      `address add fd00::${n}/64 dev eth0 nodad`,
    ]);
    return new Workload(n, netns, host.device(name, kind));
  }

  vif = (workload: LabWorkload, changes = {}) => aVif(workload.n, { device: workload.device, ...changes });
  endpoint = anEndpoint;
  wanted: DatapathLab["wanted"] = (vifs, endpoints) => wantedOf({ networks: [aNetwork(1)], vifs, endpoints });

  async close(): Promise<void> {
    await this.a.close();
    await this.b.close();
    for (const netns of this.#workloads) await removeNetns(netns);
  }
}

/** Two hosts' namespaces with a cable between them, each with a driver that is open. */
export async function withLab(
  options: { prefix: string; tunnels: readonly [string, string] },
  work: (lab: Lab) => Promise<void>,
): Promise<void> {
  const netns = [`${options.prefix}a`, `${options.prefix}b`] as const;
  try {
    for (const each of netns) await makeNetns(each);
    await makeVeth({ netns: netns[0], name: "under0" }, { netns: netns[1], name: "under0" });
    for (const [i, each] of netns.entries()) {
      const length = options.tunnels[i]?.includes(":") ? "64 nodad" : "24";
      const [bits, ...flags] = length.split(" ");
      await ipBatch(each, [
        "link set under0 up mtu 1600",
        `address add ${options.tunnels[i]}/${bits} dev under0 ${flags.join(" ")}`,
      ]);
    }
    const lab = new Lab(
      options.prefix,
      new EbpfHost(netns[0], ip(options.tunnels[0])),
      new EbpfHost(netns[1], ip(options.tunnels[1])),
    );
    try {
      await lab.a.datapath.open();
      await lab.b.datapath.open();
      await work(lab);
    } finally {
      await lab.close();
    }
  } finally {
    for (const each of netns) await removeNetns(each);
  }
}
