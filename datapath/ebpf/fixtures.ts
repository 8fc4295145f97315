/** Wanted objects for tests, short to write: ids are one letter and a number. */
import { ip, type Mac, mac, prefix } from "../../model/mod.ts";
import {
  type Datapath,
  noChange,
  type Wanted,
  type WantedBalancer,
  type WantedChange,
  type WantedEndpoint,
  type WantedGroup,
  type WantedNetwork,
  type WantedRouter,
  type WantedVif,
} from "../mod.ts";

export const macOf = (n: number): Mac => mac(`02:00:00:00:00:${n.toString(16).padStart(2, "0")}`);

export function aNetwork(n: number, changes: Partial<WantedNetwork> = {}): WantedNetwork {
  return { id: `n${n}`, segment: { kind: "vxlan", vni: n }, mtuBytes: 1450, ...changes };
}

/** Port n of network 1, with addresses 10.0.0.n and fd00::n. */
export function aVif(n: number, changes: Partial<WantedVif> = {}): WantedVif {
  return {
    id: `p${n}`,
    networkId: "n1",
    device: { ifindex: 100 + n, name: `tap${n}`, kind: "tap", vlan: null },
    mac: macOf(n),
    ips: [ip(`10.0.0.${n}`), ip(`fd00::${n}`)],
    adminUp: true,
    allowed: [],
    groups: null,
    dhcp: true,
    ra: true,
    ...changes,
  };
}

export function anEndpoint(
  n: number,
  location: WantedEndpoint["location"],
  changes: Partial<WantedEndpoint> = {},
): WantedEndpoint {
  return {
    id: `p${n}`,
    networkId: "n1",
    mac: macOf(n),
    ips: [ip(`10.0.0.${n}`), ip(`fd00::${n}`)],
    moreMacs: [],
    movableCidrs: [],
    groups: [],
    location,
    ...changes,
  };
}

export const local = (n: number): WantedEndpoint["location"] => ({ kind: "local", vifId: `p${n}` });
export const remote = (tunnelIp: string): WantedEndpoint["location"] => ({ kind: "remote", tunnelIp: ip(tunnelIp) });
export const pair = (n: number, cidr: string) => ({ mac: macOf(n), cidr: prefix(cidr).cidr });

export function wantedOf(objects: {
  networks?: WantedNetwork[];
  vifs?: WantedVif[];
  endpoints?: WantedEndpoint[];
  groups?: WantedGroup[];
  routers?: WantedRouter[];
  balancers?: WantedBalancer[];
}): Wanted {
  const byId = <T extends { id: string }>(list: T[] = []) => new Map(list.map((each) => [each.id, each]));
  return {
    networks: byId(objects.networks),
    vifs: byId(objects.vifs),
    endpoints: byId(objects.endpoints),
    groups: byId(objects.groups),
    routers: byId(objects.routers),
    balancers: byId(objects.balancers),
  };
}

/** What became other, in every table. */
export function difference(before: Wanted, after: Wanted): WantedChange {
  const change = noChange();
  for (const table of Object.keys(change) as (keyof WantedChange)[]) {
    const [a, b]: [Map<string, unknown>, Map<string, unknown>] = [before[table], after[table]];
    for (const id of new Set([...a.keys(), ...b.keys()]))
      if (JSON.stringify(a.get(id)) !== JSON.stringify(b.get(id))) change[table].add(id);
  }
  return change;
}

/** The data plane once it has come from one state to the other: by change, in full, and over a restart. */
export async function everyWay<H>(
  newHost: () => H,
  open: (host: H) => Promise<Datapath>,
  before: Wanted,
  after: Wanted,
): Promise<{ byChange: Datapath; inFull: Datapath; overRestart: Datapath }> {
  const byChange = await open(newHost());
  byChange.apply(before);
  byChange.apply(after, difference(before, after));
  const inFull = await open(newHost());
  inFull.apply(before);
  inFull.apply(after);
  const host = newHost();
  const first = await open(host);
  first.apply(before);
  await first.close();
  const overRestart = await open(host);
  overRestart.apply(after);
  return { byChange, inFull, overRestart };
}
