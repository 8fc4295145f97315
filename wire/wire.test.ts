import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Cidr, ip, ipFromBytes16, mac } from "../model/mod.ts";
import { pseudoChecksum } from "./checksum.ts";
import {
  type Dhcp4,
  decodeDhcp4,
  decodeUdp4,
  encodeDhcp4,
  encodeRouterAdvertisement,
  encodeUdp4,
  type Udp4,
} from "./mod.ts";
import { isRouterSolicitation } from "./router-advertisement.ts";

const packet: Udp4 = {
  sourceMac: mac("02:00:00:00:00:01"),
  destinationMac: mac("ff:ff:ff:ff:ff:ff"),
  source: ip("0.0.0.0"),
  destination: ip("255.255.255.255"),
  sourcePort: 68,
  destinationPort: 67,
  payload: Uint8Array.of(1, 2, 3),
};

const message: Dhcp4 = {
  op: "request",
  type: "discover",
  transaction: 0xdeadbeef,
  seconds: 3,
  broadcast: true,
  clientIp: ip("0.0.0.0"),
  yourIp: ip("10.0.0.5"),
  nextServerIp: ip("10.0.0.2"),
  relayIp: ip("0.0.0.0"),
  clientMac: mac("02:00:00:00:00:01"),
  bootFile: "",
  options: new Map([[12, Uint8Array.from(Buffer.from("vm1"))]]),
};

test("a UDP packet comes out of its frame as it went in, whatever its payload", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1500 }), (payload) => {
      const decoded = decodeUdp4(encodeUdp4({ ...packet, payload }));
      assert.ok(typeof decoded !== "string");
      assert.deepEqual({ ...decoded, payload: Uint8Array.from(decoded.payload) }, { ...packet, payload });
    }),
  );
});

const frame = encodeUdp4(packet);
const patched = (at: number, ...bytes: number[]) => {
  const copy = Uint8Array.from(frame);
  copy.set(bytes, at);
  return copy;
};
for (const [name, bad, reason] of [
  ["cut in its UDP header", frame.subarray(0, 40), "truncated"],
  ["shorter than its IP header says", frame.subarray(0, 44), "truncated"],
  ["of another ethertype", patched(12, 0x86, 0xdd), "not_udp4"],
  ["of TCP", patched(23, 6), "not_udp4"],
  ["with an IP header of 16 bytes", patched(14, 0x44), "bad_header"],
  ["that is a fragment", patched(20, 0x20, 0), "fragment"],
  ["with a wrong IP checksum", patched(24, 1, 2), "bad_checksum"],
  ["with a wrong UDP checksum", patched(40, 1, 2), "bad_checksum"],
  ["whose UDP length is past its end", patched(38, 0, 200), "bad_header"],
] as const) {
  test(`a frame ${name} is refused as ${reason}`, () => assert.equal(decodeUdp4(bad), reason));
}

test("an unfinished checksum of an offloading sender is accepted", () => {
  const udp = frame.subarray(34);
  const seed =
    ~pseudoChecksum(Uint8Array.of(0, 0, 0, 0), Uint8Array.of(255, 255, 255, 255), 17 + udp.length, new Uint8Array()) &
    0xffff;
  assert.ok(typeof decodeUdp4(patched(40, seed >> 8, seed & 255)) !== "string");
});

test("a DHCP message comes out as it went in", () => {
  assert.deepEqual(decodeDhcp4(Uint8Array.from(encodeDhcp4(message))), message);
});

test("options that do not fit go on in the file and sname fields", () => {
  const options = new Map(
    [200, 201, 202, 203].map((code) => [code, new Uint8Array(code === 203 ? 50 : 110).fill(code)]),
  );
  const decoded = decodeDhcp4(encodeDhcp4({ ...message, options }));
  assert.ok(typeof decoded !== "string");
  assert.deepEqual([...decoded.options.keys()].sort(), [200, 201, 202, 203]);
});

test("an option of more than 255 bytes is split and joined again", () => {
  const options = new Map([[121, new Uint8Array(600).fill(7)]]);
  const decoded = decodeDhcp4(encodeDhcp4({ ...message, options }, 1400));
  assert.ok(typeof decoded !== "string");
  assert.equal(decoded.options.get(121)?.length, 600);
});

test("a boot file keeps its field when options overflow", () => {
  const options = new Map([
    [200, new Uint8Array(200)],
    [201, new Uint8Array(200)],
  ]);
  const decoded = decodeDhcp4(encodeDhcp4({ ...message, bootFile: "pxelinux.0", options }));
  assert.ok(typeof decoded !== "string");
  assert.equal(decoded.bootFile, "pxelinux.0");
});

for (const [name, change, reason] of [
  ["cut short", (bytes: Uint8Array) => bytes.subarray(0, 239), "truncated"],
  ["of another hardware type", (bytes: Uint8Array) => bytes.fill(6, 1, 2), "not_ethernet"],
  ["without the cookie", (bytes: Uint8Array) => bytes.fill(0, 236, 240), "no_cookie"],
  ["whose option goes past the end", (bytes: Uint8Array) => bytes.fill(255, 241, 242).subarray(0, 260), "bad_option"],
  ["without a message type", (bytes: Uint8Array) => bytes.fill(12, 240, 241), "no_message_type"],
] as const) {
  test(`a DHCP message ${name} is refused as ${reason}`, () => {
    assert.equal(decodeDhcp4(change(Uint8Array.from(encodeDhcp4(message)))), reason);
  });
}

test("a router advertisement has a right checksum, its prefixes and its MTU", () => {
  const bytes = encodeRouterAdvertisement({
    sourceMac: mac("02:ca:b1:e0:00:01"),
    destinationMac: mac("33:33:00:00:00:01"),
    source: ip("fe80::a9fe:a9fe"),
    destination: ip("ff02::1"),
    managed: false,
    otherConfig: true,
    routerLifetimeSeconds: 0,
    mtuBytes: 1450,
    prefixes: [{ cidr: "fd00:1::/64" as Cidr, autonomous: true, validSeconds: 86400, preferredSeconds: 14400 }],
    routes: ["::/0", "fd00:2::/64", "fd00:3::/65"].map((cidr) => ({ destination: cidr as Cidr, seconds: 60 })),
    dnsServers: [ip("fd00::53")],
    dnsSearch: ["example.org."],
    dnsLifetimeSeconds: 1800,
  });
  const icmp = bytes.subarray(54);
  assert.equal(pseudoChecksum(bytes.subarray(22, 38), bytes.subarray(38, 54), 58, icmp), 0);
  assert.equal(icmp[5], 0x40, "only the O flag");
  const found = new Map<number, Uint8Array>();
  for (let at = 16; at < icmp.length; at += (icmp[at + 1] as number) * 8) {
    found.set(icmp[at] as number, icmp.subarray(at, at + (icmp[at + 1] as number) * 8));
  }
  assert.deepEqual([...found.keys()], [1, 5, 3, 24, 25, 31]);
  const routes = Buffer.from(icmp)
    .toString("hex")
    .split(/(?=1801|1802|1803)/)
    .slice(1);
  assert.deepEqual(
    routes.map((option) => option.slice(0, Number(option[3]) * 16)),
    ["180100000000003c", "180240000000003cfd00000200000000", "180341000000003cfd000003000000000000000000000000"],
  );
  assert.equal(new DataView(Uint8Array.from(found.get(5) as Uint8Array).buffer).getUint32(4), 1450);
  assert.equal(ipFromBytes16((found.get(3) as Uint8Array).subarray(16)), "fd00:1::");
});

test("decoders take any bytes without throwing", () => {
  const base = encodeUdp4({ ...packet, payload: encodeDhcp4(message) });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 30 }),
      fc.nat(base.length),
      (changes, length) => {
        const bytes = Uint8Array.from(base);
        for (const [at, value] of changes) bytes[at] = value;
        const cut = bytes.subarray(0, length);
        const decoded = decodeUdp4(cut);
        if (typeof decoded !== "string") decodeDhcp4(decoded.payload);
        decodeDhcp4(cut.subarray(42));
        isRouterSolicitation(cut);
      },
    ),
    { numRuns: 5000 },
  );
});
