/** Long because one host in memory, its golden logs and the driver's whole behaviour on it are read side by side. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CABLE_LAYOUT, MAPS, type NetNumber, TrapHeader, type VifNumber } from "../../bpf/layout.gen.ts";

import { type FakeHost, type FakeTap, fakeHost } from "../../host/fake/mod.ts";
import { type Datapath, noChange, type Trap, type Wanted } from "../mod.ts";
import { aNetwork, anEndpoint, aVif, difference, everyWay, local, macOf, pair, remote, wantedOf } from "./fixtures.ts";
import { type EbpfOptions, ebpfDatapath } from "./mod.ts";

const PHYSICAL_NETWORKS = { left: "card0", right: "card1" };

/** A host with two cards and the TAP devices tap1 to tap3, whose ifindex is also what {@link aVif} says. */
function aHost(): FakeHost {
  const host = fakeHost();
  for (const name of ["card0", "card1", "card2"]) host.home.add({ name, up: true });
  while (host.links.list().length < 100) host.home.add({ name: `other${host.links.list().length}` });
  for (const n of [1, 2, 3]) host.home.add({ name: `tap${n}`, kind: "tun", up: true });
  return host;
}

async function open(host: FakeHost, options: Partial<EbpfOptions> = {}): Promise<Datapath> {
  const datapath = ebpfDatapath({
    host,
    objectDir: "/objects",
    bpfDir: "/bpf",
    physicalNetworks: PHYSICAL_NETWORKS,
    machineNics: ["card2"],
    ...options,
  });
  await datapath.open();
  return datapath;
}

const ids = (...list: string[]) => new Set(list);
const none = noChange;
const generation = (host: FakeHost) => {
  const value = host.bpf.pins.get(`/bpf/v${CABLE_LAYOUT}/settings`)?.lookup(MAPS.settings.key.encode(0));
  return value === undefined ? undefined : MAPS.settings.value.decode(value).generation;
};
const machine = (vlan: number | null, name = "card2", ifindex = 4) =>
  ({ ifindex, name, kind: "physical", vlan }) as const;

const OLD_PINS_REMOVED = Array.from({ length: CABLE_LAYOUT - 1 }, (_, at) => `remove pins /bpf/v${at + 1}`);

describe("ebpf driver: what it does to a host", () => {
  test("opening makes devices and settings, and touches nothing else", async () => {
    const host = aHost();
    await open(host);
    assert.deepEqual(host.takeLog(), [
      "mount bpf /bpf",
      `remove pins /bpf/v${CABLE_LAYOUT}/programs`,
      "link add vxlan cable-vxlan port 4789 external mtu 65000",
      "link set cable-vxlan up",
      "tap open cable-pkt0 mtu 9216",
      "link add veth cable-svc0 mtu 9216 peer cable-svc1 mac 02:ca:b1:e0:00:03",
      "link set cable-svc0 arp off mac 02:ca:b1:e0:00:02",
      "ipv6 static on cable-svc0",
      "link set cable-svc0 up",
      "link set cable-svc1 up",
      "address add 169.254.127.254/18 dev cable-svc0 nodad",
      "address add fdca:b1e0:0:1:ffff::1/64 dev cable-svc0 nodad",
      "link add veth cable-mir0 mtu 65000 peer cable-mir1 mac 02:ca:b1:e0:00:04",
      "link set cable-mir0 up",
      "link set cable-mir1 up",
      "map settings[0]=generation=1 vxlanIfindex=104 trapIfindex=105 logLevel=0 serviceMac=02:ca:b1:e0:00:01 socketMac=02:ca:b1:e0:00:02 serviceIfindex=107 mirrorIfindex=108 flowQuota=1024 flowShare=64 flowRoom=3072",
      "attach overlay to cable-vxlan",
      "attach untrap to cable-pkt0",
      "attach unservice to cable-svc1",
      "attach copies to cable-mir1",
    ]);
  });

  test("a virtual machine is attached first, then written from the inside out", async () => {
    const host = aHost();
    const datapath = await open(host);
    host.takeLog();
    datapath.apply(
      wantedOf({
        networks: [aNetwork(1)],
        vifs: [aVif(1, { ips: [] })],
        endpoints: [anEndpoint(1, local(1), { ips: [] })],
      }),
    );
    assert.deepEqual(host.takeLog(), [
      "attach workload to tap1",
      "map vifs[1]=net=1 ifindex=101 flags=15 kind=1 vlan=0 mac=02:00:00:00:00:01 dscp=0 policy=0",
      "map sources[prefixLength=224 vif=1 mac=02:00:00:00:00:01 ip=fe80::ff:fe00:1]=flags=0",
      "map members[net=1 index=0]=vif=1 remote=::",
      "map macs[net=1 mac=02:00:00:00:00:01]=kind=1 vif=1 remote=::",
      "map ips[net=1 ip=fe80::ff:fe00:1]=target={kind=1 vif=1 remote=::} mac=02:00:00:00:00:01 flags=0 set=0",
      "map ips[net=1 ip=169.254.169.254]=target={kind=0 vif=0 remote=::} mac=02:ca:b1:e0:00:01 flags=0 set=0",
      "map ips[net=1 ip=fe80::a9fe:a9fe]=target={kind=0 vif=0 remote=::} mac=02:ca:b1:e0:00:01 flags=0 set=0",
      "map nets[1]=flags=0 mtu=1450 ifindex=0 vlan=0 locals=1 remotes=0",
      "map ifaces[ifindex=101]=1",
      ...OLD_PINS_REMOVED,
    ]);
  });

  test("removal goes from the outside in, and then every flow is decided again", async () => {
    const host = aHost();
    const datapath = await open(host);
    const endpoints = [anEndpoint(1, local(1), { ips: [] })];
    datapath.apply(wantedOf({ networks: [aNetwork(1)], vifs: [aVif(1, { ips: [], allowed: null })], endpoints }));
    host.takeLog();
    datapath.apply(wantedOf({}), { ...noChange(), networks: ids("n1"), vifs: ids("p1"), endpoints: ids("p1") });
    assert.deepEqual(host.takeLog(), [
      "map delete ifaces[ifindex=101]",
      "map delete nets[1]",
      "map delete ips[net=1 ip=fe80::ff:fe00:1]",
      "map delete ips[net=1 ip=169.254.169.254]",
      "map delete ips[net=1 ip=fe80::a9fe:a9fe]",
      "map delete macs[net=1 mac=02:00:00:00:00:01]",
      "map delete members[net=1 index=0]",
      "map vifs[1]=net=0 ifindex=0 flags=0 kind=0 vlan=0 mac=00:00:00:00:00:00 dscp=0 policy=0",
      "map settings[0]=generation=2 vxlanIfindex=104 trapIfindex=105 logLevel=0 serviceMac=02:ca:b1:e0:00:01 socketMac=02:ca:b1:e0:00:02 serviceIfindex=107 mirrorIfindex=108 flowQuota=1024 flowShare=64 flowRoom=3072",
    ]);
  });

  test("cards are attached while something hangs on them", async () => {
    const host = aHost();
    const datapath = await open(host);
    host.takeLog();
    const vlan = aNetwork(1, { segment: { kind: "vlan", physicalNetwork: "right", vlan: 100 } });
    datapath.apply(wantedOf({ networks: [vlan], vifs: [aVif(1, { device: machine(7) })] }));
    const attached = host.takeLog().filter((line) => !line.startsWith("map "));
    assert.deepEqual(attached, [
      "attach uplink to card1",
      "link set card1 promisc on",
      "attach uplink to card2",
      "link set card2 promisc on",
      ...OLD_PINS_REMOVED,
    ]);
    datapath.apply(wantedOf({ networks: [vlan] }));
    const after = host.takeLog();
    assert.ok(after.includes("map delete uplinks[ifindex=4 vlan=7]"));
    assert.deepEqual(
      after.filter((line) => !line.startsWith("map ")),
      ["detach from card2", "link set card2 promisc off", ...OLD_PINS_REMOVED],
    );
  });

  test("destroying takes away what was made, in this run or an earlier one", async () => {
    const host = aHost();
    const first = await open(host);
    first.apply(wantedOf({ networks: [aNetwork(1)], vifs: [aVif(1)] }));
    await first.close();
    host.takeLog();
    await ebpfDatapath({ host, objectDir: "/objects", bpfDir: "/bpf", physicalNetworks: {} }).destroy();
    assert.deepEqual(host.takeLog(), [
      "detach from tap1",
      "detach from cable-vxlan",
      "link del cable-vxlan",
      "detach from cable-pkt0",
      "link del cable-pkt0",
      "link del cable-svc0",
      "link del cable-mir0",
      ...OLD_PINS_REMOVED,
      `remove pins /bpf/v${CABLE_LAYOUT}`,
    ]);
  });
});

describe("ebpf driver: what cannot be", () => {
  const rows = [
    {
      what: "a network without its card",
      networks: [aNetwork(1, { segment: { kind: "flat", physicalNetwork: "nowhere" } })],
      vifs: [aVif(1)],
      reason: /physical network has no card here/,
    },
    {
      what: "a machine behind a card that is not for machines",
      networks: [aNetwork(1)],
      vifs: [aVif(1, { device: machine(7, "tap2", 102) })],
      reason: /may not hang on tap2/,
    },
    {
      what: "a machine behind a tag that leads elsewhere",
      networks: [aNetwork(1), aNetwork(2, { segment: { kind: "vlan", physicalNetwork: "left", vlan: 7 } })],
      vifs: [aVif(1, { device: machine(7, "card0", 2) })],
      reason: /VLAN 7 of card0 leads to another network/,
    },
    {
      what: "a device that is gone",
      networks: [aNetwork(1)],
      vifs: [aVif(1, { device: { ifindex: 999, name: "tap9", kind: "tap", vlan: null } })],
      reason: /cannot attach to tap9: .*ENODEV/,
    },
  ];
  for (const { what, networks, vifs, reason } of rows) {
    test(`${what} is failed with a sentence, and others are made all the same`, async () => {
      const datapath = await open(aHost());
      const good = aVif(3, { networkId: "n3" });
      const { up, failed } = datapath.apply(wantedOf({ networks: [...networks, aNetwork(3)], vifs: [...vifs, good] }));
      assert.deepEqual([...up], ["p3"]);
      assert.deepEqual([...failed.keys()], ["p1"]);
      assert.match(failed.get("p1") ?? "", reason);
    });
  }

  test("what was in the way may go: the next change tries again", async () => {
    const host = aHost();
    const datapath = await open(host);
    const other = aNetwork(2, { segment: { kind: "vlan", physicalNetwork: "left", vlan: 7 } });
    const vifs = [aVif(1, { device: machine(7, "card0", 2) })];
    datapath.apply(wantedOf({ networks: [aNetwork(1), other], vifs }));
    const outcome = datapath.apply(wantedOf({ networks: [aNetwork(1)], vifs }), { ...none(), networks: ids("n2") });
    assert.deepEqual([[...outcome.up], outcome.failed.size], [["p1"], 0]);
  });

  test("a provider network goes before a machine that was given its tag", async () => {
    const datapath = await open(aHost());
    const vifs = [aVif(1, { device: machine(7, "card0", 2) })];
    assert.equal(datapath.apply(wantedOf({ networks: [aNetwork(1)], vifs })).failed.size, 0);
    const vlan = aNetwork(2, { segment: { kind: "vlan", physicalNetwork: "left", vlan: 7 } });
    const { failed } = datapath.apply(wantedOf({ networks: [aNetwork(1), vlan], vifs }), {
      ...none(),
      networks: ids("n2"),
    });
    assert.deepEqual([...failed.keys()], ["p1"]);
    assert.ok(datapath.dump().includes(`uplinks[ifindex=2 vlan=7]=net=${0x01000007} flags=1`));
  });

  test("a full table fails the ports that did not get in, and takes them when there is room", async () => {
    const host = aHost();
    host.bpf.load("x", { pinDir: `/bpf/v${CABLE_LAYOUT}`, mapSizes: { ifaces: 1 } });
    const datapath = await open(host);
    const networks = [aNetwork(1)];
    const { up, failed } = datapath.apply(wantedOf({ networks, vifs: [aVif(1), aVif(2)] }));
    assert.deepEqual([[...up], failed.get("p2")], [["p1"], "table ifaces is full with 1 entries"]);
    const room = wantedOf({ networks, vifs: [aVif(2)] });
    datapath.apply(room, { ...none(), vifs: ids("p1") });
    assert.deepEqual([...datapath.apply(room, none()).up], ["p2"]);
  });

  test("the driver says so when it is used before it is open", () => {
    const datapath = ebpfDatapath({ host: aHost(), objectDir: "/o", bpfDir: "/bpf", physicalNetworks: {} });
    assert.throws(() => datapath.apply(wantedOf({})), /call open\(\) first/);
  });
});

describe("ebpf driver: flows decided again", () => {
  const networks = [aNetwork(1)];
  const base = wantedOf({
    networks,
    vifs: [aVif(1), aVif(2)],
    endpoints: [anEndpoint(1, local(1)), anEndpoint(2, local(2)), anEndpoint(3, remote("192.0.2.3"))],
  });
  const with_ = (changes: Partial<Wanted>): Wanted => ({ ...base, ...changes });
  const put = <T extends { id: string }>(map: Map<string, T>, value: T) => new Map(map).set(value.id, value);
  const rows = [
    { what: "nothing changed", wanted: base, change: undefined, bumps: 0 },
    {
      what: "a further endpoint",
      wanted: with_({ endpoints: put(base.endpoints, anEndpoint(4, remote("192.0.2.4"))) }),
      change: { ...none(), endpoints: ids("p4") },
      bumps: 0,
    },
    {
      what: "an endpoint that moved",
      wanted: with_({ endpoints: put(base.endpoints, anEndpoint(3, remote("192.0.2.4"))) }),
      change: { ...none(), endpoints: ids("p3") },
      bumps: 1,
    },
    {
      what: "a further address pair",
      wanted: with_({ vifs: put(base.vifs, aVif(1, { allowed: [pair(1, "10.9.0.0/16")] })) }),
      change: { ...none(), vifs: ids("p1") },
      bumps: 0,
    },
    {
      what: "an address taken away",
      wanted: with_({ vifs: put(base.vifs, aVif(1, { ips: [] })) }),
      change: { ...none(), vifs: ids("p1") },
      bumps: 1,
    },
    {
      what: "another MTU",
      wanted: with_({ networks: put(base.networks, aNetwork(1, { mtuBytes: 1400 })) }),
      change: { ...none(), networks: ids("n1") },
      bumps: 1,
    },
    {
      what: "several at once",
      wanted: with_({ vifs: put(base.vifs, aVif(1, { adminUp: false })), endpoints: new Map() }),
      change: { ...none(), vifs: ids("p1"), endpoints: ids("p1", "p2", "p3") },
      bumps: 1,
    },
  ];
  for (const { what, wanted, change, bumps } of rows) {
    test(`${what}: ${bumps === 0 ? "no" : "yes, once"}`, async () => {
      const host = aHost();
      const datapath = await open(host);
      datapath.apply(base);
      const before = generation(host) ?? 0;
      datapath.apply(wanted, change);
      assert.equal((generation(host) ?? 0) - before, bumps);
    });
  }
});

/** Named whole states; the driver must come from any to any other, whichever way. */
const STATES: Record<string, Wanted> = {
  empty: wantedOf({}),
  oneVm: wantedOf({ networks: [aNetwork(1)], vifs: [aVif(1)], endpoints: [anEndpoint(1, local(1))] }),
  twoVmsAndAHost: wantedOf({
    networks: [aNetwork(1)],
    vifs: [aVif(1), aVif(2)],
    endpoints: [anEndpoint(1, local(1)), anEndpoint(2, local(2)), anEndpoint(3, remote("192.0.2.3"))],
  }),
  secondMovedAway: wantedOf({
    networks: [aNetwork(1)],
    vifs: [aVif(1)],
    endpoints: [anEndpoint(1, local(1)), anEndpoint(2, remote("192.0.2.3")), anEndpoint(3, remote("192.0.2.3"))],
  }),
  movable: wantedOf({
    networks: [aNetwork(1)],
    vifs: [aVif(1, { allowed: [pair(9, "10.0.0.9/32")] })],
    endpoints: [
      anEndpoint(1, local(1), { moreMacs: [macOf(9)], movableCidrs: [pair(9, "10.0.0.9/32").cidr] }),
      anEndpoint(2, remote("192.0.2.3"), { moreMacs: [macOf(9)], movableCidrs: [pair(9, "10.0.0.9/32").cidr] }),
    ],
  }),
  machines: wantedOf({
    networks: [aNetwork(1), aNetwork(2, { segment: { kind: "vlan", physicalNetwork: "left", vlan: 100 } })],
    vifs: [
      aVif(1, { device: machine(100) }),
      aVif(2, { device: machine(100) }),
      aVif(3, { networkId: "n2", device: machine(100, "card0", 2) }),
    ],
    endpoints: [
      anEndpoint(1, local(1)),
      anEndpoint(2, local(2)),
      anEndpoint(3, local(3), { networkId: "n2" }),
      anEndpoint(4, { kind: "wire" }, { networkId: "n2" }),
    ],
  }),
  otherSegment: wantedOf({
    networks: [aNetwork(1, { segment: { kind: "vxlan", vni: 77 } })],
    vifs: [aVif(1)],
    endpoints: [anEndpoint(1, local(1))],
  }),
};

/** Without which number a port happened to get, and without programs left on devices that no port has. */
function entries(datapath: Datapath): string[] {
  return datapath
    .dump()
    .filter((line) => !line.startsWith("attached tap"))
    .map((line) =>
      line
        .replace(/vif=[1-9]\d*/g, "vif=#")
        .replace(/^(vifs)\[\d+\]/, "$1[#]")
        .replace(/^((ifaces|attachments).*=)\d+$/, "$1#"),
    )
    .sort();
}

describe("ebpf driver: whole states in any order", () => {
  async function directly(state: Wanted): Promise<string[]> {
    const datapath = await open(aHost());
    datapath.apply(state);
    return entries(datapath);
  }

  for (const [fromName, from] of Object.entries(STATES)) {
    for (const [toName, to] of Object.entries(STATES)) {
      test(`from ${fromName} to ${toName}: by change, in full, and over a restart`, async () => {
        const expected = await directly(to);
        const ways = await everyWay(aHost, open, from, to);
        assert.deepEqual(entries(ways.byChange), expected);
        assert.deepEqual(entries(ways.inFull), expected);
        assert.deepEqual(entries(ways.overRestart), expected);
      });
    }
  }

  test("a restart writes nothing to the maps, and puts this version's programs in place of the old", async () => {
    const host = aHost();
    const state = STATES.twoVmsAndAHost as Wanted;
    const before = await open(host);
    before.apply(state);
    await before.close();
    host.takeLog();
    const after = await open(host);
    after.apply(state);
    assert.deepEqual(
      host.takeLog().filter((line) => line.startsWith("map ") || line.startsWith("attach ")),
      [
        "attach overlay to cable-vxlan",
        "attach untrap to cable-pkt0",
        "attach unservice to cable-svc1",
        "attach copies to cable-mir1",
        "attach workload to tap1",
        "attach workload to tap2",
      ],
    );
  });

  test("before the first full comparison nothing is deleted", async () => {
    const host = aHost();
    const before = await open(host);
    before.apply(STATES.twoVmsAndAHost as Wanted);
    await before.close();
    const after = await open(host);
    const dump = after.dump();
    after.apply(STATES.empty as Wanted, { ...noChange(), networks: ids("n1"), vifs: ids("p1"), endpoints: ids("p1") });
    assert.deepEqual(after.dump(), dump);
  });

  test("what someone else wrote into the maps is put right by the next full comparison", async () => {
    const host = aHost();
    const datapath = await open(host);
    const state = STATES.oneVm as Wanted;
    datapath.apply(state);
    const dump = datapath.dump();
    const ifaces = host.bpf.pins.get(`/bpf/v${CABLE_LAYOUT}/ifaces`);
    ifaces?.delete(MAPS.ifaces.key.encode({ ifindex: 101 }));
    ifaces?.update(MAPS.ifaces.key.encode({ ifindex: 5 }), MAPS.ifaces.value.encode(9 as VifNumber));
    datapath.apply(state);
    assert.deepEqual(datapath.dump(), dump);
  });

  test("what was looked at ahead is not looked at again, whatever was applied in between", async () => {
    const host = aHost();
    const datapath = await open(host);
    assert.equal(datapath.look(), false, "there is nothing to compare with before the first full comparison");
    datapath.apply(STATES.oneVm as Wanted);
    const ifaces = host.bpf.pins.get(`/bpf/v${CABLE_LAYOUT}/ifaces`);
    const stranger = MAPS.ifaces.key.encode({ ifindex: 5 });
    ifaces?.update(stranger, MAPS.ifaces.value.encode(9 as VifNumber));
    assert.equal(datapath.look(), false);
    const next = STATES.twoVmsAndAHost as Wanted;
    datapath.apply(next, difference(STATES.oneVm as Wanted, next));
    ifaces?.update(stranger, MAPS.ifaces.value.encode(9 as VifNumber));
    datapath.apply(next);
    assert.notEqual(ifaces?.lookup(stranger), undefined, "it came after the look");
    datapath.apply(next);
    assert.deepEqual(entries(datapath), await directly(next));
  });
});

describe("ebpf driver: services", () => {
  const frame = Buffer.from(`${"ff".repeat(6)}0200000000010800${"ab".repeat(30)}`, "hex");

  async function oneVm() {
    const host = aHost();
    const datapath = await open(host);
    datapath.apply(STATES.oneVm as Wanted);
    const traps: Trap[] = [];
    datapath.onTrap((trap) => traps.push(trap));
    return { host, datapath, traps, tap: host.taps.get("cable-pkt0") as FakeTap };
  }

  test("a trapped frame is told with the port's id; one for a port that is gone is not", async () => {
    const { tap, traps } = await oneVm();
    const of = (vif: number) =>
      Buffer.concat([
        Buffer.alloc(14),
        TrapHeader.encode({ vif: vif as VifNumber, reason: 1, length: frame.length, wire: 0 as NetNumber }),
        frame,
      ]);
    tap.deliver(of(1));
    tap.deliver(of(2));
    assert.deepEqual(traps, [{ vifId: "p1", reason: "dhcp4", frame }]);
  });

  test("an injected frame names the port's number; for an unknown port nothing is sent", async () => {
    const { datapath, tap } = await oneVm();
    datapath.inject("p1", frame);
    datapath.inject("nobody", frame);
    assert.equal(tap.sent.length, 1);
    assert.equal(TrapHeader.decode((tap.sent[0] as Buffer).subarray(14)).vif, 1);
  });

  test("a number that is used again starts counting from zero, one that is kept goes on", async () => {
    const { host, datapath } = await oneVm();
    const stats = host.bpf.pins.get(`/bpf/v${CABLE_LAYOUT}/stats`);
    const key = MAPS.stats.key.encode(1 as VifNumber);
    const count = (packets: bigint) => {
      const value = Buffer.alloc(MAPS.stats.value.size * 2);
      value.writeBigUInt64LE(packets, 0);
      stats?.update(key, value);
    };
    count(7n);
    await datapath.close();
    const again = await open(host);
    again.apply(STATES.oneVm as Wanted);
    assert.equal(again.counters("p1")?.rxPackets, 7n);
    again.apply(STATES.empty as Wanted);
    assert.equal(again.counters("p1"), undefined);
    again.apply(wantedOf({ networks: [aNetwork(1)], vifs: [aVif(2)] }));
    assert.equal(again.counters("p2")?.rxPackets, 0n);
  });
});
