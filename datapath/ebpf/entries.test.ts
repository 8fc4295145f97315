import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAPS, type NetNumber, VifFlag, type VifNumber } from "../../bpf/layout.gen.ts";
import { entryText } from "../../host/mod.ts";
import { ip, type ViewQos } from "../../model/mod.ts";
import type { Table } from "../../wire/table.ts";
import { Claims } from "./claims.ts";
import { endpointEntries, netNumber, networkEntries, uplinkEntries, vifEntries } from "./entries.ts";
import type { Entry } from "./entry.ts";
import { aNetwork, anEndpoint, aVif, local, macOf, pair, remote } from "./fixtures.ts";
import { keyBytes, mapOf, valueBytes } from "./keys.ts";
import { qosOf } from "./limits.ts";

const NET = 1 as NetNumber;
const vif = (n: number) => n as VifNumber;

function text(entries: Entry[]): string[] {
  return entries.map(({ map, key, value, rank }) => {
    const table = MAPS[map] as { key: Table<unknown>; value: Table<unknown> };
    return `${rank === 0 ? "" : "borrowed "}${entryText(map, table.key.encode(key), table.value.encode(value))}`;
  });
}

const only = (map: string, lines: string[]) =>
  lines.filter((line) => line.replace("borrowed ", "").startsWith(`${map}[`));

describe("net numbers", () => {
  const rows = [
    { what: "a VNI is its own number", segment: { kind: "vxlan", vni: 0xffffff }, card: undefined, net: 0xffffff },
    {
      what: "a VLAN has its card's slot",
      segment: { kind: "vlan", physicalNetwork: "x", vlan: 4094 },
      card: { ifindex: 9, slot: 3 },
      net: 0x01003ffe,
    },
    {
      what: "flat is VLAN 0",
      segment: { kind: "flat", physicalNetwork: "x" },
      card: { ifindex: 9, slot: 1 },
      net: 0x01001000,
    },
  ] as const;
  for (const { what, segment, card, net } of rows) test(what, () => assert.equal(netNumber(segment, card), net));

  test("a VNI beyond 24 bits would look like a VLAN and is refused", () => {
    assert.throws(() => netNumber({ kind: "vxlan", vni: 1 << 24 }, undefined), RangeError);
    assert.throws(() => netNumber({ kind: "vxlan", vni: 0 }, undefined), RangeError);
  });
});

describe("a network's entries", () => {
  test("members are numbered apart by kind, and only its hosts may send into it", () => {
    const members = { locals: [vif(1), vif(4)], remotes: [ip("192.0.2.2"), ip("2001:db8::2")], movable: false };
    assert.deepEqual(text(networkEntries(aNetwork(1), NET, undefined, members)), [
      "nets[1]=flags=0 mtu=1450 ifindex=0 vlan=0 locals=2 remotes=2",
      "members[net=1 index=0]=vif=1 remote=::",
      "members[net=1 index=1]=vif=4 remote=::",
      "members[net=1 index=32768]=vif=0 remote=192.0.2.2",
      "members[net=1 index=32769]=vif=0 remote=2001:db8::2",
      "peers[net=1 ip=192.0.2.2]=flags=0",
      "peers[net=1 ip=2001:db8::2]=flags=0",
      "ips[net=1 ip=169.254.169.254]=target={kind=0 vif=0 remote=::} mac=02:ca:b1:e0:00:01 flags=0 set=0",
      "ips[net=1 ip=fe80::a9fe:a9fe]=target={kind=0 vif=0 remote=::} mac=02:ca:b1:e0:00:01 flags=0 set=0",
    ]);
  });

  test("a provider network says where its wire is", () => {
    const network = aNetwork(1, { segment: { kind: "vlan", physicalNetwork: "x", vlan: 100 }, mtuBytes: 1500 });
    const members = { locals: [], remotes: [], movable: true };
    const [first] = text(networkEntries(network, NET, { ifindex: 9, slot: 0 }, members));
    assert.equal(first, "nets[1]=flags=3 mtu=1500 ifindex=9 vlan=100 locals=0 remotes=0");
  });
});

describe("a vif's entries", () => {
  test("a TAP with port security may send from its own addresses only", () => {
    assert.deepEqual(text(vifEntries(aVif(2), vif(5), NET)), [
      "vifs[5]=net=1 ifindex=102 flags=15 kind=1 vlan=0 mac=02:00:00:00:00:02 dscp=0 policy=0",
      "ifaces[ifindex=102]=5",
      "sources[prefixLength=224 vif=5 mac=02:00:00:00:00:02 ip=10.0.0.2]=flags=0",
      "sources[prefixLength=224 vif=5 mac=02:00:00:00:00:02 ip=fd00::2]=flags=0",
      "sources[prefixLength=224 vif=5 mac=02:00:00:00:00:02 ip=fe80::ff:fe00:2]=flags=0",
    ]);
  });

  test("address pairs count from where their family starts, and bring their MAC's link-local address", () => {
    const allowed = [pair(2, "10.9.0.0/16"), pair(9, "0.0.0.0/0"), pair(9, "fd01::/64")];
    assert.deepEqual(only("sources", text(vifEntries(aVif(2, { ips: [], allowed }), vif(5), NET))), [
      "sources[prefixLength=208 vif=5 mac=02:00:00:00:00:02 ip=10.9.0.0]=flags=0",
      "sources[prefixLength=192 vif=5 mac=02:00:00:00:00:09 ip=0.0.0.0]=flags=0",
      "sources[prefixLength=160 vif=5 mac=02:00:00:00:00:09 ip=fd01::]=flags=0",
      "sources[prefixLength=224 vif=5 mac=02:00:00:00:00:02 ip=fe80::ff:fe00:2]=flags=0",
      "sources[prefixLength=224 vif=5 mac=02:00:00:00:00:09 ip=fe80::ff:fe00:9]=flags=0",
    ]);
  });

  const flagRows = [
    { what: "everything off", changes: { adminUp: false, allowed: null, dhcp: false, ra: false }, flags: 0 },
    { what: "up only", changes: { allowed: null, dhcp: false, ra: false }, flags: 1 },
    { what: "port security without pairs", changes: { adminUp: false, dhcp: false, ra: false }, flags: 2 },
    { what: "DHCP", changes: { adminUp: false, allowed: null, ra: false }, flags: 4 },
    { what: "DHCPv6", changes: { adminUp: false, allowed: null, dhcp: false, dhcp6: true, ra: false }, flags: 16 },
    { what: "router solicitations", changes: { adminUp: false, allowed: null, dhcp: false }, flags: 8 },
  ];
  for (const { what, changes, flags } of flagRows) {
    test(`flags: ${what}`, () => {
      const [entry] = vifEntries(aVif(1, changes), vif(1), NET);
      assert.ok(entry?.map === "vifs" && entry.value.flags === flags);
    });
  }

  test("limits are buckets of nanoseconds, in the directions that the policy names", () => {
    const rates = { kbps: { max: 1000, burst: 800 }, kpps: { max: 2, burst: 1 } };
    const lines = (qos: ViewQos) => text(vifEntries(aVif(1, { qos }), vif(5), NET));
    const flagsOf = (qos: ViewQos) => Number(/ flags=(\d+)/.exec(lines(qos)[0] as string)?.[1]);
    // 1000 kbit/s are 125,000 bytes: one takes 8,000 ns. 2,000 packets/s: one takes 500,000 ns.
    const bytes = `bytes={cost=${8000 * 2 ** 20} burstNs=800000000}`;
    const packets = `packets={cost=${500_000 * 2 ** 20} burstNs=500000000}`;
    const none = (unit: string) => `${unit}={cost=0 burstNs=0}`;
    assert.deepEqual(only("limits", lines({ egress: rates })), [
      `limits[net=0 ip=0 vif=5 direction=2]=${bytes} ${packets}`,
    ]);
    assert.deepEqual(only("limits", lines({ egress: { kpps: rates.kpps }, ingress: { kbps: rates.kbps } })), [
      `limits[net=0 ip=0 vif=5 direction=2]=${none("bytes")} ${packets}`,
      `limits[net=0 ip=0 vif=5 direction=1]=${bytes} ${none("packets")}`,
    ]);
    assert.deepEqual(only("limits", lines({ dscp: 46 })), []);
    assert.match(lines({ dscp: 46 })[0] as string, / dscp=46 /);
    const flags = [{}, { egress: rates }, { ingress: rates }, { dscp: 0 }].map((qos) => flagsOf(qos) & ~15);
    assert.deepEqual(flags, [0, VifFlag.METER_OUT, VifFlag.METER_IN, VifFlag.MARK]);
  });

  test("the slowest and the quickest rate that Neutron knows are still rates", () => {
    for (const max of [1, 2 ** 31 - 1]) {
      const [line] = only(
        "limits",
        text(vifEntries(aVif(1, { qos: { egress: { kbps: { max, burst: max } } } }), vif(5), NET)),
      );
      assert.match(line as string, /bytes=\{cost=[1-9]\d* burstNs=1000000000\}/);
    }
  });

  test("limits are read back as they were wanted", () => {
    const rows: ViewQos[] = [
      { egress: { kbps: { max: 1, burst: 1 } } },
      { ingress: { kbps: { max: 999_999, burst: 7 }, kpps: { max: 3, burst: 2 } }, dscp: 0 },
      { egress: { kbps: { max: 1_234_567, burst: 987_654 } }, ingress: { kpps: { max: 77_777, burst: 1 } } },
      { dscp: 46 },
    ];
    for (const qos of rows) {
      const entries = vifEntries(aVif(1, { qos }), vif(5), NET);
      const limits = entries.flatMap(({ map, key, value }) =>
        map === "limits" ? [[key.direction === 2 ? "egress" : "ingress", value]] : [],
      );
      const [first] = entries;
      assert.ok(first?.map === "vifs");
      assert.deepEqual(qosOf(first.value, Object.fromEntries(limits)), qos);
    }
    assert.equal(qosOf({ flags: 15, dscp: 0 }, {}), undefined);
  });

  test("without port security nothing is said about sources", () => {
    assert.deepEqual(only("sources", text(vifEntries(aVif(1, { allowed: null }), vif(1), NET))), []);
  });

  test("a physical machine is known by its card, its tag and its MAC", () => {
    const device = { ifindex: 9, name: "eth0", kind: "physical", vlan: 100 } as const;
    const lines = text(vifEntries(aVif(3, { device }), vif(6), NET)).slice(0, 2);
    assert.deepEqual(lines, [
      "vifs[6]=net=1 ifindex=9 flags=15 kind=3 vlan=100 mac=02:00:00:00:00:03 dscp=0 policy=0",
      "attachments[ifindex=9 vlan=100 mac=02:00:00:00:00:03]=6",
    ]);
  });
});

describe("an endpoint's entries", () => {
  const rows = [
    { where: "here", location: local(2), number: vif(5), target: "kind=1 vif=5 remote=::" },
    {
      where: "on another host",
      location: remote("192.0.2.2"),
      number: undefined,
      target: "kind=2 vif=0 remote=192.0.2.2",
    },
    { where: "on the wire", location: { kind: "wire" }, number: undefined, target: "kind=3 vif=0 remote=::" },
  ] as const;
  for (const { where, location, number, target } of rows) {
    test(`${where}: its MAC, its addresses and its link-local address lead there`, () => {
      assert.deepEqual(text(endpointEntries(anEndpoint(2, location), NET, number)), [
        `macs[net=1 mac=02:00:00:00:00:02]=${target}`,
        `ips[net=1 ip=10.0.0.2]=target={${target}} mac=02:00:00:00:00:02 flags=0 set=0`,
        `ips[net=1 ip=fd00::2]=target={${target}} mac=02:00:00:00:00:02 flags=0 set=0`,
        `ips[net=1 ip=fe80::ff:fe00:2]=target={${target}} mac=02:00:00:00:00:02 flags=0 set=0`,
      ]);
    });
  }

  test("a local one whose vif is not here is nowhere", () => {
    assert.deepEqual(endpointEntries(anEndpoint(2, local(2)), NET, undefined), []);
  });

  test("an address that it holds is there, and of a MAC that others may have, too, it is the holder's", () => {
    const outcome = new Map<string, string>();
    const claims = new Claims((key, value) => {
      if (value === undefined) outcome.delete(key);
      else outcome.set(key, entryText(mapOf(key), keyBytes(key), valueBytes(value)));
    });
    const shared = macOf(9);
    const held = [{ ip: ip("10.0.0.77"), mac: shared }];
    const [one, two] = [2, 3].map((n) => anEndpoint(n, remote(`192.0.2.${n}`), { moreMacs: [shared] }));
    const claim = (endpoint: typeof one, more: object = {}) =>
      endpoint && claims.set(`endpoint:${endpoint.id}`, endpointEntries({ ...endpoint, ...more }, NET, undefined));
    const holder = () => [...outcome.values()].filter((line) => /10\.0\.0\.77|^macs.*00:09\]/.test(line)).sort();
    claim(one);
    claim(two, { held });
    const at = (host: string) => [
      `ips[net=1 ip=10.0.0.77]=target={kind=2 vif=0 remote=${host}} mac=${shared} flags=4 set=0`,
      `macs[net=1 mac=${shared}]=kind=2 vif=0 remote=${host}`,
    ];
    assert.deepEqual(holder(), at("192.0.2.3"));
    claim(one, { held });
    claim(two);
    assert.deepEqual(holder(), at("192.0.2.2"));
    claim(two, { ips: [ip("10.0.0.77")] });
    assert.match(holder()[0] ?? "", /remote=192\.0\.2\.3/, "an address of one's own is held by nobody else");
  });

  test("further MACs are borrowed", () => {
    const endpoint = anEndpoint(2, remote("192.0.2.2"), { moreMacs: [macOf(9)] });
    assert.ok(
      text(endpointEntries(endpoint, NET, undefined)).includes(
        "borrowed macs[net=1 mac=02:00:00:00:00:09]=kind=2 vif=0 remote=192.0.2.2",
      ),
    );
  });
});

test("uplinks of one tag become one entry with both flags", () => {
  const wire = { ifindex: 9, vlan: 100, net: NET };
  const entries = uplinkEntries([
    { ...wire, kind: "provider" },
    { ...wire, kind: "machines" },
    { ...wire, kind: "machines" },
    { ...wire, vlan: 0, kind: "machines" },
  ]);
  assert.deepEqual(text(entries), [
    "uplinks[ifindex=9 vlan=100]=net=1 flags=3",
    "uplinks[ifindex=9 vlan=0]=net=1 flags=2",
  ]);
});
