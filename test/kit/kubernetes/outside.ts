/** Somebody beside the nodes whom Cable knows nothing of: tells each caller under which address it is seen. */
import { join } from "node:path";
import { ipBatch, makeNetns, removeNetns } from "../netns.ts";
import { makeDirectory } from "../place.ts";
import { start } from "../process.ts";
import type { KubeCluster } from "./cluster.ts";
import { PEER_PATH, writePeerScript } from "./images.ts";

const LAST_PART = 200;

export interface Mirror {
  /** What to ask it for, in each family. */
  urls: readonly string[];
  stop(): Promise<void>;
}

/** In the underlay's subnet, which nodes reach and pods do only by way of them. */
export async function startMirror({ lab }: KubeCluster): Promise<Mirror> {
  const netns = `${lab.name}-mirror`;
  const neighbour = [...lab.hosts.values()][0]?.underlay;
  if (neighbour === undefined) throw new Error("the lab has no host, so no underlay");
  const ip4 = neighbour.ip4.replace(/\d+$/, String(LAST_PART));
  const ip6 = neighbour.ip6.replace(/[^:]+$/, String(LAST_PART));
  const root = await makeDirectory(join(lab.directory, "mirror"));
  await writePeerScript(root);
  await makeNetns(netns);
  await lab.wire.plug({ netns, name: "eth0" });
  await ipBatch(netns, [`addr add ${ip4}/24 dev eth0`, `addr add ${ip6}/64 dev eth0 nodad`]);
  const servers = [`${ip4}:80`, `[${ip6}]:80`].map((address) =>
    start({
      name: `mirror on ${address}`,
      command: ["busybox", "httpd", "-f", "-p", address, "-h", root],
      logFile: join(lab.directory, "mirror.log"),
      netns,
    }),
  );
  return {
    urls: [`http://${ip4}${PEER_PATH}`, `http://[${ip6}]${PEER_PATH}`],
    stop: async () => {
      for (const server of servers) await server.stop();
      await removeNetns(netns);
    },
  };
}
