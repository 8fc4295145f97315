/** A cluster's ports and groups follow what its API server holds, while this control node is the one that sees to it. */
import type { Caller, Networking, NetworkingTypes } from "../../api/mod.ts";
import type { BalancerFront, Id } from "../../model/mod.ts";
import { wishesOf } from "./annotations.ts";
import { networkOf, type Selection, selectionsOf, statusPatch } from "./attachments.ts";
import type { ClusterConfig } from "./config.ts";
import { type PodFailure, podFailureOf } from "./failure.ts";
import { Groups } from "./groups/groups.ts";
import type { Log } from "./log.ts";
import type { NetworkAttachmentDefinition, Node, Pod } from "./objects.ts";
import { BandwidthPolicies, limitsOf } from "./pods/bandwidth.ts";
import { ensurePodNetwork, Resolver } from "./pods/networks.ts";
import { PodPorts } from "./pods/ports.ts";
import { ensureRouter } from "./pods/router.ts";
import { FIRST_INTERFACE, NODE_PORT, type WantedPort } from "./pods/wanted.ts";
import { policyPod } from "./policy/mod.ts";
import { Balancers, compileService } from "./services/mod.ts";
import { hasPort, nameOf, World } from "./world.ts";

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 30_000;
const REFUSED_AGAIN_MS = 5_000;
/** So long others have to change too before a look is taken at all of it together. */
const GATHER_MS = 2;

export interface ControllerParts {
  config: ClusterConfig;
  networking: Networking;
  log: Log;
  /** @throws PodFailure when it is not there */
  definition(of: Pick<Selection, "namespace" | "name">): Promise<NetworkAttachmentDefinition>;
  /** Does not wait, and does not fail. */
  annotate(pod: Pod, patch: object): void;
  /** Tells the user, on the pod or node. */
  report(kind: "pod" | "node", object: Pod | Node, failure: PodFailure): void;
}

export class Controller {
  readonly world: World;
  readonly #parts: ControllerParts;
  readonly #admin: Caller;
  readonly #resolver: Resolver;
  readonly #groups: Groups;
  readonly #ports: PodPorts;
  readonly #bandwidth: BandwidthPolicies;
  readonly #balancers: Balancers;
  #router: Id | undefined;
  #network: Id | undefined;
  #state: "stopped" | "loading" | "running" = "stopped";
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | undefined;
  #retryMs = RETRY_FIRST_MS;

  constructor(parts: ControllerParts) {
    const { config, networking } = parts;
    this.#parts = parts;
    this.world = new World(() => this.#wake(GATHER_MS));
    this.#admin = callerOf(config, true);
    this.#resolver = new Resolver(networking, callerOf(config, false));
    const own = { networking, caller: this.#admin, cluster: config.name };
    this.#groups = new Groups(own);
    this.#ports = new PodPorts(own);
    this.#bandwidth = new BandwidthPolicies(own);
    this.#balancers = new Balancers(own);
  }

  /** From now on; the world must be complete, since pods that are not in it lose their ports. */
  start(): void {
    if (this.#state !== "stopped") return;
    this.#state = "loading";
    this.#wake(0);
  }

  /** Ends once what is under way is done. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#turn;
  }

  /** All of the project's, as the store has them. */
  ports(): Promise<NetworkingTypes["port"][]> {
    return this.#parts.networking.list(this.#admin, "port", { project_id: [this.#parts.config.project_id] });
  }

  #wake(waitMs: number): void {
    if (this.#state === "stopped" || this.#timer !== undefined || this.#turn !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#turn = this.#take().finally(() => {
        this.#turn = undefined;
        if (this.world.isChanged) this.#wake(this.#retryMs === RETRY_FIRST_MS ? GATHER_MS : this.#retryMs);
      });
    }, waitMs);
  }

  async #take(): Promise<void> {
    const { log, config } = this.#parts;
    try {
      if (this.#state === "loading") await this.#load();
      if (this.#state === "running") await this.#follow();
      this.#retryMs = RETRY_FIRST_MS;
    } catch (error) {
      log.warn(
        { cluster: config.name, err: error, retryMs: this.#retryMs },
        "a cluster's ports could not be brought up to date",
      );
      // What was taken is not done, and what was done is not known: all is looked at again.
      if (this.#state === "running") this.#state = "loading";
      this.world.touchAll();
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MOST_MS);
    }
  }

  async #load(): Promise<void> {
    const { networking, config } = this.#parts;
    const unlimited = { security_group: -1, security_group_rule: -1, port: -1 };
    await networking.update(this.#admin, "quota", config.project_id, unlimited);
    this.#network = await ensurePodNetwork(networking, this.#admin, config);
    this.#router = await ensureRouter(networking, this.#admin, config, this.#network);
    await this.#groups.load();
    await this.#bandwidth.load();
    await this.#ports.load();
    await this.#balancers.load(this.#router);
    const services = new Set([...this.world.serviceNames()].map((name) => this.#balancers.nameOf(name)));
    await this.#balancers.retain((name) => services.has(name));
    const present = new Set([...this.world.pods(), ...this.world.nodes()].map(({ metadata }) => metadata.uid));
    const gone = [...this.#ports.uids()].filter((uid) => !present.has(uid));
    await this.#ports.sync(new Map(gone.map((uid) => [uid, []])));
    this.world.touchAll();
    if (this.#state === "loading") this.#state = "running";
  }

  /** New groups are there before a pod is in them, and go when none is any more. */
  async #follow(): Promise<void> {
    const { nodes, pods, isPolicyChanged, gone } = this.world.takeChanged();
    const { compiled } = this.world;
    if (isPolicyChanged) await this.#groups.ensure(compiled.groups);
    const wishes = new Map<string, WantedPort[]>(gone.map((uid) => [uid, []]));
    for (const node of nodes) wishes.set(node.metadata.uid, [this.#wantedOfNode(node)]);
    for (const pod of pods) await this.#wish(pod, wishes);
    const { failed } = await this.#ports.sync(wishes);
    const failureOf = ({ metadata }: Pod | Node) => failed.get(metadata.uid) ?? this.#ports.unboundOf(metadata.uid);
    for (const node of nodes) this.#refuse("node", node, failureOf(node));
    for (const pod of pods) this.#refuse("pod", pod, failureOf(pod));
    for (const pod of pods) this.#tellInterfaces(pod);
    if (isPolicyChanged) await this.#groups.prune(compiled.groups);
    await this.#followServices();
  }

  async #followServices(): Promise<void> {
    const wanted = new Map<string, BalancerFront[] | undefined>();
    for (const name of this.world.takeServices()) {
      const service = this.world.service(name);
      wanted.set(name, service && compileService(service, this.world.slicesOf(name)));
    }
    await this.#balancers.sync(wanted, this.#router as Id);
  }

  async #wish(pod: Pod, wishes: Map<string, WantedPort[]>): Promise<void> {
    const { uid } = pod.metadata;
    if (!hasPort(pod)) return void wishes.set(uid, []);
    try {
      wishes.set(uid, await this.#wanted(pod));
    } catch (error) {
      const failure = podFailureOf(error);
      if (failure === undefined) throw error;
      this.#refuse("pod", pod, failure);
    }
  }

  /** What it lacks may come without a word from the API server: a network, a group, an agent on its node. */
  #refuse(kind: "pod" | "node", object: Pod | Node, failure: PodFailure | undefined): void {
    if (failure === undefined) return;
    this.#parts.report(kind, object, failure);
    this.world.touchLater(kind, object, REFUSED_AGAIN_MS);
  }

  /** Of a pod with several, what they are. */
  #tellInterfaces(pod: Pod): void {
    const names = new Map<string, string>();
    try {
      for (const one of selectionsOf(pod)) names.set(one.interface, `${one.namespace}/${one.name}`);
    } catch {
      return; // told already
    }
    if (names.size === 0) return;
    const interfaces = [...this.#ports.portsOf(pod.metadata.uid)].map(([ifname = "", port]) => ({
      name: names.get(ifname) ?? this.#parts.config.network,
      interface: ifname,
      ips: port.fixed_ips.map(({ ip_address }) => ip_address),
      mac: port.mac_address,
      default: ifname === FIRST_INTERFACE,
      dns: {},
    }));
    const patch = statusPatch(pod, interfaces);
    if (patch !== undefined) this.#parts.annotate(pod, patch);
  }

  /** Itself on the pod network: for what its kernel and its own processes have to say to pods. */
  #wantedOfNode({ metadata }: Node): WantedPort {
    const { name, uid } = metadata;
    return { ...NODE_PORT, uid, name, node: name, networkId: this.#network as Id };
  }

  /** @throws PodFailure when an annotation names what is not there */
  async #wanted(pod: Pod): Promise<WantedPort[]> {
    const wishes = wishesOf(pod, this.world.namespaceAnnotations(pod.metadata.namespace ?? "default"));
    const keys = this.world.compiled.groupsOf(policyPod(pod));
    const named = wishes.securityGroups;
    const groupIds = this.#groups.idsOf(named === undefined ? keys : keys.filter((key) => !key.startsWith("open-")));
    for (const name of named ?? []) groupIds.push(await this.#resolver.group(name));
    const first: WantedPort = {
      of: "pod",
      uid: pod.metadata.uid,
      name: nameOf(pod),
      node: pod.spec.nodeName as string,
      networkId: wishes.network === undefined ? (this.#network as Id) : await this.#resolver.network(wishes.network),
      groupIds: [...new Set(groupIds)],
      ips: wishes.ips,
      mac: wishes.mac,
      interface: FIRST_INTERFACE,
      others: [],
      qosPolicyId: await this.#bandwidth.idOf(limitsOf(pod)),
      defaultRoute: undefined,
    };
    const others = await this.#wantedOthers(pod, first);
    const isElsewhere = others.some(({ defaultRoute }) => defaultRoute?.length !== 0);
    const names = others.map((one) => one.interface as string);
    return [{ ...first, others: names, ...(isElsewhere && { defaultRoute: [] }) }, ...others];
  }

  /** Its further interfaces: with the pod's groups, and without a default route if not asked for. @throws PodFailure */
  async #wantedOthers(pod: Pod, first: WantedPort): Promise<WantedPort[]> {
    const wanted: WantedPort[] = [];
    for (const selection of selectionsOf(pod)) {
      const network = networkOf(await this.#parts.definition(selection));
      // Of another plugin: whoever calls that one sees to it.
      if (network === undefined) continue;
      const { interface: ifname, ips, mac, defaultRoute = [] } = selection;
      const networkId = await this.#resolver.network(network);
      wanted.push({ ...first, qosPolicyId: undefined, networkId, ips, mac, interface: ifname, defaultRoute });
    }
    return wanted;
  }
}

/** The control node itself, on behalf of a cluster: as an administrator, or with what its project may see. */
function callerOf({ name, project_id }: ClusterConfig, isAdmin: boolean): Caller {
  const roles = isAdmin ? ["admin"] : ["member"];
  return { requestId: `kubernetes-${name}`, userId: null, projectId: project_id, roles, isAdmin };
}
