/** Cable itself: two hosts with their agents, containers wired by the CNI executable, a VXLAN network between them. */
import { Lab } from "../../kit/mod.ts";
import type { Path } from "../netload.ts";
import type { Setup } from "./yardsticks.ts";

export async function cable(tag: string): Promise<Setup> {
  const container = (host: string) => ({ kind: "container" as const, host, network: "bench" });
  const lab = await Lab.start(tag, {
    hosts: { a: {}, b: {} },
    networks: { bench: { subnets: ["10.9.0.0/24"] } },
    workloads: { w1: container("a"), w2: container("a"), w3: container("b") },
  });
  const path = (name: string, server: string): Path => ({
    name,
    clientNetns: lab.entry("w1").netns,
    serverNetns: lab.entry(server).netns,
    serverIp: lab.target(server).ips[0] ?? "",
  });
  return {
    sameHost: path("cable same host", "w2"),
    crossHost: path("cable across hosts", "w3"),
    remove: () => lab.down(),
  };
}
