import type { Host, Link } from "../../host/mod.ts";
import { CONTAINER_OWNER, type Id, type ViewNetwork, type ViewPort } from "../../model/mod.ts";
import type { ControlNode } from "../control-node.ts";
import type { Log } from "../log.ts";
import { type Attachment, type Attachments, deviceOf, isContainerDevice } from "./attachments.ts";
import { CniFailure } from "./failure.ts";
import { Ports } from "./ports.ts";
import { type AttachmentKey, CNI_VERSIONS, type CniConfig, type CniRequest, type PortSource } from "./request.ts";
import { chained, planWiring, resultBody, type Wiring } from "./result.ts";
import { differenceIn, makePair, removeDevice } from "./veth.ts";
import { checkWishes } from "./wishes.ts";

/** What the verbs need of the agent's loop. */
export interface Wires {
  /** A port of this host and its network, as soon as the view has both; undefined when it has not in time. */
  inView(portId: Id, timeoutMs: number): Promise<{ port: ViewPort; network: ViewNetwork } | undefined>;
  /** The first port of which `is` is true; undefined when none has come in time. */
  anyInView(
    is: (port: ViewPort) => boolean,
    timeoutMs: number,
  ): Promise<{ port: ViewPort; network: ViewNetwork } | undefined>;
  portsInView(): Iterable<ViewPort>;
  /** Looks at the device now and applies. Undefined when the port is in force, else why it is not. */
  apply(portId: Id, device: string): string | undefined;
  /** Why no container can be attached now; undefined when one can. */
  notReady(): string | undefined;
  isConnected(): boolean;
}

interface Parts {
  host: Host;
  attachments: Attachments;
  wires: Wires;
  control: Pick<ControlNode, "createPort" | "deletePort">;
  log: Log;
  /** How long ADD waits for its port to reach this host. */
  viewTimeoutMs?: number;
}

type Added = Extract<CniRequest, { command: "ADD" | "CHECK" }>;

/** The verbs. One at a time for each interface of a container, in the order they came. */
export class Cni {
  readonly #parts: Parts;
  readonly #ports: Ports;
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#ports = new Ports(parts);
  }

  /** Returns what to print, "" for nothing. @throws CniFailure */
  async run(request: CniRequest): Promise<object | ""> {
    switch (request.command) {
      case "ADD":
        return this.#inTurn(request, () => this.#addAll(request));
      case "CHECK":
        return this.#inTurn(request, () => this.#check(request));
      case "DEL":
        return this.#inTurn(request, () => this.#remove(request));
      case "GC":
        return this.#collect(request.config);
      case "STATUS":
        return this.#status(request.config.source);
      case "VERSION":
        return { cniVersion: request.config.cniVersion, supportedVersions: CNI_VERSIONS };
    }
  }

  /** After a start: takes away what an earlier run left half-made, and what lost its device, say by a reboot. */
  sweep(): void {
    const { host, attachments, log } = this.#parts;
    const devices = new Set(host.links.list().map(({ name }) => name));
    for (const attachment of attachments.all()) {
      const isWhole = attachment.state === "added" && devices.has(attachment.device);
      if (isWhole) continue;
      log.info(
        { container: attachment.containerId, ifname: attachment.ifname },
        "removing an attachment that is not whole",
      );
      this.#unwire(attachment);
      void this.#inTurn(attachment, () => this.#ports.giveBack(attachment));
    }
    const known = new Set(attachments.all().map(({ device }) => device));
    for (const name of devices) if (isContainerDevice(name) && !known.has(name)) removeDevice(host, name);
  }

  stop(): void {
    this.#ports.stop();
  }

  /**
   * The interface that is named, and the others of its pod: a runtime that knows several networks (Multus) then asks for
   * each of them, and is told of what is there; any other one has no word for them.
   */
  async #addAll(request: Added): Promise<object> {
    const { result, others } = await this.#add(request);
    try {
      for (const ifname of others) {
        const other = { ...request, ifname, config: { ...request.config, wishes: { ips: [], mac: undefined } } };
        await this.#inTurn(other, () => this.#add(other, request.ifname));
      }
    } catch (error) {
      await this.#remove(request);
      throw error;
    }
    return result;
  }

  async #add(request: Added, primary?: string): Promise<{ result: object; others: readonly string[] }> {
    const earlier = this.#parts.attachments.get(request);
    if (earlier !== undefined) {
      const result = await this.#addedBefore(request, earlier);
      if (result !== undefined) return result;
      await this.#remove(request);
      if (this.#parts.attachments.get(request) !== undefined)
        throw new CniFailure(
          "tryLater",
          "the port of an earlier attachment is still to be given back: see that the control node runs",
        );
    }
    const attachment: Attachment = {
      containerId: request.containerId,
      ifname: request.ifname,
      state: "adding",
      configName: request.config.name,
      netns: request.netns,
      device: deviceOf(request),
      portId: null,
      ownNetworkId: request.config.source?.kind === "network" ? request.config.source.networkId : null,
      ...(primary !== undefined && { primary }),
    };
    try {
      return await this.#make(request, attachment);
    } catch (error) {
      const now = this.#parts.attachments.get(request);
      if (now !== undefined) {
        this.#unwire(now);
        await this.#ports.giveBack(now);
      }
      throw error;
    }
  }

  async #make(request: Added, attachment: Attachment) {
    const { host, attachments, wires, log } = this.#parts;
    const portId = await this.#ports.obtain(request, attachment);
    const { port, network } = await this.#ports.arrived(portId, request);
    checkWishes(request.config.wishes, port);
    const made: Attachment = { ...attachment, portId };
    attachments.put(made);
    // A device of this name without a record is what a run left that was cut off between the two.
    removeDevice(host, made.device);
    const wiring = planWiring(port, network);
    const link = makePair(host, made, wiring, log);
    const reason = wires.apply(portId, made.device);
    if (reason !== undefined) throw new CniFailure("tryLater", `port ${portId} is not in the data plane: ${reason}`);
    attachments.put({ ...made, state: "added" });
    return { result: resultOf(request, wiring, link), others: othersOf(port) };
  }

  /** The result of an ADD that has been done already; undefined when something of it is missing or different now. */
  async #addedBefore(request: Added, earlier: Attachment) {
    if (earlier.state !== "added" || earlier.netns !== request.netns || earlier.portId === null) return undefined;
    const { source } = request.config;
    const isSameSource = await this.#isSource(source, earlier, request.ifname);
    const link = this.#parts.host.links.byName(earlier.device);
    if (!isSameSource || link === undefined) return undefined;
    const { port, network } = await this.#ports.arrived(earlier.portId, request);
    const wiring = planWiring(port, network);
    if (differenceIn(this.#parts.host, earlier, wiring) !== undefined) return undefined;
    return this.#parts.wires.apply(earlier.portId, earlier.device) === undefined
      ? { result: resultOf(request, wiring, link), others: othersOf(port) }
      : undefined;
  }

  async #isSource(source: PortSource | undefined, earlier: Attachment, ifname: string): Promise<boolean> {
    switch (source?.kind) {
      case "port":
        return source.portId === earlier.portId;
      case "network":
        return source.networkId === earlier.ownNetworkId;
      case "pod":
        return (await this.#ports.ofPod(source.pod, ifname)) === earlier.portId;
      default:
        return false;
    }
  }

  async #check(request: Added): Promise<""> {
    if (request.config.prevResult === undefined)
      throw new CniFailure("badConfig", '"prevResult" is missing in the configuration: CHECK compares with it');
    const attachment = this.#parts.attachments.get(request);
    if (attachment?.state !== "added" || attachment.portId === null)
      throw new CniFailure("changed", `container ${request.containerId} has no interface ${request.ifname} of Cable's`);
    const { port, network } = await this.#ports.arrived(attachment.portId, request);
    const difference =
      differenceIn(this.#parts.host, attachment, planWiring(port, network)) ??
      this.#parts.wires.apply(attachment.portId, attachment.device);
    if (difference !== undefined) throw new CniFailure("changed", difference);
    return "";
  }

  async #remove(key: AttachmentKey): Promise<""> {
    for (const other of this.#parts.attachments.all()) {
      if (other.containerId !== key.containerId || other.primary !== key.ifname) continue;
      await this.#inTurn(other, () => this.#remove(other));
    }
    const attachment = this.#parts.attachments.get(key);
    if (attachment === undefined) {
      removeDevice(this.#parts.host, deviceOf(key));
      return "";
    }
    this.#unwire(attachment);
    await this.#ports.giveBack(attachment);
    return "";
  }

  /** Takes the device away, and with it the port out of the data plane. What is left is the port itself. */
  #unwire(attachment: Attachment): void {
    this.#parts.attachments.put({ ...attachment, state: "removing" });
    removeDevice(this.#parts.host, attachment.device);
    if (attachment.portId !== null) this.#parts.wires.apply(attachment.portId, attachment.device);
  }

  async #collect({ name, source, validAttachments: valid }: CniConfig): Promise<""> {
    if (valid === undefined)
      throw new CniFailure("badConfig", '"cni.dev/valid-attachments" is missing in the configuration: GC goes by it');
    const isValid = (one: Attachment) =>
      valid.some(
        ({ containerId, ifname }) =>
          containerId === one.containerId && (ifname === one.ifname || ifname === one.primary),
      );
    const stale = this.#parts.attachments.all().filter((one) => one.configName === name && !isValid(one));
    await Promise.all(stale.map((one) => this.#inTurn(one, () => this.#remove(one))));
    if (source?.kind === "network") await this.#collectPorts(source.networkId);
    return "";
  }

  /** Ports made for containers of which nothing is known any more: their record was lost, say in a power cut. */
  async #collectPorts(networkId: Id): Promise<void> {
    const containers = new Set(this.#parts.attachments.all().map(({ containerId }) => containerId));
    const orphans = [...this.#parts.wires.portsInView()].filter(
      (port) => port.networkId === networkId && port.deviceOwner === CONTAINER_OWNER && !containers.has(port.deviceId),
    );
    for (const { id } of orphans) await this.#parts.control.deletePort(id);
  }

  async #status(source: PortSource | undefined): Promise<""> {
    const reason = this.#parts.wires.notReady();
    if (reason !== undefined) throw new CniFailure("unavailable", reason);
    if (source?.kind === "network" && !this.#parts.wires.isConnected())
      throw new CniFailure("unavailable", "the control node cannot be reached, and it makes the ports of this network");
    return "";
  }

  #inTurn<T>({ containerId, ifname }: AttachmentKey, work: () => Promise<T>): Promise<T> {
    const key = `${containerId}/${ifname}`;
    const turn = (this.#busy.get(key) ?? Promise.resolve()).then(work, work);
    this.#busy.set(key, turn);
    const done = () => {
      if (this.#busy.get(key) === turn) this.#busy.delete(key);
    };
    turn.then(done, done);
    return turn;
  }
}

const othersOf = ({ place }: ViewPort) => (place.kind === "container" ? (place.others ?? []) : []);

function resultOf({ config, ifname, netns }: Added, wiring: Wiring, link: Link): object {
  const place = { device: link.name, deviceMac: link.mac, ifname, netns };
  return chained(resultBody(config.cniVersion, wiring, place), config.prevResult, config.dns);
}
