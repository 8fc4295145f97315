/** A router's way outside on a host: here, elsewhere, only for floating IPs, by an address of the host's own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cidr,
  ip,
  mac,
  type ViewGateway,
  type ViewNetwork,
  type ViewPort,
  type ViewRouter,
} from "../../model/mod.ts";
import { planGateway, planHostAddress } from "./gateway.ts";
import type { Here } from "./vif.ts";

const OUTER: ViewNetwork = {
  id: "outer",
  projectId: "p",
  adminUp: true,
  mtu: 1500,
  segment: { kind: "vlan", physicalNetwork: "phys", vlan: 400 },
  dnsDomain: "",
  subnets: [
    ["192.0.2.0/24", "192.0.2.1"],
    ["198.51.100.0/24", "198.51.100.1"],
    ["2001:db8::/64", "2001:db8::1"],
  ].map(([cidr, gateway]) => ({
    id: `${cidr}`,
    cidr: cidr as Cidr,
    gateway: ip(gateway as string),
    dhcp: false,
    pools: [],
    dnsServers: [],
    routes: [],
    raMode: null,
    addressMode: null,
  })),
};
const GATEWAY: ViewGateway = {
  networkId: "outer",
  mac: mac("02:00:00:00:04:00"),
  ips: [ip("192.0.2.50"), ip("2001:db8::50")],
  snat: true,
  host: "h1",
  hasStandby: true,
  tunnelIp: ip("10.99.0.1"),
  floatings: [
    {
      id: "f1",
      ip: ip("192.0.2.61"),
      mac: mac("02:00:00:00:04:61"),
      fixedIp: ip("10.0.0.1"),
      host: "h1",
      isByGateway: false,
    },
    {
      id: "f2",
      ip: ip("192.0.2.62"),
      mac: mac("02:00:00:00:04:62"),
      fixedIp: ip("10.0.0.2"),
      host: "h2",
      isByGateway: false,
    },
  ],
  forwards: [],
  proxies: [ip("fd00::5")],
};
const router = (more: Partial<ViewRouter> = {}): ViewRouter => ({
  id: "r",
  adminUp: true,
  interfaces: [],
  routes: [],
  gateway: GATEWAY,
  ...more,
});
const here = (host: string, wired = true): Here => ({ host, physicalNetworks: wired ? { phys: "eth1" } : {} });
const OWN = new Map([["outer", { id: "own", mac: mac("02:00:00:00:04:99"), ip: ip("192.0.2.99") }]]);
const plan = (at: Here, own = new Map(), of = router()) =>
  planGateway(of, (id) => (id === "outer" ? OUTER : undefined), at, own);

const fixed = (at: Here) => plan(at)?.floatings.map(({ fixedIp }) => fixedIp);

test("at its host it is here, with the floating IPs and proxies that are this host's work", () => {
  const planned = plan(here("h1"));
  assert.equal(planned?.here, true);
  assert.equal(planned?.remote, null);
  assert.deepEqual(fixed(here("h1")), ["10.0.0.1"]);
  assert.deepEqual(planned?.proxies, ["fd00::5"]);
});

test("elsewhere it is at its host, and only floating IPs of own ports are here", () => {
  const planned = plan(here("h2"));
  assert.equal(planned?.here, false);
  assert.equal(planned?.remote, "10.99.0.1");
  assert.deepEqual(fixed(here("h2")), ["10.0.0.2"]);
  assert.deepEqual(planned?.proxies, []);
});

test("a host without a card there does none of it", () => {
  assert.equal(plan(here("h1", false))?.here, false);
  assert.deepEqual(fixed(here("h1", false)), []);
});

test("all subnets are on the network; beyond it leads the gateway of one that the router has part in", () => {
  assert.deepEqual(plan(here("h1"))?.routes, [
    { destination: "192.0.2.0/24", nextHop: null },
    { destination: "198.51.100.0/24", nextHop: null },
    { destination: "2001:db8::/64", nextHop: null },
    { destination: "0.0.0.0/0", nextHop: "192.0.2.1" },
    { destination: "::/0", nextHop: "2001:db8::1" },
  ]);
});

test("routes of the router's own by a next hop out there are among them", () => {
  const routes = [
    { destination: "203.0.113.0/24" as Cidr, nextHop: ip("192.0.2.7") },
    { destination: "172.16.0.0/12" as Cidr, nextHop: ip("10.0.0.9") },
  ];
  const planned = plan(here("h1"), new Map(), router({ routes }));
  assert.deepEqual(planned?.routes.at(-1), routes[0]);
  assert.equal(planned?.routes.length, 6);
});

test("its gateway's own default gives way to routes to anywhere, wherever they lead", () => {
  const anywhere = { destination: "0.0.0.0/0" as Cidr, nextHop: ip("192.0.2.7") };
  const defaults = (planned: ReturnType<typeof plan>) =>
    planned?.routes.filter(({ destination }) => destination === "0.0.0.0/0").map(({ nextHop }) => nextHop);
  assert.deepEqual(defaults(plan(here("h1"), new Map(), router({ routes: [anywhere] }))), ["192.0.2.7"]);
  const taken = new Set([anywhere.destination]);
  const network = (id: string) => (id === "outer" ? OUTER : undefined);
  assert.deepEqual(defaults(planGateway(router(), network, here("h1"), new Map(), taken)), []);
});

test("an address of the host's own is used where the way is elsewhere, and SNAT is on", () => {
  assert.deepEqual(plan(here("h2"), OWN)?.own, { mac: "02:00:00:00:04:99", ip: "192.0.2.99" });
  assert.equal(plan(here("h1"), OWN)?.own, null);
  assert.equal(plan(here("h2"), OWN, router({ gateway: { ...GATEWAY, snat: false } }))?.own, null);
});

test("such an address is like a gateway that leads to nothing", () => {
  const port = {
    id: "own",
    networkId: "outer",
    mac: mac("02:00:00:00:04:99"),
    fixedIps: [{ ip: ip("192.0.2.99"), subnetId: "s" }],
    adminUp: true,
  } as ViewPort;
  const planned = planHostAddress(port, OUTER, here("h2"));
  assert.deepEqual([planned?.gateway?.here, planned?.gateway?.ips, planned?.interfaces], [true, ["192.0.2.99"], []]);
  assert.equal(planHostAddress(port, OUTER, here("h2", false)), undefined);
});

test("without a gateway, or before its network is here, there is no way", () => {
  assert.equal(plan(here("h1"), new Map(), router({ gateway: null })), undefined);
  assert.equal(
    planGateway(router(), () => undefined, here("h1"), new Map()),
    undefined,
  );
});

test("limits go with what is this host's work", () => {
  const egress = (max: number) => ({ egress: { kbps: { max, burst: max } } });
  const floatings = GATEWAY.floatings.map((each, i) => ({ ...each, qos: egress(i) }));
  const limited = router({ gateway: { ...GATEWAY, qos: egress(9), floatings } });
  const limits = (at: Here) => {
    const planned = plan(at, undefined, limited);
    return [planned?.qos, ...(planned?.floatings ?? []).map(({ qos }) => qos)];
  };
  assert.deepEqual(limits(here("h1")), [egress(9), egress(0)]);
  assert.deepEqual(limits(here("h2")), [undefined, egress(1)]);
});
