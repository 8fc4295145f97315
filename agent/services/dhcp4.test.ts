import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cidr, ip, mac, SERVICE_IP4, type ViewNetwork, type ViewPort, type ViewSubnet } from "../../model/mod.ts";
import { type Dhcp4, decodeDhcp4, decodeUdp4, encodeDhcp4, encodeUdp4, ip4Bytes } from "../../wire/mod.ts";
import { extraOption } from "./dhcp-options.ts";
import { answerDhcp4 } from "./mod.ts";

const subnet: ViewSubnet = {
  id: "s4",
  cidr: "10.0.0.0/24" as Cidr,
  gateway: ip("10.0.0.1"),
  dhcp: true,
  pools: [],
  dnsServers: [ip("9.9.9.9")],
  routes: [{ destination: "192.0.2.0/24" as Cidr, nextHop: ip("10.0.0.254") }],
  raMode: null,
  addressMode: null,
};
const network: ViewNetwork = {
  id: "n",
  projectId: "p",
  adminUp: true,
  mtu: 1450,
  segment: { kind: "vxlan", vni: 7 },
  dnsDomain: "",
  subnets: [subnet],
};
const port: ViewPort = {
  id: "11111111-2222-3333-4444-555555555555",
  networkId: "n",
  projectId: "p",
  name: "",
  mac: mac("fa:16:3e:00:00:05"),
  fixedIps: [{ ip: ip("10.0.0.5"), subnetId: "s4" }],
  adminUp: true,
  portSecurity: true,
  addressPairs: [],
  securityGroups: [],
  dhcpOptions: [],
  dnsName: "",
  deviceId: "",
  deviceOwner: "",
  place: { kind: "tap", device: "tap11111111-22" },
};

const base: Dhcp4 = {
  op: "request",
  type: "discover",
  transaction: 77,
  seconds: 0,
  broadcast: false,
  clientIp: ip("0.0.0.0"),
  yourIp: ip("0.0.0.0"),
  nextServerIp: ip("0.0.0.0"),
  relayIp: ip("0.0.0.0"),
  clientMac: port.mac,
  bootFile: "",
  options: new Map(),
};

function ask(message: Partial<Dhcp4>, to = port, on = network) {
  let outcome = "";
  const frame = encodeUdp4({
    sourceMac: port.mac,
    destinationMac: mac("ff:ff:ff:ff:ff:ff"),
    source: message.clientIp ?? ip("0.0.0.0"),
    destination: ip("255.255.255.255"),
    sourcePort: 68,
    destinationPort: 67,
    payload: encodeDhcp4({ ...base, ...message }),
  });
  const reply = answerDhcp4({ frame, port: to, network: on, onOutcome: (name) => (outcome = name) });
  const packet = reply && decodeUdp4(reply);
  assert.ok(typeof packet !== "string");
  const dhcp = packet && decodeDhcp4(packet.payload);
  assert.ok(typeof dhcp !== "string");
  return { outcome, packet, dhcp };
}

const options = (...entries: [number, Uint8Array][]) => new Map(entries);
const requested = (address: string): [number, Uint8Array] => [50, ip4Bytes(ip(address))];
const server = (address: string): [number, Uint8Array] => [54, ip4Bytes(ip(address))];

for (const [state, message, outcome, to] of [
  ["DISCOVER", {}, "offer", "10.0.0.5"],
  ["DISCOVER with the broadcast flag", { broadcast: true }, "offer", "255.255.255.255"],
  [
    "REQUEST after our offer",
    { type: "request", options: options(requested("10.0.0.5"), server(SERVICE_IP4)) },
    "ack",
    "10.0.0.5",
  ],
  [
    "REQUEST after another server's offer",
    { type: "request", options: options(requested("10.0.0.5"), server("10.0.0.9")) },
    "other_server",
    null,
  ],
  [
    "REQUEST of a wrong address after our offer",
    { type: "request", options: options(requested("10.0.0.6"), server(SERVICE_IP4)) },
    "nak",
    "255.255.255.255",
  ],
  [
    "REQUEST after reboot, right address",
    { type: "request", options: options(requested("10.0.0.5")) },
    "ack",
    "10.0.0.5",
  ],
  [
    "REQUEST after reboot, address of another network",
    { type: "request", options: options(requested("192.168.1.5")) },
    "nak",
    "255.255.255.255",
  ],
  ["REQUEST to renew", { type: "request", clientIp: ip("10.0.0.5") }, "ack", "10.0.0.5"],
  [
    "REQUEST to renew an address no longer its own",
    { type: "request", clientIp: ip("10.0.0.77") },
    "nak",
    "255.255.255.255",
  ],
  ["REQUEST without any address", { type: "request" }, "nak", "255.255.255.255"],
  ["INFORM", { type: "inform", clientIp: ip("10.0.0.5") }, "ack", "10.0.0.5"],
  ["DECLINE", { type: "decline", options: options(requested("10.0.0.5")) }, "declined", null],
  ["RELEASE", { type: "release", clientIp: ip("10.0.0.5") }, "released", null],
  ["OFFER of a workload", { type: "offer" }, "not_for_a_server", null],
  ["a BOOTP reply", { op: "reply" }, "not_for_a_server", null],
  ["a relayed DISCOVER", { relayIp: ip("10.0.0.3") }, "relayed", null],
  ["a DISCOVER for another MAC", { clientMac: mac("02:00:00:00:00:99") }, "other_client", null],
] as [string, Partial<Dhcp4>, string, string | null][]) {
  test(`${state} gets ${outcome}${to === null ? " and no answer" : ` sent to ${to}`}`, () => {
    const answer = ask(message);
    assert.equal(answer.outcome, outcome);
    assert.equal(answer.packet?.destination ?? null, to);
  });
}

test("an offer carries address, lease, mask, router, DNS, MTU, domain, host name and routes", () => {
  const { dhcp } = ask({});
  const hex = Object.fromEntries(
    [...(dhcp?.options ?? [])].map(([code, value]) => [code, Buffer.from(value).toString("hex")]),
  );
  assert.equal(dhcp?.yourIp, "10.0.0.5");
  assert.deepEqual(hex, {
    54: "a9fea9fe",
    51: "00015180",
    58: "0000a8c0",
    59: "00012750",
    1: "ffffff00",
    3: "0a000001",
    26: "05aa",
    6: "09090909",
    // on-link service address, the subnet's own route, then the default route again (RFC 3442)
    121: "20a9fea9fe0000000018c000020a0000fe000a000001",
    12: Buffer.from("host-10-0-0-5").toString("hex"),
    15: Buffer.from("openstacklocal").toString("hex"),
    28: "0a0000ff",
    249: "20a9fea9fe0000000018c000020a0000fe000a000001",
  });
});

test("options come in the order the client asked for, the MTU unasked, and nothing else", () => {
  const { dhcp } = ask({ options: options([55, Uint8Array.of(6, 3)]) });
  assert.deepEqual([...(dhcp?.options.keys() ?? [])], [54, 51, 58, 59, 1, 6, 3, 26]);
});

test("an answer to INFORM has configuration, no lease and no address", () => {
  const dhcpOptions = [extra("lease-time", "600"), extra("T1", "60")];
  const { dhcp } = ask({ type: "inform", clientIp: ip("10.0.0.5") }, { ...port, dhcpOptions });
  assert.equal(dhcp?.yourIp, "0.0.0.0");
  for (const code of [51, 58, 59]) assert.equal(dhcp?.options.has(code), false);
  assert.equal(dhcp?.options.has(6), true);
});

test("the client identifier and relay information are echoed", () => {
  const { dhcp } = ask({ options: options([61, Uint8Array.of(1, 2)], [82, Uint8Array.of(3)]) });
  assert.deepEqual(dhcp?.options.get(61), Uint8Array.of(1, 2));
  assert.deepEqual(dhcp?.options.get(82), Uint8Array.of(3));
});

test("a subnet without gateway gives no router and no default route", () => {
  const { dhcp } = ask({}, port, { ...network, subnets: [{ ...subnet, gateway: null, routes: [] }] });
  assert.equal(dhcp?.options.has(3), false);
  assert.equal(Buffer.from(dhcp?.options.get(121) ?? []).toString("hex"), "20a9fea9fe00000000");
});

test("a port without an address in a DHCP subnet gets no answer", () => {
  assert.equal(ask({}, { ...port, fixedIps: [] }).outcome, "no_address");
  assert.equal(ask({}, port, { ...network, subnets: [{ ...subnet, dhcp: false }] }).outcome, "no_address");
});

const extra = (opt_name: string, opt_value: string) => ({ opt_name, opt_value, ip_version: 4 as const });

test("extra_dhcp_opts override, add, take away, and set the boot fields", () => {
  const dhcpOptions = [
    extra("dns-server", "1.1.1.1,8.8.8.8"),
    extra("ntp-server", "10.0.0.3"),
    extra("router", ""),
    extra("bootfile-name", "pxelinux.0"),
    extra("tftp-server", "10.0.0.4"),
    extra("lease-time", "600"),
    { ...extra("ntp-server", "fd00::1"), ip_version: 6 as const },
  ];
  const { dhcp } = ask({ options: options([55, Uint8Array.of(1, 3, 6)]) }, { ...port, dhcpOptions });
  assert.deepEqual(dhcp?.options.get(6), Uint8Array.of(1, 1, 1, 1, 8, 8, 8, 8));
  assert.deepEqual(dhcp?.options.get(42), Uint8Array.of(10, 0, 0, 3));
  assert.equal(dhcp?.options.has(3), false);
  assert.equal(dhcp?.bootFile, "pxelinux.0");
  assert.equal(dhcp?.nextServerIp, "10.0.0.4");
  assert.deepEqual(dhcp?.options.get(51), Uint8Array.of(0, 0, 2, 88));
  assert.deepEqual(dhcp?.options.get(58), Uint8Array.of(0, 0, 1, 44));
});

for (const [name, value, expected] of [
  ["mtu", "1400", "26:0578"],
  ["option:mtu", "1400", "26:0578"],
  ["42", "10.0.0.1", "42:0a000001"],
  ["224", "hello", "224:68656c6c6f"],
  ["classless-static-route", "10.1.0.0/16,10.0.0.1", "121:100a010a000001"],
  ["domain-search", "a.b", "119:01610162" + "00"],
  ["mtu", "big", "refused"],
  ["mtu", "70000", "refused"],
  ["router", "fd00::1", "refused"],
  ["classless-static-route", "10.1.0.0/16", "refused"],
  ["no-such-option", "1", "refused"],
  ["255", "1", "refused"],
] as const) {
  test(`extra option ${name}=${value} is ${expected}`, () => {
    const option = extraOption(name, value);
    assert.equal(option === undefined ? "refused" : `${option[0]}:${Buffer.from(option[1]).toString("hex")}`, expected);
  });
}

const resolvers: [what: string, subnet: Partial<ViewSubnet>, network: Partial<ViewNetwork>, told: [string, string]][] =
  [
    ["a subnet's servers", {}, {}, ["9.9.9.9", "openstacklocal"]],
    ["a subnet without any", { dnsServers: [] }, { dnsDomain: "a.example." }, [SERVICE_IP4, "a.example"]],
    ["a cloud of another domain", { dnsServers: [] }, { cloudDomain: "b.example." }, [SERVICE_IP4, "b.example"]],
    ["a subnet that is to tell of none", { dnsServers: [ip("0.0.0.0")] }, { cloudDomain: "" }, ["", ""]],
  ];
for (const [what, subnetOf, networkOf, told] of resolvers) {
  test(`names: clients in ${what} are told "${told.join('" and "')}"`, () => {
    const { dhcp } = ask({}, port, { ...network, ...networkOf, subnets: [{ ...subnet, ...subnetOf }] });
    const [servers, domain] = [dhcp?.options.get(6), dhcp?.options.get(15)];
    assert.deepEqual([servers?.join(".") ?? "", Buffer.from(domain ?? []).toString()], told);
  });
}
