/** The names of one network's ports, and its addresses: made when somebody first asks in it, then kept up to date. */
import {
  generatedHost,
  type HostView,
  type Id,
  type Ip,
  parseIp,
  type ViewEndpoint,
  withoutDot,
} from "../../model/mod.ts";

type Named = Pick<ViewEndpoint, "ips" | "dnsName" | "dnsDomain">;

/** Of one name: as many as an answer by TCP has room for, whatever they are. */
const MOST_ADDRESSES = 2_000;

/** What Neutron calls a port's address that has no dns_name of its own. */
const GENERATED = /^host-([0-9a-f-]+)$/;

/** The address of which this is the generated name. */
function generatedFor(host: string): Ip | undefined {
  const [, dashed] = GENERATED.exec(host) ?? [];
  if (dashed === undefined) return undefined;
  const ip = parseIp(dashed.replaceAll("-", /^\d+-\d+-\d+-\d+$/.test(dashed) ? "." : ":"));
  return ip !== undefined && generatedHost(ip) === host ? ip : undefined;
}

export class NetworkNames {
  /** For whoever drops what nobody asks for any more; from `performance.now()`. */
  usedMs = 0;
  readonly #ports = new Map<Id, ViewEndpoint>();
  readonly #byIp = new Map<Ip, Id>();
  /** Of a hundred thousand ports nearly all have a name to themselves. */
  readonly #byHost = new Map<string, Id | Set<Id>>();

  constructor(view: HostView, networkId: Id) {
    for (const endpoint of view.endpoints.values()) if (endpoint.networkId === networkId) this.put(endpoint);
  }

  put(endpoint: ViewEndpoint): void {
    this.remove(endpoint.id);
    this.#ports.set(endpoint.id, endpoint);
    for (const ip of endpoint.ips) this.#byIp.set(ip, endpoint.id);
    const host = hostOf(endpoint);
    if (host === undefined) return;
    const others = this.#byHost.get(host);
    if (others instanceof Set) others.add(endpoint.id);
    else this.#byHost.set(host, others === undefined ? endpoint.id : new Set([others, endpoint.id]));
  }

  remove(id: Id): void {
    const endpoint = this.#ports.get(id);
    if (endpoint === undefined) return;
    this.#ports.delete(id);
    // An address may have moved to another port in the same change.
    for (const ip of endpoint.ips) if (this.#byIp.get(ip) === id) this.#byIp.delete(ip);
    const host = hostOf(endpoint);
    const named = host === undefined ? undefined : this.#byHost.get(host);
    if (host === undefined || named === undefined) return;
    if (named instanceof Set) named.delete(id);
    if (named === id || (named instanceof Set && named.size === 0)) this.#byHost.delete(host);
  }

  portWith(ip: Ip): Named | undefined {
    return this.#ports.get(this.#byIp.get(ip) ?? "");
  }

  /** The addresses of the ports that have this name within a domain which `isDomain` says is theirs; none: no such port. */
  addresses(host: string, isDomain: (own: string | undefined) => boolean): Ip[] {
    const found: Ip[] = [];
    for (const id of idsOf(this.#byHost.get(host))) {
      const port = this.#ports.get(id) as ViewEndpoint;
      if (isDomain(port.dnsDomain)) found.push(...port.ips);
      if (found.length >= MOST_ADDRESSES) return found;
    }
    const ip = generatedFor(host);
    if (ip !== undefined && isDomain(undefined) && this.portWith(ip)?.dnsName === undefined && this.#byIp.has(ip))
      found.push(ip);
    return found;
  }
}

function idsOf(ids: Id | Set<Id> | undefined): Iterable<Id> {
  return typeof ids === "string" ? [ids] : (ids ?? []);
}

/** Its dns_name, as names are looked up. */
function hostOf({ dnsName }: Named): string | undefined {
  return dnsName === undefined ? undefined : withoutDot(dnsName);
}
