/** Whole states with security groups, address pairs and routers: the driver comes from any to any other, whichever way. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAPS, REMOTE_SET } from "../../bpf/layout.gen.ts";
import { type FakeHost, fakeHost } from "../../host/fake/mod.ts";
import { type Cidr, ip, type ViewRule } from "../../model/mod.ts";
import { type Datapath, noChange, type Wanted, type WantedBalancer, type WantedRouter } from "../mod.ts";
import { aNetwork, anEndpoint, aVif, everyWay, local, macOf, remote, wantedOf } from "./fixtures.ts";
import { ebpfDatapath } from "./mod.ts";
import { pinDirOf } from "./options.ts";

const uuid = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
let rules = 0;
const from = (remote: ViewRule["remote"], changes: Partial<ViewRule> = {}): ViewRule => ({
  id: `0000000${(rules++).toString(16)}-0000-4000-8000-000000000000`,
  direction: "ingress",
  family: 4,
  protocol: null,
  ports: null,
  icmp: null,
  remote,
  ...changes,
});
const members = (group: string) => from({ kind: "group", group });
const prefixes = (...cidrs: string[]) => from({ kind: "prefixes", prefixes: cidrs as Cidr[] }, { protocol: 6 });
const group = (id: string, rules: ViewRule[], stateful = true) => ({ id, rules, stateful });
const aRouter = (n: number, networks: number[], changes: Partial<WantedRouter> = {}): WantedRouter => ({
  id: uuid(n),
  adminUp: true,
  interfaces: networks.map((network) => ({
    networkId: `n${network}`,
    mac: macOf(100 * n + network),
    ips: [ip(`10.0.${network}.${n}`)],
    prefixes: [`10.0.${network}.0/24` as Cidr],
  })),
  gateway: null,
  routes: [],
  ...changes,
});
const aBalancer = (id: string, router: number, backends: string[]): WantedBalancer => ({
  id,
  routerId: uuid(router),
  fronts: [
    {
      ips: [ip(`10.96.0.${id.slice(1)}`)],
      protocol: 6,
      port: 80,
      affinitySeconds: null,
      localOnly: false,
      backends: backends.map((each) => ({ ip: ip(each), port: 8080, isLocal: each === "10.0.0.1" })),
    },
  ],
});
const inGroups = (...groups: string[]) => ({ groups });
const holds = (...cidrs: string[]) => ({ movableCidrs: cidrs as Cidr[] });

const STATES: Record<string, Wanted> = {
  empty: wantedOf({}),
  unsecured: wantedOf({ networks: [aNetwork(1)], vifs: [aVif(1)], endpoints: [anEndpoint(1, local(1))] }),
  webAndClients: wantedOf({
    networks: [aNetwork(1)],
    vifs: [aVif(1, inGroups("web")), aVif(2, inGroups("clients"))],
    endpoints: [
      anEndpoint(1, local(1), inGroups("web")),
      anEndpoint(2, local(2), inGroups("clients")),
      anEndpoint(3, remote("192.0.2.3"), inGroups("clients", "web")),
    ],
    groups: [group("web", [members("clients"), prefixes("10.9.0.0/16")]), group("clients", [])],
  }),
  otherRules: wantedOf({
    networks: [aNetwork(1)],
    vifs: [aVif(1, inGroups("web")), aVif(2, inGroups("clients", "web"))],
    endpoints: [
      anEndpoint(1, local(1), inGroups("web")),
      anEndpoint(2, local(2), inGroups("clients", "web")),
      anEndpoint(3, remote("192.0.2.3"), inGroups("others")),
    ],
    groups: [group("web", [members("others"), prefixes("10.0.0.0/8", "10.9.0.0/16")], false), group("clients", [])],
  }),
  pairs: wantedOf({
    networks: [aNetwork(1), aNetwork(2)],
    vifs: [aVif(1, inGroups("web"))],
    endpoints: [
      anEndpoint(1, local(1), { ...inGroups("web"), ...holds("10.0.0.99/32") }),
      anEndpoint(2, remote("192.0.2.3"), { ...inGroups("clients"), ...holds("10.0.0.99/32", "10.0.0.0/24") }),
      anEndpoint(4, remote("192.0.2.3"), { networkId: "n2", ...inGroups("clients"), ...holds("::/0") }),
    ],
    groups: [group("web", [members("clients"), members("web")])],
  }),
  routed: wantedOf({
    networks: [aNetwork(1), aNetwork(2), aNetwork(3)],
    vifs: [aVif(1, inGroups("web"))],
    endpoints: [
      anEndpoint(1, local(1), inGroups("web")),
      anEndpoint(2, remote("192.0.2.3"), { networkId: "n2", ...inGroups("clients") }),
      anEndpoint(3, remote("192.0.2.4"), { networkId: "n3" }),
    ],
    groups: [group("web", [members("clients")])],
    routers: [
      aRouter(1, [1, 2], {
        routes: [{ destination: "10.0.3.0/24" as Cidr, networkId: "n2", nextHop: ip("10.0.2.2") }],
      }),
      aRouter(2, [2, 3]),
    ],
  }),
  balanced: wantedOf({
    networks: [aNetwork(1), aNetwork(2)],
    vifs: [aVif(1)],
    endpoints: [anEndpoint(1, local(1)), anEndpoint(2, remote("192.0.2.3"), { networkId: "n2" })],
    routers: [aRouter(1, [1, 2])],
    balancers: [
      aBalancer("b1", 1, ["10.0.0.1", "10.0.2.2", "10.0.2.3"]),
      aBalancer("b2", 1, []),
      aBalancer("b3", 9, ["10.0.0.1"]),
    ],
  }),
  balancedOtherwise: wantedOf({
    networks: [aNetwork(1), aNetwork(2)],
    vifs: [aVif(1)],
    endpoints: [anEndpoint(1, local(1))],
    routers: [aRouter(1, [1, 2]), aRouter(2, [1, 2])],
    balancers: [aBalancer("b1", 1, ["10.0.2.3"]), aBalancer("b2", 2, ["10.0.0.1"])],
  }),
  routedOtherwise: wantedOf({
    networks: [aNetwork(1, { segment: { kind: "vxlan", vni: 77 } }), aNetwork(3)],
    vifs: [aVif(1)],
    endpoints: [anEndpoint(1, local(1)), anEndpoint(3, remote("192.0.2.4"), { networkId: "n3" })],
    routers: [aRouter(2, [1, 3], { adminUp: false })],
  }),
};

test("an endpoint within another's address pair is one of its groups no longer: decided again; any other is not", async () => {
  const host = aHost();
  const datapath = await open(host);
  const wanted = STATES.pairs as Wanted;
  datapath.apply(wanted);
  const generation = () => {
    const settings = host.bpf.pins.get(`${pinDirOf({ bpfDir: "/bpf" })}/settings`);
    return MAPS.settings.value.decode(settings?.lookup(MAPS.settings.key.encode(0)) as Buffer).generation;
  };
  const further = (n: number, address: string) => {
    const before = generation();
    const endpoint = anEndpoint(n, remote("192.0.2.9"), { ips: [ip(address)] });
    const endpoints = new Map(wanted.endpoints).set(endpoint.id, endpoint);
    datapath.apply({ ...wanted, endpoints }, { ...noChange(), endpoints: new Set([endpoint.id]) });
    return generation() - before;
  };
  assert.equal(further(7, "10.0.0.50"), 1);
  assert.equal(further(8, "10.0.1.50"), 0);
});

function aHost(): FakeHost {
  const host = fakeHost();
  while (host.links.list().length < 100) host.home.add({ name: `other${host.links.list().length}` });
  for (const n of [1, 2]) host.home.add({ name: `tap${n}`, kind: "tun", up: true });
  return host;
}

async function open(host: FakeHost): Promise<Datapath> {
  const datapath = ebpfDatapath({ host, objectDir: "/objects", bpfDir: "/bpf", physicalNetworks: {} });
  await datapath.open();
  return datapath;
}

/** With names in place of the numbers that ports, sets and routers happened to get. */
function entries(datapath: Datapath): string[] {
  const lines = datapath.dump().filter((line) => !line.startsWith("attached tap"));
  const names = (pattern: RegExp, of: [name: number, number: number]) =>
    new Map(lines.flatMap((line) => [line.match(pattern) ?? []]).map((found) => [found[of[1]], found[of[0]]]));
  const sets = names(/^sets\[name=\{\[(.*)\]\}\]=number=(\d+)/, [1, 2]);
  const routers = names(/^routers\[(\d+)\]=.*id=\{\[(.*)\]\}/, [2, 1]);
  const set = (number: string) => (number === "0" ? "none" : (sets.get(number) ?? assert.fail(`no set ${number}`)));
  const router = (number: string) => routers.get(number) ?? assert.fail(`no router ${number}`);
  return lines
    .map((line) =>
      line
        .replace(/^sets(.*)=number=\d+/, "sets$1")
        .replace(/\b(policy|set)=(\d+)/g, (_, what, number) => `${what}=${set(number)}`)
        .replace(/\bremote=(10737\d{5})/, (_, number) => `remote=${set(String(Number(number) - REMOTE_SET))}`)
        .replace(/\brouter=(\d+)/, (_, number) => `router=${router(number)}`)
        .replace(/kind=4 vif=(\d+)/, (_, number) => `kind=4 router=${router(number)}`)
        .replace(/^routers\[(\d+)\]/, (_, number) => `routers[${router(number)}]`)
        .replace(/\bvif=[1-9]\d*/g, "vif=#")
        .replace(/^vifs\[\d+\]/, "vifs[#]")
        .replace(/^(ifaces.*=)\d+$/, "$1#"),
    )
    .sort();
}

describe("ebpf driver: security groups and routers in any order", () => {
  const direct = new Map<string, string[]>();
  async function directly(name: string): Promise<string[]> {
    const datapath = await open(aHost());
    datapath.apply(STATES[name] as Wanted);
    const found = direct.get(name) ?? entries(datapath);
    direct.set(name, found);
    return found;
  }

  for (const [fromName, before] of Object.entries(STATES)) {
    for (const [toName, after] of Object.entries(STATES)) {
      test(`from ${fromName} to ${toName}: by change, in full, and over a restart`, async () => {
        const expected = await directly(toName);
        const ways = await everyWay(aHost, open, before, after);
        assert.deepEqual(entries(ways.byChange), expected);
        assert.deepEqual(entries(ways.inFull), expected);
        assert.deepEqual(entries(ways.overRestart), expected);
      });
    }
  }

  for (const [name, state] of Object.entries(STATES))
    test(`a restart in ${name} writes nothing to the maps`, async () => {
      const host = aHost();
      const before = await open(host);
      before.apply(state);
      await before.close();
      host.takeLog();
      const after = await open(host);
      after.apply(state);
      assert.deepEqual(
        host.takeLog().filter((line) => line.startsWith("map ")),
        [],
      );
    });
});
