/** What Neutron lacks: addresses and ports that stand for several backends, as Kubernetes' Services do. */
import type { Ip } from "../ip.ts";
import type { Id, Standard } from "./standard.ts";

export interface BalancerRecord extends Standard {
  /** Whoever is behind this router reaches it; backends are found from there. */
  router_id: Id; // user
  fronts: BalancerFront[]; // user
}

/** One port, under each of the addresses; backends of another family than an address's are not for it. */
export interface BalancerFront {
  ips: Ip[];
  protocol: "tcp" | "udp" | "sctp";
  port: number;
  /** A client keeps its backend for so long after its last packet; null: each connection may get another. */
  affinity_seconds: number | null;
  /** Only backends on the client's own host. */
  local_only: boolean;
  /** None: clients are refused at once. */
  backends: { ip: Ip; port: number }[];
}
