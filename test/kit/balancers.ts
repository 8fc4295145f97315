/** Balancers in a lab: made as doors for protocols that know services make them, since no HTTP API has them. */

import { MemoryCache } from "../../control/memory-cache.ts";
import { makeNetworking } from "../../control/networking/mod.ts";
import { etcdStore } from "../../store/mod.ts";
import type { Lab } from "./lab.ts";
import type { Attributes } from "./neutron.ts";

export interface Front {
  ips: string[];
  protocol: "tcp" | "udp" | "sctp";
  port: number;
  backends: { ip: string; port: number }[];
  affinity_seconds?: number | null;
  local_only?: boolean;
}

export interface Balancers {
  /** Returns the new one's id. */
  add(routerId: string, fronts: readonly Front[]): Promise<string>;
  /** A balancer for each of the lists of fronts. */
  addMany(routerId: string, lists: readonly (readonly Front[])[]): Promise<string[]>;
  update(id: string, fronts: readonly Front[]): Promise<void>;
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

const AT_A_TIME = 100;
const nothing = () => {};
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export async function openBalancers(lab: Lab): Promise<Balancers> {
  const store = etcdStore({ endpoints: [lab.etcd.endpoint] });
  const memory = await MemoryCache.start(store, silent);
  const networking = makeNetworking({ store, memory, log: silent });
  const [first] = lab.networks.values();
  if (first === undefined) throw new Error("the lab has no network whose project a balancer could be of");
  const { project_id: projectId } = first.network;
  const caller = { requestId: "req-lab", userId: "lab", projectId, roles: ["admin"], isAdmin: true };
  async function addMany(router_id: string, lists: readonly (readonly Front[])[]): Promise<string[]> {
    const ids: string[] = [];
    for (let first = 0; first < lists.length; first += AT_A_TIME) {
      const bodies: Attributes[] = lists.slice(first, first + AT_A_TIME).map((fronts) => ({ router_id, fronts }));
      ids.push(...(await networking.create(caller, "balancer", bodies)).map(({ id }) => id));
    }
    return ids;
  }
  return {
    addMany,
    add: async (router, fronts) => (await addMany(router, [fronts]))[0] as string,
    update: async (id, fronts) => void (await networking.update(caller, "balancer", id, { fronts })),
    remove: (id) => networking.delete(caller, "balancer", id),
    async close() {
      await memory.close();
      await store.close();
    },
  };
}
