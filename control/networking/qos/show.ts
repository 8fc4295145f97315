/** What a port shows of QoS that is not in it. */
import type { NetworkingTypes } from "../../../api/mod.ts";
import type { PortRecord } from "../../../model/mod.ts";
import type { Reader } from "../reader.ts";
import { resourceRequest } from "./request.ts";

/** The same object where no policy is about: most ports of a list of many thousands. */
export function withQos(port: PortRecord, reader: Reader): NetworkingTypes["port"] {
  const network = reader.get("network", port.network_id);
  const networkPolicy = network?.qos_policy_id ?? null;
  const policyId = port.qos_policy_id ?? networkPolicy;
  if (network === undefined || policyId === null) return port;
  const policy = reader.get("qos_policy", policyId);
  return {
    ...port,
    qos_network_policy_id: networkPolicy,
    resource_request: policy === undefined ? null : resourceRequest(port, network, policy),
  };
}
