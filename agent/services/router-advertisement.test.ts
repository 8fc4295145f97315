import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cidr,
  type Ip,
  ip,
  type Mac,
  mac,
  SERVICE_IP6,
  type ViewRouter,
  type ViewSubnet,
} from "../../model/mod.ts";
import { aNetwork, aSubnet, networkId, portId, uuid } from "../fake/mod.ts";
import { type Advertised, advertisedIn, advertisementFrame, withdrawn } from "./mod.ts";

const subnet = (n: number, raMode: ViewSubnet["raMode"], changes: Partial<ViewSubnet> = {}): ViewSubnet => ({
  ...aSubnet(n, `fd00:${n}::/64`),
  raMode,
  addressMode: raMode,
  ...changes,
});
const network = (...subnets: ViewSubnet[]) => aNetwork(1, { subnets: [aSubnet(1, "10.0.1.0/24"), ...subnets] });

const MACS = [mac("fa:16:3e:00:00:a1"), mac("fa:16:3e:00:00:a2")];
const router = (n: number, ips: string[], changes: Partial<ViewRouter> = {}): ViewRouter => ({
  id: uuid("5", n),
  adminUp: true,
  interfaces: [{ portId: portId(90 + n), networkId: networkId(1), mac: MACS[n - 1] as Mac, ips: ips.map(ip) }],
  routes: [],
  gateway: null,
  ...changes,
});

/** A line for each speaker: lifetime, prefixes (with S where SLAAC is used), routes, servers. */
const text = (all: readonly Advertised[]) =>
  all.map((each) => {
    const who = each.ip === SERVICE_IP6 ? "service" : `router${MACS.indexOf(each.mac) + 1}`;
    const prefixes = each.prefixes.map(
      ({ cidr, autonomous, validSeconds }) => `${cidr}${autonomous ? "S" : ""}:${validSeconds}`,
    );
    const routes = each.routes.map(({ destination, seconds }) => `to ${destination}:${seconds}`);
    const dns = each.dnsServers.map((server) => `dns ${server === SERVICE_IP6 ? "here" : server}:${each.dnsSeconds}`);
    return [`${who} ${each.routerSeconds}`, ...prefixes, ...routes, ...dns].join(" ");
  });

// Neutron's table of modes: IPv6 in its administrator's guide, "Address modes for ports".
for (const [raMode, addressMode, flags, prefixFlags] of [
  ["slaac", "slaac", 0, 0xc0],
  ["dhcpv6-stateless", "dhcpv6-stateless", 0x40, 0xc0],
  ["dhcpv6-stateful", "dhcpv6-stateful", 0xc0, 0x80],
  ["slaac", null, 0, 0xc0],
  ["dhcpv6-stateless", null, 0x40, 0xc0],
  ["dhcpv6-stateful", null, 0xc0, 0x80],
] as const) {
  test(`ra_mode ${raMode} with address_mode ${addressMode} has flags ${flags} and prefix flags ${prefixFlags}`, () => {
    const [said] = advertisedIn(network(subnet(1, raMode, { addressMode })), []);
    const frame = said && advertisementFrame(said);
    assert.equal(frame?.[54 + 5], flags);
    assert.equal(frame?.[54 + 16 + 8 + 8 + 3], prefixFlags);
  });
}

for (const addressMode of [null, "slaac", "dhcpv6-stateful", "dhcpv6-stateless"] as const) {
  test(`without ra_mode nothing is advertised, with address_mode ${addressMode}`, () => {
    assert.deepEqual(advertisedIn(network(subnet(1, null, { addressMode })), [router(1, ["fd00:1::1"])]), []);
  });
}

const via = { destination: "fd00:77::/48" as Cidr, nextHop: "fd00:1::1" as Ip };
const elsewhere = { destination: "fd00:88::/48" as Cidr, nextHop: "fd00:1::99" as Ip };
const one = network(subnet(1, "slaac", { routes: [via, elsewhere], dnsServers: [ip("fd00::53"), ip("9.9.9.9")] }));
const silent = network(subnet(1, "slaac", { dnsServers: [ip("::")] }));
const two = network(subnet(1, "slaac"), subnet(2, "dhcpv6-stateful"));
for (const [what, on, routers, expected] of [
  ["no router", one, [], ["service 0 fd00:1::/64S:86400 dns fd00::53:9000"]],
  ["no router and no server", silent, [], ["service 0 fd00:1::/64S:86400"]],
  [
    "its gateway's router",
    one,
    [router(1, ["fd00:1::1"])],
    ["router1 9000 fd00:1::/64S:86400 to fd00:77::/48:9000 dns fd00::53:9000"],
  ],
  [
    "a router that is down",
    one,
    [router(1, ["fd00:1::1"], { adminUp: false })],
    ["service 0 fd00:1::/64S:86400 dns fd00::53:9000"],
  ],
  ["a router of IPv4 alone", one, [router(1, ["10.0.1.1"])], ["service 0 fd00:1::/64S:86400 dns fd00::53:9000"]],
  [
    "a router that is not the gateway",
    one,
    [router(1, ["fd00:1::9"])],
    ["router1 0 fd00:1::/64S:86400 dns fd00::53:9000"],
  ],
  [
    "a router of one of two subnets",
    two,
    [router(1, ["fd00:1::1"])],
    ["service 0 fd00:2::/64:86400 dns here:9000", "router1 9000 fd00:1::/64S:86400 dns here:9000"],
  ],
  [
    "a router of both",
    two,
    [router(1, ["fd00:1::1", "fd00:2::1"])],
    ["router1 9000 fd00:1::/64S:86400 fd00:2::/64:86400 dns here:9000"],
  ],
  [
    "two routers",
    two,
    [router(2, ["fd00:2::1"]), router(1, ["fd00:1::1"])],
    ["router1 9000 fd00:1::/64S:86400 dns here:9000", "router2 9000 fd00:2::/64:86400 dns here:9000"],
  ],
] as const) {
  test(`with ${what} guests are told ${expected.join("; ")}`, () =>
    assert.deepEqual(text(advertisedIn(on, routers)), expected));
}

test("all who speak in a network have the same flags", () => {
  const flags = advertisedIn(two, [router(1, ["fd00:1::1"])]).map(({ managed, otherConfig }) => [managed, otherConfig]);
  assert.deepEqual(flags, [
    [true, true],
    [true, true],
  ]);
});

const withRouter = advertisedIn(one, [router(1, ["fd00:1::1"])]);
const bare = network(subnet(1, "slaac"));
for (const [what, before, after, expected] of [
  ["nothing changed", withRouter, withRouter, []],
  ["the router went", withRouter, advertisedIn(one, []), ["router1 0 to fd00:77::/48:0"]],
  ["the router came", advertisedIn(one, []), withRouter, ["service 0"]],
  ["the subnet went, the router too", withRouter, [], ["router1 0 fd00:1::/64S:0 to fd00:77::/48:0 dns fd00::53:0"]],
  [
    "one of two subnets went",
    advertisedIn(two, [router(1, ["fd00:1::1", "fd00:2::1"])]),
    advertisedIn(bare, [router(1, ["fd00:1::1"])]),
    ["router1 9000 fd00:2::/64:0"],
  ],
  [
    "the name server and the route went",
    withRouter,
    advertisedIn(bare, [router(1, ["fd00:1::1"])]),
    ["router1 9000 to fd00:77::/48:0 dns fd00::53:0"],
  ],
  ["the subnet came", [], withRouter, []],
] as const) {
  test(`when ${what} this is withdrawn: ${expected.join("; ") || "nothing"}`, () =>
    assert.deepEqual(text(withdrawn(before, after)), expected));
}
