/** Quality of service: policies with their rules. */
import type { Id, Standard } from "./standard.ts";

type Direction = "ingress" | "egress";

export type QosRule =
  | { type: "bandwidth_limit"; id: Id; max_kbps: number; max_burst_kbps: number; direction: Direction }
  | { type: "packet_rate_limit"; id: Id; max_kpps: number; max_burst_kpps: number; direction: Direction }
  | { type: "dscp_marking"; id: Id; dscp_mark: number }
  | { type: "minimum_bandwidth"; id: Id; min_kbps: number; direction: Direction }
  | { type: "minimum_packet_rate"; id: Id; min_kpps: number; direction: Direction | "any" };

export interface QosPolicyRecord extends Standard {
  is_default: boolean; // user
  rules: QosRule[]; // user
}
