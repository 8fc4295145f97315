/** The CNI executable called in a node as the runtime would, but with whatever a test wants to see refused. */
import { type Outcome, run } from "../run.ts";
import type { KubeNode } from "./node.ts";

export interface NodeCniCall {
  command: "ADD" | "DEL";
  containerId: string;
  /** Name of a network namespace inside the node, which is made for an ADD if it is not there. */
  netns: string;
  /** Text on standard input; the node's own first plugin's without. */
  config?: string;
  /** As K8S_POD_UID and the like. */
  args?: Record<string, string>;
}

export function callCniIn(node: KubeNode, call: NodeCniCall): Promise<Outcome> {
  const args = { IgnoreUnknown: "1", ...call.args };
  const env = {
    CNI_COMMAND: call.command,
    CNI_CONTAINERID: call.containerId,
    CNI_NETNS: `/run/netns/${call.netns}`,
    CNI_IFNAME: "eth0",
    CNI_PATH: "/opt/cni/bin",
    CNI_ARGS: Object.entries(args)
      .map(([key, value]) => `${key}=${value}`)
      .join(";"),
  };
  const make = `[ -e ${env.CNI_NETNS} ] || ip netns add ${call.netns}`;
  const script = `${call.command === "ADD" ? make : ":"}; exec /opt/cni/bin/cable`;
  const input = call.config ?? firstPlugin(node);
  return run([...node.enter(), "bash", "-c", script], { env, input, timeoutMs: 70_000 });
}

function firstPlugin(node: KubeNode): string {
  const { cniVersion, name, plugins } = JSON.parse(node.cniConfig());
  return JSON.stringify({ cniVersion, name, ...plugins[0] });
}
