/** A container's network: a namespace, wired by the real CNI executable as a container runtime would call it. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "./host.ts";
import { makeNetns, netnsPath, removeNetns, runIn } from "./netns.ts";
import { CNI_EXECUTABLE } from "./place.ts";
import type { Outcome } from "./run.ts";
import { serveWeb } from "./web.ts";
import type { Workload } from "./workload.ts";

export interface CniCall {
  command: "ADD" | "DEL" | "CHECK" | "GC" | "STATUS" | "VERSION";
  containerId: string;
  netns: string;
  ifname?: string;
  /** "port" or "network", and whatever else the configuration shall hold. */
  config: Record<string, unknown>;
  /** CNI_ARGS, as "K8S_POD_NAME=web;K8S_POD_UID=..."; none without. */
  args?: string;
}

/** One call of the executable in the host's namespace, once. */
export function callCni(host: Host, call: CniCall): Promise<Outcome> {
  const env = {
    CNI_COMMAND: call.command,
    CNI_CONTAINERID: call.containerId,
    CNI_NETNS: netnsPath(call.netns),
    CNI_IFNAME: call.ifname ?? "eth0",
    CNI_PATH: "/opt/cni/bin",
    CNI_ARGS: call.args ?? "",
  };
  const config = { cniVersion: "1.1.0", name: "lab", type: "cable", socket: host.socket, ...call.config };
  return runIn(host.netns, [CNI_EXECUTABLE], { env, input: JSON.stringify(config), timeoutMs: 70_000 });
}

const TRY_AGAIN_LATER = 11;

/** ADD as the kubelet does it: again when the plugin says "try again later". @throws Error with the plugin's error */
export async function addContainer(host: Host, call: Omit<CniCall, "command">): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const { code, stdout, stderr } = await callCni(host, { ...call, command: "ADD" });
    if (code === 0) return JSON.parse(stdout);
    const retry = attempt < 5 && stdout.includes(`"code":${TRY_AGAIN_LATER}`);
    if (!retry) throw new Error(`CNI ADD of ${call.containerId} on ${host.name}: ${stdout.trim()}${stderr}`);
    await sleep(200 * attempt);
  }
}

/** Wires the port `port`, which must be bound to `host`, to a new container. */
export async function startContainer(options: {
  name: string;
  netns: string;
  directory: string;
  host: Host;
  port: { id: string };
}): Promise<Workload> {
  const { name, netns, host, port } = options;
  await makeNetns(netns);
  const call = { containerId: netns, netns, config: { port: port.id } };
  await addContainer(host, call);
  const web = await serveWeb({ name, netns, directory: options.directory });
  return {
    name,
    portId: port.id,
    run: (script, timeoutMs = 60_000) => runIn(netns, ["busybox", "sh", "-c", script], { timeoutMs }),
    stop: async () => {
      await web.stop();
      const outcome = await callCni(host, { ...call, command: "DEL" });
      await removeNetns(netns);
      if (outcome.code !== 0) throw new Error(`CNI DEL of ${name} on ${host.name}: ${outcome.stdout}`);
    },
  };
}
