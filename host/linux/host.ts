/** {@link Host} on a running Linux. */
import type { Mac } from "../../model/mod.ts";
import type { Bpf, Host, Links, Tap } from "../host.ts";
import { linuxBpf } from "./bpf.ts";
import { LinuxLinks } from "./links.ts";
import { masquerade } from "./masquerade.ts";
import { mountBpf, removePins } from "./mount.ts";
import { inNamespacePath } from "./netns.ts";
import { openTap } from "./tap.ts";
import { openUdp } from "./udp.ts";

function inNamespace<T>(path: string, work: (links: Links, netnsFd: number) => T): T {
  return inNamespacePath(path, (netnsFd) => {
    const links = new LinuxLinks();
    try {
      return work(links, netnsFd);
    } finally {
      links.close();
    }
  });
}

/** The host as the calling process sees it: its links are those of the network namespace it is in now. */
export function linuxHost(): Host {
  const links = new LinuxLinks();
  const bpf: Bpf = linuxBpf();
  return {
    links,
    bpf,
    openTap: (name: string, options: { mac?: Mac; mtuBytes: number }): Tap => openTap(links, name, options),
    openUdp,
    inNamespace,
    mountBpf,
    masquerade,
    removePins,
  };
}
