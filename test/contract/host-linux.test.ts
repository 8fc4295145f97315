/** The Linux host, as root, in namespaces of its own. */

import { hostContract } from "../../host/host.contract.ts";
import { inNamespacePath } from "../../host/linux/netns.ts";
import { linuxHost } from "../../host/mod.ts";
import { makeNetns, netnsPath, removeNetns } from "../kit/netns.ts";

let count = 0;

hostContract("linux host", async (work) => {
  const prefix = `cb2h${process.pid}-${count++}`;
  const [here, there] = [`${prefix}a`, `${prefix}b`];
  await makeNetns(here);
  await makeNetns(there);
  // Open calls act in the calling thread's namespace, so the test runs there; a test that waits does so outside of it,
  // and uses only what was opened within.
  const host = inNamespacePath(netnsPath(here), () => linuxHost());
  const openTap: typeof host.openTap = (name, options) =>
    inNamespacePath(netnsPath(here), () => host.openTap(name, options));
  try {
    await work({ host: { ...host, openTap }, elsewhere: netnsPath(there), prefix });
  } finally {
    host.links.close();
    await removeNetns(here);
    await removeNetns(there);
  }
});
