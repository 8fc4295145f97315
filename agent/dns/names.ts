/**
 * What a port may know of others by name: the ports of its own network, and those of the project's own networks that routers
 * join to it. Nobody else's names are looked at for it, whatever its question says.
 */
import {
  cloudDomainOf,
  generatedHost,
  type HostView,
  type Id,
  type Ip,
  networkDomain,
  parsePrefix,
  prefixContains,
  type ViewNetwork,
  type ViewPort,
  withoutDot,
} from "../../model/mod.ts";
import { NetworkNames } from "./network-names.ts";
import { reverseAddress } from "./reverse.ts";

/** Tables of networks in which nobody has asked for so long are dropped. */
const IDLE_MS = 600_000;

/** What is known of a name. */
export type Known =
  /** It is a port's: its addresses of both families. */
  | { kind: "host"; ips: Ip[]; zone: string }
  /** It is an address: the name that its port has. */
  | { kind: "address"; name: string; zone: string }
  /** It is a zone of ours. */
  | { kind: "zone"; zone: string }
  /** Nobody has it, and nobody else could know it. */
  | { kind: "nobody"; zone: string }
  /** It is none of ours; or others may know more of its domain than ports' names, `zone` then says which that is. */
  | { kind: "foreign"; zone?: string };

export type NamesChange = Record<"endpoints" | "networks" | "routers", ReadonlySet<Id>>;

export class Names {
  readonly #view: () => HostView;
  #of: HostView | undefined;
  readonly #networks = new Map<Id, NetworkNames>();
  /** What routers join to a network for a project, until any router or network changes: a gateway host has many. */
  readonly #joined = new Map<string, Id[]>();

  constructor(view: () => HostView) {
    this.#view = view;
  }

  /** Takes in what has changed in the view; where the whole of it is another one, all is made anew. */
  changed({ endpoints, networks, routers }: NamesChange): void {
    const view = this.#current();
    if (networks.size + routers.size > 0) this.#joined.clear();
    for (const id of networks) if (!view.networks.has(id)) this.#networks.delete(id);
    if (this.#networks.size === 0) return;
    for (const id of endpoints) {
      const endpoint = view.endpoints.get(id);
      for (const [networkId, names] of this.#networks) {
        if (endpoint?.networkId === networkId) names.put(endpoint);
        else names.remove(id);
      }
    }
  }

  /** Takes the tables of networks away in which nobody asks. */
  sweep(nowMs = performance.now()): void {
    this.#joined.clear();
    for (const [id, { usedMs }] of this.#networks) if (nowMs - usedMs > IDLE_MS) this.#networks.delete(id);
  }

  /** `name` in lower case, without the last dot. */
  look(port: Pick<ViewPort, "networkId" | "projectId">, name: string): Known {
    const view = this.#current();
    const own = view.networks.get(port.networkId);
    if (own === undefined) return { kind: "foreign" };
    const networks = [own, ...this.#joinedTo(own, port.projectId).flatMap((id) => view.networks.get(id) ?? [])];
    const address = reverseAddress(name);
    if (address !== undefined) return this.#lookAddress(networks, address);
    for (const network of networks) {
      const ips = this.#addresses(network, name);
      if (ips.length > 0) return { kind: "host", ips, zone: zoneOf(name, network) };
    }
    return domainOf(own, name);
  }

  #lookAddress(networks: ViewNetwork[], { ip, zone }: { ip: Ip; zone: string }): Known {
    for (const network of networks) {
      const port = this.#names(network.id).portWith(ip);
      if (port === undefined) continue;
      const { dnsName = generatedHost(ip), dnsDomain } = port;
      const domain = dnsDomain === undefined ? networkDomain(network) : withoutDot(dnsDomain);
      return {
        kind: "address",
        zone,
        name: dnsName.endsWith(".") || domain === "" ? withoutDot(dnsName) : `${dnsName}.${domain}`,
      };
    }
    // Who else is on a provider network's wire may have a name elsewhere.
    const isOurs = networks.some(
      ({ segment, subnets }) => segment.kind === "vxlan" && subnets.some((s) => covers(s, ip)),
    );
    return isOurs ? { kind: "nobody", zone } : { kind: "foreign" };
  }

  /** A name of one label is that of a port as well, as in Neutron's dnsmasq. */
  #addresses(network: ViewNetwork, name: string): Ip[] {
    const names = this.#names(network.id);
    const usual = new Set(["", networkDomain(network), cloudDomainOf(network)]);
    const found: Ip[] = [];
    for (let end = name.length; end > 0; end = name.lastIndexOf(".", end - 1)) {
      const domain = name.slice(end + 1);
      const isDomain = (own: string | undefined) =>
        own === undefined
          ? usual.has(domain)
          : domain === withoutDot(own) || domain === "" || domain === cloudDomainOf(network);
      found.push(...names.addresses(name.slice(0, end), isDomain));
    }
    return [...new Set(found)];
  }

  #joinedTo(network: ViewNetwork, projectId: string): Id[] {
    const key = `${network.id} ${projectId}`;
    const found = this.#joined.get(key) ?? joined(this.#current(), network, projectId);
    this.#joined.set(key, found);
    return found;
  }

  #names(networkId: Id): NetworkNames {
    let names = this.#networks.get(networkId);
    if (names === undefined) {
      names = new NetworkNames(this.#current(), networkId);
      this.#networks.set(networkId, names);
    }
    names.usedMs = performance.now();
    return names;
  }

  #current(): HostView {
    const view = this.#view();
    if (view !== this.#of) {
      this.#networks.clear();
      this.#joined.clear();
    }
    this.#of = view;
    return view;
  }
}

const covers = ({ cidr }: { cidr: string }, ip: Ip): boolean => {
  const outer = parsePrefix(cidr);
  return outer !== undefined && prefixContains(outer, ip);
};

/** Is `name` that of the domain, or below it? */
const isWithin = (name: string, domain: string) => domain !== "" && (name === domain || name.endsWith(`.${domain}`));

function zoneOf(name: string, network: ViewNetwork): string {
  return (
    [networkDomain(network), cloudDomainOf(network)].find((domain) => isWithin(name, domain)) ??
    name.slice(name.indexOf(".") + 1)
  );
}

/** The cloud's own domain is ours whole; one that a user gave a network may be a public one with more in it. */
function domainOf(network: ViewNetwork, name: string): Known {
  const [cloud, own] = [cloudDomainOf(network), networkDomain(network)];
  if (isWithin(name, cloud)) return name === cloud ? { kind: "zone", zone: cloud } : { kind: "nobody", zone: cloud };
  return isWithin(name, own) ? { kind: "foreign", zone: own } : { kind: "foreign" };
}

/** Of the project's own networks those that routers join to this one, over however many. */
function joined(view: HostView, from: ViewNetwork, projectId: string): Id[] {
  const found = new Set([from.id]);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const id of found) {
    for (const { interfaces } of view.routers.values()) {
      if (!interfaces.some(({ networkId }) => networkId === id)) continue;
      for (const { networkId } of interfaces)
        if (view.networks.get(networkId)?.projectId === projectId) found.add(networkId);
    }
  }
  found.delete(from.id);
  return [...found];
}
