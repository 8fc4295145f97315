/** A node: a host of the lab with process, mount, host name and IPC namespaces of its own, where kubelet runs. */
import { copyFile, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Host, wireHost } from "../host.ts";
import { removeNetns } from "../netns.ts";
import { CNI_EXECUTABLE } from "../place.ts";
import { type Running, start, until } from "../process.ts";
import { must, type Outcome, run } from "../run.ts";
import type { Switch } from "../switch.ts";
import { CNI_PLUGINS, kubernetesBinary } from "./binaries.ts";
import { makeCgroups, removeCgroups } from "./cgroups.ts";
import { type ControlPlane, FEATURE_GATES } from "./control-plane.ts";
import { imagesArchive, PAUSE_IMAGE } from "./images.ts";

export const CNI_FILE = "10-cable.conflist";

export interface NodeOptions {
  host: Host;
  wire: Switch;
  /** The lab's directory and name. */
  directory: string;
  lab: string;
  plane: ControlPlane;
}

export class KubeNode {
  readonly host: Host;
  readonly directory: string;
  readonly #options: NodeOptions;
  #init: Running | undefined;
  #isCut = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.host = options.host;
    this.directory = join(options.directory, options.host.name);
  }

  get name(): string {
    return this.host.name;
  }

  /** The directory that is the node's /etc/cni/net.d. */
  get cniDirectory(): string {
    return join(this.directory, "cni-net.d");
  }

  /** The start of a command that enters the node. */
  readonly enter = (): string[] => {
    if (this.#init?.alive() !== true) throw new Error(`node ${this.name} is off`);
    const flags = ["--mount", "--uts", "--ipc", "--net", "--pid"];
    return ["nsenter", "--target", String(this.#init.pid), ...flags, "--"];
  };

  /** Runs a shell script in the node. */
  run(script: string, timeoutMs = 60_000): Promise<Outcome> {
    return run([...this.enter(), "bash", "-c", script], { timeoutMs });
  }

  async must(script: string): Promise<string> {
    return must([...this.enter(), "bash", "-c", script], { timeoutMs: 60_000 });
  }

  /** Once, before the first start: its disk. */
  async install(): Promise<void> {
    const { directory } = this;
    const { plane, lab } = this.#options;
    for (const folder of ["cni-net.d", "cni-bin"]) await mkdir(join(directory, folder), { recursive: true });
    await symlink(CNI_EXECUTABLE, join(directory, "cni-bin/cable"));
    for (const name of ["loopback", "portmap", "bandwidth", "bridge", "host-local"])
      await symlink(join(CNI_PLUGINS, name), join(directory, "cni-bin", name));
    await this.configureCni();
    const identity = `/O=system:nodes/CN=system:node:${this.name}`;
    await copyFile(await plane.pki.kubeconfig(`node-${this.name}`, identity, plane.url), this.#file("kubeconfig"));
    await copyFile(plane.pki.authority.certificate, this.#file("ca.crt"));
    await writeFile(this.#file("containerd.toml"), CONTAINERD);
    await writeFile(this.#file("kubelet.json"), JSON.stringify(this.#kubelet(`/${lab}/${this.name}`)));
  }

  /** What an operator puts into /etc/cni/net.d; other texts for tests of bad ones. */
  async configureCni(text = this.cniConfig()): Promise<void> {
    await writeFile(join(this.cniDirectory, CNI_FILE), text);
  }

  cniConfig(): string {
    const cable = { type: "cable", kubernetes: true, socket: this.host.socket };
    const portmap = { type: "portmap", capabilities: { portMappings: true } };
    return JSON.stringify({ cniVersion: "0.4.0", name: "cable", plugins: [cable, portmap] });
  }

  /** Power on, with the agent as a service of the node; resolves when that is in step and kubelet answers. */
  async boot(): Promise<void> {
    const { host, wire, lab } = this.#options;
    const { netns, underlay } = host;
    const images = await imagesArchive();
    await makeCgroups(`/${lab}/${this.name}`);
    if (this.#isCut) await wireHost({ netns, underlay, wire });
    this.#isCut = false;
    const namespaces = ["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--propagation", "private"];
    this.#init = start({
      name: `node ${this.name}`,
      netns,
      within: ["unshare", ...namespaces],
      command: ["bash", join(import.meta.dirname, "node-init.sh"), ...this.#kubeletFlags()],
      logFile: this.#file("init.log"),
      env: {
        NODE_DIR: this.directory,
        NODE_NAME: this.name,
        NODE_IP: underlay.ip4,
        IMAGES: images,
        KUBELET: kubernetesBinary("kubelet"),
      },
    });
    await until(`node ${this.name} to have its mounts`, async () => await this.#hasRun(), { process: this.#init });
    await host.startAgent();
    await this.#kubeletAnswers();
  }

  /** SIGTERM, after which it is started again; resolves when the new one answers. */
  async restartKubelet(): Promise<void> {
    await this.must("pid=$(cat /run/kubelet.pid); kill $pid; while [ -e /proc/$pid ]; do sleep 0.05; done");
    await this.#kubeletAnswers();
  }

  /** As by a power cut: every process is gone at once, the disk stays. */
  async cut(): Promise<void> {
    this.#init?.kill("SIGKILL");
    await this.#init?.ended();
    await this.host.agent().ended();
    await removeNetns(this.host.netns);
    await removeCgroups(`/${this.#options.lab}/${this.name}`);
    this.#isCut = true;
  }

  /** For good; the host itself is the lab's to remove. */
  async stop(): Promise<void> {
    this.#init?.kill("SIGKILL");
    await this.#init?.ended();
    await rm(join(this.directory, "upper"), { recursive: true, force: true });
  }

  async #hasRun(): Promise<true | undefined> {
    return (await this.run("[ -e /run/containerd.pid ]")).code === 0 ? true : undefined;
  }

  async #kubeletAnswers(): Promise<void> {
    const healthy = "busybox wget -q -O - http://127.0.0.1:10248/healthz";
    const ask = async () => ((await this.run(healthy)).stdout === "ok" ? true : undefined);
    const options = { timeoutMs: 60_000, everyMs: 250, ...(this.#init && { process: this.#init }) };
    await until(`kubelet of ${this.name} to answer`, ask, options);
  }

  #file(name: string): string {
    return join(this.directory, name);
  }

  #kubeletFlags(): string[] {
    return [`--config=${this.#file("kubelet.json")}`, `--kubeconfig=${this.#file("kubeconfig")}`, FEATURE_GATES];
  }

  #kubelet(cgroupRoot: string): object {
    return {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      address: this.host.underlay.ip4,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: this.#file("ca.crt") },
      },
      authorization: { mode: "Webhook" },
      cgroupDriver: "cgroupfs",
      cgroupRoot,
      clusterDNS: ["10.96.0.10"],
      clusterDomain: "cluster.local",
      failSwapOn: false,
      kubeAPIQPS: 50,
      kubeAPIBurst: 100,
      eventRecordQPS: 0,
      evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      nodeStatusUpdateFrequency: "2s",
      nodeLeaseDurationSeconds: 8,
    };
  }
}

/** restrict_oom_score_adj: a sandbox may not make processes less likely to be killed than it is itself. */
const CONTAINERD = `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "${PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
    max_conf_num = 1
`;
