import type { HostStatus, Id, ViewMessage } from "../../model/mod.ts";
import { ControlFailure, type ControlNode } from "../control-node.ts";
import { portId } from "./views.ts";

type Watch = {
  since: number | undefined;
  send(message: ViewMessage): void;
  end(how: "ended" | "too-old" | Error): void;
};

/** A control node in memory: its streams are fed by the test, its ports are numbered from 100. */
export class FakeControl implements ControlNode {
  readonly watches: Watch[] = [];
  readonly reports: HostStatus[] = [];
  /** By container and interface. */
  readonly ports = new Map<string, Id>();
  /** What was asked of each port beside its place. */
  readonly asked: object[] = [];
  /** When set, every request fails with it. */
  failure: ControlFailure | undefined;
  /** Called when a port has been made, to put it into the view. */
  onCreated: (id: Id, networkId: Id, containerId: string) => void = () => {};

  watch(since: number | undefined, onMessage: (message: ViewMessage) => void, signal: AbortSignal) {
    return new Promise<"ended" | "too-old">((resolve, reject) => {
      const end: Watch["end"] = (how) => (how instanceof Error ? reject(how) : resolve(how));
      signal.addEventListener("abort", () => resolve("ended"));
      this.watches.push({ since, send: onMessage, end });
    });
  }

  async report(status: HostStatus): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.reports.push(structuredClone(status));
  }

  async createPort({ name: _, ...port }: Parameters<ControlNode["createPort"]>[0]): Promise<{ id: Id }> {
    if (this.failure !== undefined) throw this.failure;
    const { network_id, container_id, interface_name, ...asked } = port;
    this.asked.push(asked);
    const key = `${port.container_id}/${port.interface_name}`;
    const id = this.ports.get(key) ?? portId(100 + this.ports.size);
    if (!this.ports.has(key)) {
      this.ports.set(key, id);
      this.onCreated(id, port.network_id, port.container_id);
    }
    return { id };
  }

  async deletePort(id: Id): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    for (const [key, port] of this.ports) if (port === id) this.ports.delete(key);
  }
}

export const AWAY = new ControlFailure(0, "ECONNREFUSED");
