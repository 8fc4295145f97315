/** One cluster: watched by every control node, seen to by one of them. */
import type { AuditFinding, Networking } from "../../api/mod.ts";
import { Fault, fault } from "../../model/mod.ts";
import { ApiServer, type Follower } from "./api-server.ts";
import { audit } from "./audit.ts";
import type { ClusterConfig } from "./config.ts";
import { Controller } from "./controller.ts";
import { Definitions } from "./definitions.ts";
import { Events } from "./events.ts";
import { Leader, type LeaderTimes } from "./leader.ts";
import type { Log } from "./log.ts";
import { NodeTokens } from "./node-tokens.ts";
import type { Node, Pod } from "./objects.ts";
import { WATCHED, type WatchedKind, type WatchedObjects, type World } from "./world.ts";

export interface ClusterParts {
  config: ClusterConfig;
  networking: Networking;
  log: Log;
  /** Of this process among all control nodes. */
  identity: string;
  times?: LeaderTimes;
}

export class Cluster {
  readonly name: string;
  /** Answers whether this control node sees to the cluster or not. */
  readonly nodes: NodeTokens;
  readonly #api: ApiServer;
  readonly #followers: Follower[];
  readonly #controller: Controller;
  readonly #leader: Leader;
  readonly #unsynced = new Set<string>(Object.keys(WATCHED));
  #isLeader = false;

  constructor({ config, networking, log, identity, times }: ClusterParts) {
    const api = new ApiServer(config.kubeconfig, log);
    this.name = config.name;
    this.#api = api;
    this.nodes = new NodeTokens(api, config);
    const events = new Events(api, log);
    const definitions = new Definitions(api);
    this.#controller = new Controller({
      config,
      networking,
      log,
      definition: (of) => definitions.get(of),
      annotate({ metadata: { name, namespace = "default" } }, patch) {
        const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
        api.request("PATCH", path, patch).catch((error) => {
          log.warn({ pod: `${namespace}/${name}`, reason: String(error) }, "the pod could not be told of its networks");
        });
      },
      report: (kind, object, failure) => events.warn(kind, object, failure),
    });
    this.#leader = new Leader({
      api,
      identity,
      log,
      onStart: () => {
        log.info({ cluster: config.name }, "seeing to this cluster");
        this.#isLeader = true;
        this.#startWhenSynced();
      },
      onStop: async () => {
        log.info({ cluster: config.name }, "another control node may see to this cluster");
        this.#isLeader = false;
        await this.#controller.stop();
      },
      ...(times && { times }),
    });
    this.#followers = (Object.keys(WATCHED) as WatchedKind[]).map((kind) => this.#follow(api, kind));
    this.#leader.start();
  }

  #follow<K extends WatchedKind>(api: ApiServer, kind: K): Follower {
    const world: World = this.#controller.world;
    return api.follow<WatchedObjects[K]>(WATCHED[kind], {
      put: (object) => world.put(kind, object),
      drop: (object) => world.drop(kind, object),
      synced: () => {
        this.#unsynced.delete(kind);
        this.#startWhenSynced();
      },
    });
  }

  #startWhenSynced(): void {
    if (this.#isLeader && this.#unsynced.size === 0) this.#controller.start();
  }

  /** Asked of the API server now, and by whichever control node. @throws Fault ServiceUnavailable */
  async audit(): Promise<AuditFinding[]> {
    const listed = <T>(path: string) => this.#api.request<{ items: T[] }>("GET", path);
    try {
      const [pods, nodes] = await Promise.all([listed<Pod>("/api/v1/pods"), listed<Node>("/api/v1/nodes")]);
      // After the pods: a port is made for a pod that is there.
      const ports = await this.#controller.ports();
      return audit({ cluster: this.name, pods: pods.items, nodes: nodes.items, ports });
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw fault("ServiceUnavailable", {
        msg: `The API server of cluster ${this.name} cannot be asked: ${String(error)}`,
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.stop()));
    await this.#leader.stop();
    await this.#controller.stop();
  }
}
