/** What leads outside: routers by their gateways' networks and hosts, and what hangs on them by router and port. */
import type {
  FloatingIpRecord,
  Id,
  Kind,
  NdpProxyRecord,
  PortForwardingRecord,
  RecordTypes,
  RouterRecord,
} from "../../model/mod.ts";
import type { Memory, RecordChange } from "../memory.ts";
import { SetIndex } from "../set-index.ts";

/** Kinds that make up a router's way outside, besides the router and its ports. */
export type OutsideKind = "floatingip" | "port_forwarding" | "ndp_proxy";
const KINDS: readonly OutsideKind[] = ["floatingip", "port_forwarding", "ndp_proxy"];

export class Outside {
  readonly #memory: Memory;
  readonly #floatings = new SetIndex<Id>();
  readonly #forwards = new SetIndex<Id>();
  readonly #proxies = new SetIndex<Id>();
  /** Floating IPs by the port that they, or their forwardings, lead to. */
  readonly #floatingsOfPort = new SetIndex<Id>();
  readonly #portsOfForward = new SetIndex<Id>();
  readonly #routersOfNetwork = new SetIndex<Id>();
  readonly #routersOfHost = new SetIndex<Id>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Takes in all there is. */
  everything(): void {
    for (const { record } of this.#memory.all("router")) this.#router(record, "add");
    for (const kind of KINDS) for (const { record } of this.#memory.all(kind)) this.#hang(kind, record, "add");
  }

  /** Takes in a router's change. */
  changeRouter(before: RouterRecord | undefined, after: RouterRecord | undefined): void {
    if (before !== undefined) this.#router(before, "remove");
    if (after !== undefined) this.#router(after, "add");
  }

  /** Takes in a change of what hangs on routers; returns the routers concerned. */
  change(change: Extract<RecordChange, { kind: OutsideKind }>): Set<Id> {
    const routers = new Set<Id>();
    const note = (record: RecordTypes[OutsideKind] | undefined) => {
      const router = record && this.#routerOf(change.kind, record);
      if (router) routers.add(router);
    };
    const [before, after] = [change.before?.record, change.after?.record];
    note(before);
    if (before !== undefined) this.#hang(change.kind, before, "remove");
    if (after !== undefined) this.#hang(change.kind, after, "add");
    note(after);
    return routers;
  }

  /** The routers whose floating IPs or forwardings lead to the port. */
  routersOfPort(port: Id): Set<Id> {
    const routers = new Set<Id>();
    for (const id of [...this.#floatingsOfPort.of(port), ...this.#portsOfForward.of(port)]) {
      const router = this.#memory.get("floatingip", this.#floatingOf(id))?.record.router_id;
      if (router) routers.add(router);
    }
    return routers;
  }

  routersOfNetwork(network: Id): ReadonlySet<Id> {
    return this.#routersOfNetwork.of(network);
  }

  /** The routers whose gateway is, or would next be, at the host. */
  routersOfHost(host: string): ReadonlySet<Id> {
    return this.#routersOfHost.of(host);
  }

  floatingsOf(router: Id): FloatingIpRecord[] {
    return records(this.#memory, "floatingip", this.#floatings.of(router));
  }

  forwardsOf(floating: Id): PortForwardingRecord[] {
    return records(this.#memory, "port_forwarding", this.#forwards.of(floating));
  }

  proxiesOf(router: Id): NdpProxyRecord[] {
    return records(this.#memory, "ndp_proxy", this.#proxies.of(router));
  }

  #floatingOf(id: Id): Id {
    return this.#memory.get("port_forwarding", id)?.record.floatingip_id ?? id;
  }

  #routerOf(kind: OutsideKind, record: RecordTypes[OutsideKind]): Id | null | undefined {
    if (kind !== "port_forwarding") return (record as FloatingIpRecord | NdpProxyRecord).router_id;
    return this.#memory.get("floatingip", (record as PortForwardingRecord).floatingip_id)?.record.router_id;
  }

  #router({ id, gateways }: RouterRecord, how: "add" | "remove"): void {
    const [gateway] = gateways;
    if (gateway === undefined) return;
    this.#routersOfNetwork[how](gateway.network_id, id);
    for (const host of gateway.hosts ?? []) this.#routersOfHost[how](host, id);
  }

  #hang(kind: OutsideKind, record: RecordTypes[OutsideKind], how: "add" | "remove"): void {
    if (kind === "floatingip") {
      const { id, router_id, port_id } = record as FloatingIpRecord;
      if (router_id !== null) this.#floatings[how](router_id, id);
      if (port_id !== null) this.#floatingsOfPort[how](port_id, id);
    } else if (kind === "port_forwarding") {
      const { id, floatingip_id, internal_port_id } = record as PortForwardingRecord;
      this.#forwards[how](floatingip_id, id);
      this.#portsOfForward[how](internal_port_id, id);
    } else {
      const { id, router_id } = record as NdpProxyRecord;
      this.#proxies[how](router_id, id);
    }
  }
}

function records<K extends Kind>(memory: Memory, kind: K, ids: ReadonlySet<Id>): RecordTypes[K][] {
  return [...ids].sort().flatMap((id) => memory.get(kind, id)?.record ?? []);
}
