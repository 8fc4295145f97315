import type { Trap } from "../../datapath/mod.ts";
import {
  type HostView,
  type Id,
  type Ip,
  ipFromBytes16,
  type Mac,
  macFromBytes,
  type ViewNetwork,
  type ViewPort,
} from "../../model/mod.ts";
import { isRouterSolicitation } from "../../wire/mod.ts";
import type { Log } from "../log.ts";
import { advertisementFrame, answerDhcp4, answerDhcp6 } from "../services/mod.ts";
import { AdvertisedNetworks } from "./advertised-networks.ts";

const ETHERNET_BYTES = 14;
const IPV6_SOURCE = ETHERNET_BYTES + 8;

interface Sender {
  inject(vifId: Id, frame: Uint8Array): void;
}

/** Answers what the data plane traps, from the view alone; and counts what came of it. */
export class Responder {
  /** By outcome: "offer", "ack", "declined", "advertisement", or why there was no answer. */
  readonly outcomes = new Map<string, number>();
  readonly #view: () => HostView;
  readonly #sender: Sender;
  readonly #log: Log;

  readonly #advertised: AdvertisedNetworks;

  constructor(view: () => HostView, sender: Sender, log: Log, advertised = new AdvertisedNetworks(view)) {
    this.#view = view;
    this.#advertised = advertised;
    this.#sender = sender;
    this.#log = log;
  }

  answer(trap: Trap): void {
    const port = this.#view().ports.get(trap.vifId);
    const network = port && this.#view().networks.get(port.networkId);
    if (port === undefined || network === undefined) this.#count("port_unknown");
    else if (trap.reason === "router_solicitation") this.#advertise(trap, network);
    else this.#lease(trap, port, network);
  }

  #lease(trap: Trap, port: ViewPort, network: ViewNetwork): void {
    let outcome = "unanswered";
    const server = trap.reason === "dhcp6" ? answerDhcp6 : answerDhcp4;
    const reply = server({
      frame: trap.frame,
      port,
      network,
      onOutcome: (what) => {
        outcome = what;
      },
    });
    this.#count(outcome);
    // A client declines an address that another machine answers for (RFC 2131 section 3.1): somebody should know.
    if (outcome === "declined") this.#log.warn({ port: port.id }, "the workload declined its address: it is in use");
    if (reply !== undefined) this.#sender.inject(trap.vifId, reply);
  }

  #advertise(trap: Trap, network: ViewNetwork): void {
    if (!isRouterSolicitation(trap.frame)) {
      this.#count("bad_solicitation");
      return;
    }
    const all = this.#advertised.of(network);
    this.#count(all.length === 0 ? "unadvertised" : "advertisement");
    const to = solicitor(trap.frame);
    for (const each of all) this.#sender.inject(trap.vifId, advertisementFrame(each, to));
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

/** Whom to answer; undefined when it has no address yet, so the answer goes to all nodes (RFC 4861 section 6.2.6). */
function solicitor(frame: Uint8Array): { mac: Mac; ip: Ip } | undefined {
  const ip = ipFromBytes16(frame.subarray(IPV6_SOURCE, IPV6_SOURCE + 16));
  return ip === "::" ? undefined : { mac: macFromBytes(frame.subarray(6, 12)), ip };
}
