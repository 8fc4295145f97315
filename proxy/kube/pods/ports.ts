/** The ports of a cluster's pods and nodes: made equal to what is wanted, many in one request. */
import { Fault } from "../../../model/mod.ts";
import { PodFailure, podFailureOf } from "../failure.ts";
import { type ClusterRequests, chunks, ignoring } from "../requests.ts";
import { bodyOf, changesOf, originOf, type Port, type WantedPort } from "./wanted.ts";

/** What is wanted of a pod or node, by its UID: a port for each interface. */
export type Wishes = ReadonlyMap<string, readonly WantedPort[]>;

export interface Outcome {
  /** By UID: for these it will not be better until something is changed. */
  failed: Map<string, PodFailure>;
}

export class PodPorts {
  readonly #parts: ClusterRequests;
  /** By the pod's UID, and by interface. */
  readonly #ports = new Map<string, Map<string | undefined, Port>>();

  constructor(parts: ClusterRequests) {
    this.#parts = parts;
  }

  /** What an earlier run, or another control node, has made; a second port of one interface is deleted. */
  async load(): Promise<void> {
    const { networking, caller, cluster } = this.#parts;
    const rows = await networking.list(caller, "port", { project_id: [caller.projectId] });
    this.#ports.clear();
    for (const port of rows) {
      const origin = originOf(port);
      if (origin?.cluster !== cluster) continue;
      if (this.#find(origin) !== undefined) await this.#delete(port);
      else this.#note(port);
    }
  }

  /** The pods and nodes that have a port. */
  uids(): Iterable<string> {
    return this.#ports.keys();
  }

  /** By their interfaces. */
  portsOf(uid: string): ReadonlyMap<string | undefined, Port> {
    return this.#ports.get(uid) ?? new Map();
  }

  #find({ uid, interface: ifname }: Pick<WantedPort, "uid" | "interface">): Port | undefined {
    return this.#ports.get(uid)?.get(ifname);
  }

  #note(port: Port): void {
    const { uid, interface: ifname } = originOf(port) as NonNullable<ReturnType<typeof originOf>>;
    this.#ports.set(uid, (this.#ports.get(uid) ?? new Map()).set(ifname, port));
  }

  #forget({ uid, interface: ifname }: Pick<WantedPort, "uid" | "interface">): void {
    const ports = this.#ports.get(uid);
    ports?.delete(ifname);
    if (ports?.size === 0) this.#ports.delete(uid);
  }

  /** Why a port of the pod's is on no host. */
  unboundOf(uid: string): PodFailure | undefined {
    const port = [...this.portsOf(uid).values()].find((one) => one["binding:vif_type"] === "binding_failed");
    if (port === undefined) return undefined;
    const host = port["binding:host_id"];
    return new PodFailure(
      "NodeUnknown",
      `node ${host} is no host of Cable's that reaches the network: see that its agent runs`,
    );
  }

  /** @throws Fault ServiceUnavailable; what was done until then stays */
  async sync(wishes: Wishes): Promise<Outcome> {
    const failed: Outcome["failed"] = new Map();
    const lacking = [...wishes.values()].flat().filter((wanted) => this.#find(wanted) === undefined);
    await this.#createAll(lacking, failed);
    for (const [uid, wanted] of wishes) {
      for (const [ifname, port] of [...this.portsOf(uid)]) {
        const one = wanted.find((each) => each.interface === ifname);
        if (one === undefined) await this.#remove({ uid, interface: ifname }, port);
        else await noting(failed, uid, () => this.#update(port, one));
      }
    }
    return { failed };
  }

  async #createAll(wanted: readonly WantedPort[], failed: Outcome["failed"]): Promise<void> {
    for (const part of chunks(wanted)) {
      try {
        await this.#create(part);
      } catch (error) {
        if (podFailureOf(error) === undefined) throw error;
        // One of them was refused, and all with it.
        for (const one of part) await noting(failed, one.uid, () => this.#create([one]));
      }
    }
  }

  async #create(wanted: readonly WantedPort[]): Promise<void> {
    const { networking, caller, cluster } = this.#parts;
    const bodies = wanted.map((one) => bodyOf(one, cluster, caller.projectId));
    const ports = await networking.create(caller, "port", bodies);
    for (const port of ports) this.#note(port);
  }

  async #update(port: Port, wanted: WantedPort): Promise<void> {
    const { networking, caller } = this.#parts;
    if (port.network_id !== wanted.networkId) {
      await this.#remove(wanted, port);
      return this.#create([wanted]);
    }
    const changes = changesOf(port, wanted);
    if (changes === undefined) return;
    try {
      this.#note(await networking.update(caller, "port", port.id, changes));
    } catch (error) {
      if (!(error instanceof Fault && error.code === "PortNotFound")) throw error;
      // Somebody deleted it under the pod, which gets another one.
      this.#forget(wanted);
      await this.#create([wanted]);
    }
  }

  async #remove(place: Pick<WantedPort, "uid" | "interface">, port: Port): Promise<void> {
    await this.#delete(port);
    this.#forget(place);
  }

  async #delete({ id }: Port): Promise<void> {
    const { networking, caller } = this.#parts;
    await ignoring("PortNotFound", networking.delete(caller, "port", id));
  }
}

/** Keeps a pod's own failure; what is everybody's goes on. */
async function noting(failed: Outcome["failed"], uid: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const failure = podFailureOf(error);
    if (failure === undefined) throw error;
    failed.set(uid, failure);
  }
}
