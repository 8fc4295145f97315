import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Ip, ip, mac, SERVICE_IP6, type ViewPort, type ViewSubnet } from "../../model/mod.ts";
import {
  address6,
  association6,
  decodeDhcp6,
  decodeOptions6,
  decodeUdp6,
  encodeDhcp6,
  encodeUdp6,
  type Message6,
  OPTION6,
  option6,
} from "../../wire/mod.ts";
import { aNetwork, aPort, aSubnet } from "../fake/mod.ts";
import { extraOption6 } from "./dhcp6-options.ts";
import { answerDhcp6, SERVER_DUID } from "./mod.ts";

const EVERYONE = ip("ff02::1:2");
const [OWN, ALSO, OTHER, ELSEWHERE] = ["fd00:1::5", "fd00:2::5", "fd00:1::77", "fd00:9::5"].map(ip) as [Ip, Ip, Ip, Ip];
const stateful: Partial<ViewSubnet> = { raMode: "dhcpv6-stateful", addressMode: "dhcpv6-stateful" };
const stateless: Partial<ViewSubnet> = { raMode: "dhcpv6-stateless", addressMode: "dhcpv6-stateless" };
const subnet = (number: number, modes: Partial<ViewSubnet>): ViewSubnet => ({
  ...aSubnet(number, `fd00:${number}::/64`),
  dnsServers: [ip("9.9.9.9"), ip("fd00::53")],
  ...modes,
});
const network = aNetwork(1, { subnets: [subnet(1, stateful), subnet(2, stateful), subnet(3, stateless)] });
const idOf = (number: number) => network.subnets[number - 1]?.id ?? assert.fail();
const port: ViewPort = {
  ...aPort(1, 1),
  fixedIps: [
    { ip: OWN, subnetId: idOf(1) },
    { ip: ALSO, subnetId: idOf(2) },
  ],
};
const CLIENT = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 1);
const client = option6(OPTION6.clientId, CLIENT);
const server = option6(OPTION6.serverId, SERVER_DUID);
const stranger = option6(OPTION6.serverId, CLIENT);
const ia = (...addresses: Ip[]) => association6(7, [0, 0], ...addresses.map((each) => address6(each, 0)));
const request = (...codes: number[]) =>
  option6(OPTION6.requested, Uint8Array.from(codes.flatMap((code) => [code >> 8, code & 255])));

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
/** One option after the other as text: what a table of answers is compared with. */
function text(options: Uint8Array): string[] {
  return [...(decodeOptions6(options) ?? assert.fail("options"))].flatMap(([code, values]) =>
    values.map((value) => {
      if (code === OPTION6.status) return `status ${value[1]}`;
      if (code === OPTION6.iaAddress) return `${ipText(value)} ${Buffer.from(value).readUInt32BE(20)}`;
      if (code === OPTION6.iaNa || code === OPTION6.iaPd)
        return `ia${code} ${hex(value.subarray(0, 4))} [${text(value.subarray(12))}]`;
      if (code === OPTION6.iaTa) return `ia${code} ${hex(value.subarray(0, 4))} [${text(value.subarray(4))}]`;
      return `${code}=${hex(value)}`;
    }),
  );
}
const ipText = (value: Uint8Array) =>
  [OWN, ALSO, OTHER, ELSEWHERE].find((each) => hex(address6(each, 0)).includes(hex(value.subarray(0, 16)))) ?? "?";

interface Sent {
  to?: Ip;
  of?: ViewPort;
  on?: typeof network;
  from?: string;
}
function ask(
  type: Message6,
  options: Uint8Array[],
  { to = EVERYONE, of = port, on = network, from = of.mac }: Sent = {},
) {
  let outcome = "";
  const frame = encodeUdp6({
    sourceMac: mac(from),
    destinationMac: mac("33:33:00:01:00:02"),
    source: ip("fe80::42"),
    destination: to,
    sourcePort: 546,
    destinationPort: 547,
    payload: encodeDhcp6(type, 0xabcdef, options),
  });
  const reply = answerDhcp6({ frame, port: of, network: on, onOutcome: (what) => (outcome = what) });
  if (reply === undefined) return { outcome, answer: undefined };
  const packet = decodeUdp6(reply);
  assert.ok(typeof packet !== "string");
  const { source, destination, sourcePort, destinationPort, destinationMac, payload } = packet;
  assert.deepEqual([source, destination, sourcePort, destinationPort], [SERVICE_IP6, "fe80::42", 547, 546]);
  assert.equal(destinationMac, from);
  const message = decodeDhcp6(payload);
  assert.ok(typeof message !== "string");
  assert.equal(message.transaction, 0xabcdef);
  const all = text(payload.subarray(4));
  assert.equal(all.shift(), `2=${hex(SERVER_DUID)}`);
  if (options.includes(client)) assert.equal(all.shift(), `1=${hex(CLIENT)}`);
  return { outcome, answer: `${message.type}: ${all.join(", ")}` };
}

const BOTH = `ia3 00000007 [${OWN} 86400,${ALSO} 86400]`;
const none = request();
const pd = option6(OPTION6.iaPd, Uint8Array.of(0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1));
const ta = option6(OPTION6.iaTa, Uint8Array.of(0, 0, 0, 8));
const rapid = option6(OPTION6.rapidCommit);

for (const [what, type, options, expected] of [
  ["SOLICIT", "solicit", [client, ia(), none], `advertise: 7=ff, ${BOTH}`],
  ["SOLICIT with rapid commit", "solicit", [client, rapid, ia(), none], `reply: 14=, ${BOTH}`],
  [
    "SOLICIT for two associations",
    "solicit",
    [client, ia(), association6(9, [0, 0]), none],
    `advertise: 7=ff, ${BOTH}, ia3 00000009 [status 2]`,
  ],
  [
    "SOLICIT for a prefix and a temporary address",
    "solicit",
    [client, ta, pd, none],
    "advertise: 7=ff, ia4 00000008 [status 2], ia25 00000009 [status 6]",
  ],
  ["REQUEST", "request", [client, server, ia(OWN), none], `reply: ${BOTH}`],
  ["REQUEST of another's address", "request", [client, server, ia(OTHER), none], `reply: ${BOTH}`],
  [
    "REQUEST of an address from elsewhere",
    "request",
    [client, server, ia(ELSEWHERE), none],
    "reply: ia3 00000007 [status 4]",
  ],
  ["CONFIRM", "confirm", [client, ia(OWN, ALSO)], "reply: status 0"],
  ["CONFIRM of another's address", "confirm", [client, ia(OWN, OTHER)], "reply: status 4"],
  ["RENEW", "renew", [client, server, ia(OWN, ALSO), none], `reply: ${BOTH}`],
  [
    "RENEW of what is no longer the port's",
    "renew",
    [client, server, ia(OTHER), none],
    `reply: ia3 00000007 [${OWN} 86400,${ALSO} 86400,${OTHER} 0]`,
  ],
  [
    "RENEW in which the second association is the port's",
    "renew",
    [client, server, association6(9, [0, 0]), ia(OWN), none],
    `reply: ia3 00000009 [status 3], ${BOTH}`,
  ],
  ["REBIND", "rebind", [client, ia(OWN), none], `reply: ${BOTH}`],
  ["RELEASE", "release", [client, server, ia(OWN)], "reply: status 0"],
  ["RELEASE of another's address", "release", [client, server, ia(OTHER)], "reply: status 0, ia3 00000007 [status 3]"],
  ["DECLINE", "decline", [client, server, ia(OWN)], "reply: status 0"],
  [
    "INFORMATION-REQUEST",
    "information_request",
    [client, request(23, 24)],
    `reply: 23=fd000000000000000000000000000053, 24=${hex(Buffer.from("\x0eopenstacklocal\0"))}`,
  ],
  [
    "INFORMATION-REQUEST without a name",
    "information_request",
    [request(23)],
    "reply: 23=fd000000000000000000000000000053",
  ],
] as [string, Message6, Uint8Array[], string][]) {
  test(`${what} gets ${expected.slice(0, 60)}`, () => assert.equal(ask(type, options).answer, expected));
}

for (const [what, type, options, outcome, sent] of [
  ["a SOLICIT without a client's name", "solicit", [ia()], "no_client_id"],
  ["a name of one byte", "solicit", [option6(1, Uint8Array.of(1)), ia()], "bad_client_id"],
  ["a name of 131 bytes", "solicit", [option6(1, new Uint8Array(131)), ia()], "bad_client_id"],
  ["two names", "solicit", [client, client, ia()], "bad_client_id"],
  ["a SOLICIT to one server", "solicit", [client, server, ia()], "unexpected_server_id"],
  ["a REBIND to one server", "rebind", [client, server, ia()], "unexpected_server_id"],
  ["a REQUEST to nobody", "request", [client, ia()], "no_server_id"],
  ["a REQUEST to another server", "request", [client, stranger, ia()], "other_server"],
  ["an INFORMATION-REQUEST to another server", "information_request", [client, stranger], "other_server"],
  ["an INFORMATION-REQUEST with an association", "information_request", [client, ia()], "unexpected_association"],
  ["a CONFIRM of nothing", "confirm", [client, ia()], "nothing_to_confirm"],
  ["half an association", "solicit", [client, option6(OPTION6.iaNa, new Uint8Array(5))], "bad_option"],
  ["a SOLICIT to the server's address", "solicit", [client, ia()], "unicast", { to: SERVICE_IP6 }],
  ["an ADVERTISE", "advertise", [client, server, ia()], "not_for_a_server"],
  ["a RECONFIGURE", "reconfigure", [client, server], "not_for_a_server"],
  ["a SOLICIT of another MAC", "solicit", [client, ia()], "other_client", { from: "02:00:00:00:00:99" }],
] as [string, Message6, Uint8Array[], string, Sent?][]) {
  test(`${what} is dropped as ${outcome}`, () =>
    assert.deepEqual(ask(type, options, sent), { outcome, answer: undefined }));
}

test("a RENEW to the server's address is told to use the group's", () => {
  const { outcome, answer } = ask("renew", [client, server, ia(OWN)], { to: SERVICE_IP6 });
  assert.deepEqual([outcome, answer], ["use_multicast", "reply: status 5"]);
});

for (const [what, modes, expected] of [
  ["stateless", stateless, "[status 2]"],
  ["of SLAAC", { raMode: "slaac", addressMode: "slaac" }, "[status 2]"],
  ["of another's DHCPv6", { raMode: "dhcpv6-stateful", addressMode: null }, "[status 2]"],
  ["without modes", { raMode: null, addressMode: null }, `[${OWN} 86400]`],
  ["without DHCP", { ...stateful, dhcp: false }, "[status 2]"],
] as const) {
  test(`in a subnet ${what} a SOLICIT gets ${expected}`, () => {
    const on = aNetwork(1, { subnets: [subnet(1, modes)] });
    const of = { ...port, fixedIps: [{ ip: OWN, subnetId: idOf(1) }] };
    assert.equal(ask("solicit", [client, ia(), none], { of, on }).answer, `advertise: 7=ff, ia3 00000007 ${expected}`);
  });
}

const extra = (opt_name: string, opt_value: string) => ({ opt_name, opt_value, ip_version: 6 as const });

test("extra_dhcp_opts of IPv6 override, add and take away; those of IPv4 do not count", () => {
  const dhcpOptions = [
    extra("dns-server", "[fd00::1],fd00::2"),
    extra("domain-search", ""),
    extra("bootfile-url", "tftp://x/y"),
    { ...extra("ntp-server", "10.0.0.1"), ip_version: 4 as const },
  ];
  const { answer } = ask("information_request", [request(23, 24, 56)], { of: { ...port, dhcpOptions } });
  const dns = `23=${"fd000000000000000000000000000001"}fd000000000000000000000000000002`;
  assert.equal(answer, `reply: ${dns}, 59=${hex(Buffer.from("tftp://x/y"))}`);
});

for (const [name, value, expected] of [
  ["ntp-server", "fd00::1", "56:00010010fd000000000000000000000000000001"],
  ["ntp-server", "ff05::101", "56:00020010ff050000000000000000000000000101"],
  ["ntp-server", "a.b", "56:000300050161016200"],
  ["option6:sntp-server", "fd00::1", "31:fd000000000000000000000000000001"],
  ["information-refresh-time", "600", "32:00000258"],
  ["bootfile-param", "a,bc", "60:00016100026263"],
  ["224", "hello", "224:68656c6c6f"],
  ["224", "fd00::1", "224:fd000000000000000000000000000001"],
  ["dns-server", "10.0.0.1", "refused"],
  ["information-refresh-time", "soon", "refused"],
  ["3", "x", "refused"],
  ["no-such-option", "1", "refused"],
  ["65536", "1", "refused"],
] as const) {
  test(`extra option ${name}=${value} is ${expected} in DHCPv6`, () => {
    const option = extraOption6(name, value);
    assert.equal(option === undefined ? "refused" : `${option[0]}:${hex(option[1])}`, expected);
  });
}

test("a client that tells its name, or asks for it, is told the port's", () => {
  const name = (flags: string) => `39=${flags}${hex(Buffer.from("\x03vm1\x0eopenstacklocal\0", "latin1"))}`;
  const of = { ...port, dnsName: "vm1" };
  const said = option6(OPTION6.fqdn, Uint8Array.of(1), Buffer.from("\x05other", "latin1"));
  assert.equal(ask("information_request", [none, said], { of }).answer, `reply: ${name("06")}`);
  assert.equal(ask("information_request", [request(39)], { of }).answer, `reply: ${name("04")}`);
});

test("no message makes it throw", () => {
  const whole = encodeDhcp6("solicit", 1, [client, server, ia(OWN), pd, ta, request(23, 39)]);
  fc.assert(
    fc.property(fc.nat(11), fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (type, at, byte, size) => {
      const payload = Buffer.from(whole.subarray(0, size));
      payload[at] = byte;
      payload[0] = type;
      const frame = encodeUdp6({
        sourceMac: port.mac,
        destinationMac: mac("33:33:00:01:00:02"),
        source: ip("fe80::42"),
        destination: EVERYONE,
        sourcePort: 546,
        destinationPort: 547,
        payload,
      });
      answerDhcp6({ frame, port, network });
    }),
    { numRuns: 2000 },
  );
});
