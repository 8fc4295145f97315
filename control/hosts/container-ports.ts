/** Ports that a host asks for by itself, for its containers. */
import type { z } from "zod";
import type { Caller, Networking, NewContainerPort } from "../../api/mod.ts";
import { CONTAINER_OWNER, fault, type Id, type PortRecord } from "../../model/mod.ts";
import type { Store } from "../../store/mod.ts";
import type { Memory } from "../memory.ts";

export interface ContainerPortsParts {
  store: Store;
  memory: Memory;
  networking: Networking;
}

export class ContainerPorts {
  readonly #parts: ContainerPortsParts;
  /** Calls under way, by host, container and interface: the repeated one waits and finds what the first made. */
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(parts: ContainerPortsParts) {
    this.#parts = parts;
  }

  /** The container's port on this interface, made if it is not there. @throws Fault */
  async create(
    host: string,
    body: z.output<typeof NewContainerPort>,
    requestId: string,
  ): Promise<{ port: PortRecord; isNew: boolean }> {
    const key = `${host}/${body.container_id}/${body.interface_name}`;
    while (this.#running.has(key)) await this.#running.get(key);
    const call = this.#create(host, body, requestId);
    this.#running.set(
      key,
      call.catch(() => {}),
    );
    return call.finally(() => this.#running.delete(key));
  }

  /** @throws Fault PortNotFound also for a port that is not this host's to delete */
  async remove(host: string, id: Id, requestId: string): Promise<void> {
    const port = this.#parts.memory.get("port", id)?.record;
    if (port === undefined || port.device_owner !== CONTAINER_OWNER || port["binding:host_id"] !== host) {
      throw fault("PortNotFound", { port_id: id });
    }
    await this.#parts.networking.delete(callerFor(host, port.project_id, requestId), "port", id);
  }

  async #create(host: string, body: z.output<typeof NewContainerPort>, requestId: string) {
    const { store, memory, networking } = this.#parts;
    const projects = memory.get("host", host)?.record.container_projects ?? [];
    const network = memory.get("network", body.network_id)?.record;
    if (network === undefined || !projects.includes(network.project_id)) {
      throw fault("NetworkNotFound", { net_id: body.network_id });
    }
    // The first try may have gone to another control node, whose write has not come here yet.
    if (this.#find(host, body) === undefined) await memory.reached(await store.revision());
    const found = this.#find(host, body);
    if (found !== undefined) {
      if (found.network_id === body.network_id) return { port: found, isNew: false };
      const msg = `Interface ${body.interface_name} of this container is on network ${found.network_id} already.`;
      throw fault("Conflict", { msg });
    }
    const [port] = await networking.create(callerFor(host, network.project_id, requestId), "port", [
      {
        network_id: network.id,
        name: body.name,
        device_id: body.container_id,
        device_owner: CONTAINER_OWNER,
        "binding:host_id": host,
        "binding:profile": { container: true, interface: body.interface_name },
        ...(body.ips !== undefined && { fixed_ips: body.ips.map((ip_address) => ({ ip_address })) }),
        ...(body.mac_address !== undefined && { mac_address: body.mac_address }),
      },
    ]);
    return { port: port!, isNew: true };
  }

  #find(host: string, { container_id, interface_name }: z.output<typeof NewContainerPort>): PortRecord | undefined {
    const { memory } = this.#parts;
    for (const id of memory.portsOfDevice(container_id)) {
      const port = memory.get("port", id)!.record;
      const isSame = port.device_owner === CONTAINER_OWNER && port["binding:host_id"] === host;
      if (isSame && port["binding:profile"].interface === interface_name) return port;
    }
    return undefined;
  }
}

/** The control node itself, on behalf of a host, in the network's project. */
function callerFor(host: string, projectId: string, requestId: string): Caller {
  return { requestId, userId: null, projectId, roles: ["admin"], isAdmin: true, host };
}
