/**
 * The DNS service at the service's address: names of ports that the asking one may know, everything else from other servers.
 * Invariant: who asks is told by the address that the data plane gave him, and a question's answer depends on nobody else's
 * names. What a workload sends is read by wire/dns, which never throws.
 */

import type { HostView } from "../../model/mod.ts";
import type { Log } from "../log.ts";
import { Answerer, type Outcomes } from "./answer.ts";
import { Forwarder } from "./forwarder.ts";
import { Names, type NamesChange } from "./names.ts";
import { ResolvConf, type Server } from "./servers.ts";
import { listenTcp } from "./tcp.ts";
import { type Clients, listenUdp, type OpenUdp, type Place } from "./udp.ts";

export { parseServer, type Server } from "./servers.ts";

export interface DnsOptions extends Omit<Clients, "portOf" | "mtuOf"> {
  log: Log;
  sockets: readonly Place[];
  view(): HostView;
  /** Whom to ask; empty: those of the host's own resolv.conf. */
  upstream: readonly Server[];
  /** Without it sockets have what room the system gives them. */
  openUdp?: OpenUdp;
}

export interface Dns {
  readonly outcomes: Outcomes;
  /** Questions that wait for another server's answer. */
  readonly waiting: number;
  /** What answers of other servers take in memory. */
  readonly cacheBytes: number;
  /** What is new in the view. */
  changed(change: NamesChange): void;
  close(): Promise<void>;
}

const SWEEP_MS = 60_000;
/** Of a network that is not there any more. */
const ETHERNET_MTU = 1_500;

/** @throws Error EADDRINUSE and the like, when a socket cannot be had */
export async function startDns({ sockets, view, upstream, clientOf, openUdp, log }: DnsOptions): Promise<Dns> {
  const names = new Names(view);
  const resolvConf = new ResolvConf();
  const forwarder = new Forwarder({ servers: () => (upstream.length > 0 ? upstream : resolvConf.servers()) });
  const answerer = new Answerer(names, forwarder, log);
  const clients: Clients = {
    clientOf,
    portOf: (id) => view().ports.get(id),
    mtuOf: ({ networkId }) => view().networks.get(networkId)?.mtu ?? ETHERNET_MTU,
  };
  const opened: { close(): unknown }[] = [];
  try {
    for (const place of sockets) {
      opened.push(await listenUdp(place, answerer, clients, openUdp));
      opened.push(await listenTcp(place, answerer, clients));
    }
  } catch (error) {
    for (const each of opened) await each.close();
    throw error;
  }
  const sweep = setInterval(() => names.sweep(), SWEEP_MS).unref();
  return {
    outcomes: answerer.outcomes,
    get waiting() {
      return forwarder.waiting;
    },
    get cacheBytes() {
      return forwarder.cache.bytes;
    },
    changed: (change) => names.changed(change),
    close: async () => {
      clearInterval(sweep);
      for (const each of opened) await each.close();
    },
  };
}
