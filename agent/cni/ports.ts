import type { Id, ViewNetwork, ViewPort } from "../../model/mod.ts";
import { Backoff } from "../backoff.ts";
import { ControlFailure, type ControlNode } from "../control-node.ts";
import type { Log } from "../log.ts";
import type { Attachment, Attachments } from "./attachments.ts";
import { CniFailure } from "./failure.ts";
import type { CniRequest, PodRef } from "./request.ts";
import type { PortWishes } from "./wishes.ts";

const VIEW_TIMEOUT_MS = 10_000;
/** DEL waits no longer for the control node; the port is given back later. */
const GIVE_BACK_TIMEOUT_MS = 3_000;

interface Parts {
  attachments: Attachments;
  wires: {
    inView(portId: Id, timeoutMs: number): Promise<{ port: ViewPort; network: ViewNetwork } | undefined>;
    anyInView(is: (port: ViewPort) => boolean, timeoutMs: number): Promise<{ port: ViewPort } | undefined>;
    notReady(): string | undefined;
  };
  control: Pick<ControlNode, "createPort" | "deletePort">;
  host: { links: { byName(name: string): unknown } };
  log: Log;
  viewTimeoutMs?: number;
}

type Added = Extract<CniRequest, { command: "ADD" | "CHECK" }>;

/** The ports behind attachments: those of the caller, and those that the agent has made for a container. */
export class Ports {
  readonly #parts: Parts;
  readonly #retries = new Set<NodeJS.Timeout>();
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#retries) clearTimeout(timer);
  }

  /** The id of the port to attach; made now when the configuration names a network. @throws CniFailure */
  async obtain(request: Added, attachment: Attachment): Promise<Id> {
    const { source } = request.config;
    if (source?.kind === "port") return source.portId;
    if (source?.kind === "pod") return this.ofPod(source.pod, request.ifname);
    // On disk before it is asked for: whatever happens now, DEL finds that there may be a port to delete.
    this.#parts.attachments.put(attachment);
    const pod = [request.args.K8S_POD_NAMESPACE, request.args.K8S_POD_NAME].filter(Boolean).join("/");
    try {
      return await this.#create(attachment, pod, request.config.wishes);
    } catch (error) {
      throw creationFailure(error, attachment);
    }
  }

  /** It is made when the pod is given a node, which is well before its runtime comes here. @throws CniFailure */
  async ofPod(pod: PodRef, ifname: string): Promise<Id> {
    const timeoutMs = this.#parts.viewTimeoutMs ?? VIEW_TIMEOUT_MS;
    const found = await this.#parts.wires.anyInView((port) => isOfPod(port, pod, ifname), timeoutMs);
    if (found !== undefined) return found.port.id;
    throw new CniFailure(
      "tryLater",
      this.#parts.wires.notReady() ??
        `pod ${pod.namespace}/${pod.name} has no port for ${ifname} on this host: see the pod's events, and that a control node with --kubernetes runs`,
    );
  }

  /** The port and its network from the view, once they are there and nothing else is attached to it. @throws CniFailure */
  async arrived(portId: Id, request: Added): Promise<{ port: ViewPort; network: ViewNetwork }> {
    const timeoutMs = this.#parts.viewTimeoutMs ?? VIEW_TIMEOUT_MS;
    const found = await this.#parts.wires.inView(portId, timeoutMs);
    if (found === undefined)
      throw new CniFailure(
        "tryLater",
        this.#parts.wires.notReady() ??
          `port ${portId} has not reached this host within ${timeoutMs / 1000} s: check that it exists and that its binding:host_id names this host`,
      );
    if (found.port.place.kind !== "container")
      throw new CniFailure(
        "badConfig",
        `port ${portId} is not for a container: set its binding:profile to {"container": true}`,
      );
    const holder = this.#parts.attachments.ofPort(portId);
    if (holder === undefined || (holder.containerId === request.containerId && holder.ifname === request.ifname))
      return found;
    if (this.#parts.host.links.byName(holder.device) !== undefined)
      throw new CniFailure(
        "tryLater",
        `port ${portId} is still attached to container ${holder.containerId}: delete that first`,
      );
    // Its container has gone without a DEL; the port is the caller's, so nothing else is left of it.
    this.#parts.attachments.remove(holder);
    return found;
  }

  /** Deletes the port if it was made for the container, then forgets the attachment; tries on when that fails now. */
  async giveBack(attachment: Attachment): Promise<void> {
    if (attachment.ownNetworkId === null) return this.#parts.attachments.remove(attachment);
    const work = this.#giveBackUntilDone(attachment, new Backoff(500, 60_000));
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GIVE_BACK_TIMEOUT_MS);
    });
    await Promise.race([work, limit]);
    clearTimeout(timer);
  }

  async #giveBackUntilDone(attachment: Attachment, backoff: Backoff): Promise<void> {
    const { attachments, control, log } = this.#parts;
    const now = attachments.get(attachment);
    // A new ADD of the same container has taken over.
    if (now?.state !== "removing") return;
    try {
      // Without its id: the control node gives the same port for the same container, and so tells which one to delete.
      await control.deletePort(now.portId ?? (await this.#create(now, "")));
      if (attachments.get(attachment)?.state === "removing") attachments.remove(attachment);
    } catch (error) {
      log.warn(
        { container: now.containerId, port: now.portId, reason: String(error) },
        "port not given back; trying again",
      );
      if (error instanceof ControlFailure && !error.isTemporary && now.portId === null) {
        // It was refused from the start, so there is no port.
        attachments.remove(attachment);
        return;
      }
      this.#later(backoff.nextMs(), () => this.#giveBackUntilDone(attachment, backoff));
    }
  }

  #later(waitMs: number, work: () => Promise<void>): void {
    if (this.#isStopped) return;
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      void work();
    }, waitMs);
    this.#retries.add(timer);
  }

  async #create({ ownNetworkId, containerId, ifname }: Attachment, name: string, wishes?: PortWishes): Promise<Id> {
    const port = { network_id: ownNetworkId as Id, container_id: containerId, interface_name: ifname, name };
    const { ips = [], mac } = wishes ?? {};
    const asked = { ...(ips.length > 0 && { ips }), ...(mac !== undefined && { mac_address: mac }) };
    return (await this.#parts.control.createPort({ ...port, ...asked })).id;
  }
}

/** What a cluster's controller writes into the ports that it makes (proxy/kube). */
const POD_OWNER = "kubernetes:pod";

function isOfPod({ place, ...port }: ViewPort, { namespace, name, uid }: PodRef, ifname: string): boolean {
  if (port.deviceOwner !== POD_OWNER || place.kind !== "container") return false;
  if (place.interface !== undefined && place.interface !== ifname) return false;
  return uid === null ? port.name === `${namespace}/${name}` : port.deviceId === uid;
}

function creationFailure(error: unknown, { ownNetworkId }: Attachment): CniFailure {
  if (!(error instanceof ControlFailure)) return new CniFailure("io", `no port could be made: ${String(error)}`);
  if (error.isTemporary)
    return new CniFailure(
      "tryLater",
      "the control node cannot make a port now: see that it and its store run",
      error.message,
    );
  if (error.status === 404) return new CniFailure("badConfig", `network ${ownNetworkId} does not exist`, error.message);
  return new CniFailure("refused", `the control node refused a port in network ${ownNetworkId}: ${error.message}`);
}
