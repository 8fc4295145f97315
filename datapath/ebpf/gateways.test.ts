/** A router's way outside as entries, and what is announced of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GatewayFlag, MAPS, type NetNumber, type RouterNumber, RuleDirection } from "../../bpf/layout.gen.ts";
import { FakeMap } from "../../host/fake/mod.ts";
import { type Cidr, ip, mac } from "../../model/mod.ts";
import { announcement, neighbourQuestion } from "../../wire/mod.ts";
import type { WantedGateway } from "../datapath.ts";
import { Announcer } from "./announcer.ts";
import { gatewayEntries, ip4Number } from "./gateways.ts";

const NET = 0x01000190 as NetNumber;
const ROUTER = 3 as RouterNumber;
const aGateway = (more: Partial<WantedGateway> = {}): WantedGateway => ({
  networkId: "outer",
  mac: mac("02:00:00:00:04:00"),
  ips: [ip("192.0.2.50")],
  mtuBytes: 1500,
  snat: true,
  here: true,
  leased: false,
  remote: null,
  own: null,
  routes: [
    { destination: "192.0.2.0/24" as Cidr, nextHop: null },
    { destination: "0.0.0.0/0" as Cidr, nextHop: ip("192.0.2.1") },
  ],
  floatings: [],
  forwards: [],
  proxies: [],
  ...more,
});
const FLOATING = { ip: ip("192.0.2.61"), mac: mac("02:00:00:00:04:61"), fixedIp: ip("10.0.0.1"), leased: false };

const of = (map: string, gateway: WantedGateway, net: NetNumber | undefined = NET) =>
  gatewayEntries(gateway, ROUTER, net).filter((entry) => entry.map === map);
const keysOf = (map: string, gateway: WantedGateway) => of(map, gateway).map(({ key }) => key);

describe("a gateway's entry", () => {
  const own = { mac: mac("02:00:00:00:04:99"), ip: ip("192.0.2.99") };
  const rows: [string, WantedGateway, NetNumber | undefined, number, string][] = [
    ["here", aGateway(), NET, GatewayFlag.HERE | GatewayFlag.SNAT, "192.0.2.50"],
    ["here, without SNAT", aGateway({ snat: false }), NET, GatewayFlag.HERE, "192.0.2.50"],
    ["elsewhere", aGateway({ here: false }), NET, GatewayFlag.SNAT, "192.0.2.50"],
    ["here, but its network is not", aGateway(), undefined, GatewayFlag.SNAT, "192.0.2.50"],
    ["by an own address", aGateway({ here: false, own }), NET, GatewayFlag.OWN | GatewayFlag.SNAT, "192.0.2.99"],
  ];
  for (const [what, gateway, net, flags, ip4] of rows) {
    test(what, () => {
      const [entry] = gatewayEntries(gateway, ROUTER, net);
      assert.ok(entry?.map === "gateways");
      assert.deepEqual([entry.value.flags, entry.value.ip4], [flags, ip4Number(ip(ip4))]);
    });
  }
});

describe("what hangs on it", () => {
  test("the wire's questions are answered for what is this host's work, each address with its own MAC", () => {
    const gateway = aGateway({ floatings: [FLOATING], proxies: [ip("fd00::5")] });
    const answered = of("ips", gateway).map(({ key, value }) => [
      (key as { ip: string }).ip,
      (value as { mac: string }).mac,
    ]);
    assert.deepEqual(answered, [
      ["192.0.2.50", "02:00:00:00:04:00"],
      ["fe80::ff:fe00:400", "02:00:00:00:04:00"],
      ["fd00::5", "02:00:00:00:04:00"],
      ["192.0.2.61", "02:00:00:00:04:61"],
    ]);
    assert.deepEqual(of("ips", aGateway({ here: false })), []);
  });

  test("limits are of the addresses outside, once for each", () => {
    const egress = (max: number) => ({ egress: { kbps: { max, burst: max } } });
    const forward: WantedGateway["forwards"][number] = {
      ...{ ...port, ip: ip("192.0.2.70"), qos: egress(3) },
      ...{ external: [80, 80], internal: [8080, 8080] },
    };
    const limited = aGateway({
      qos: egress(1),
      floatings: [
        { ...FLOATING, qos: egress(2) },
        { ...FLOATING, ip: ip("192.0.2.62") },
      ],
      forwards: [forward, { ...forward, external: [90, 90] }],
    });
    assert.deepEqual(
      keysOf("limits", limited),
      ["192.0.2.50", "192.0.2.61", "192.0.2.70"].map((each) => ({
        ...{ net: NET, ip: ip4Number(ip(each)), vif: 0 },
        direction: RuleDirection.EGRESS,
      })),
    );
    const withoutNetwork = gatewayEntries(limited, ROUTER, undefined);
    assert.deepEqual(
      withoutNetwork.filter(({ map }) => map === "limits"),
      [],
    );
  });

  test("a floating IP is known from both sides", () => {
    const gateway = aGateway({ here: false, floatings: [FLOATING] });
    assert.deepEqual(keysOf("floatings", gateway), [{ net: NET, ip: "192.0.2.61" }]);
    assert.deepEqual(keysOf("fixeds", gateway), [{ router: ROUTER, ip: ip4Number(ip("10.0.0.1")) }]);
  });

  const port = {
    ip: ip("192.0.2.70"),
    mac: mac("02:00:00:00:04:70"),
    protocol: 6,
    fixedIp: ip("10.0.0.1"),
    leased: false,
  };
  const rows: [string, [number, number], [number, number], { port: number; bits: number }[], [number, number]][] = [
    ["one port", [8080, 8080], [80, 80], [{ port: 8080, bits: 16 }], [80, 0]],
    [
      "a range to a range",
      [4095, 4097],
      [95, 97],
      [
        { port: 4095, bits: 16 },
        { port: 4096, bits: 15 },
      ],
      [95, 4095],
    ],
    ["a range to one", [8000, 8001], [80, 80], [{ port: 8000, bits: 15 }], [80, 0]],
  ];
  for (const [what, external, internal, prefixes, [first, from]] of rows) {
    test(`forwarded: ${what}`, () => {
      const entries = of("forwards", aGateway({ forwards: [{ ...port, external, internal }] }));
      assert.deepEqual(
        entries.map(({ key, value }) => ({ ...(key as object), ...(value as object) })),
        prefixes.map(({ port: at, bits }) => ({
          prefixLength: 80 + bits,
          net: NET,
          proto: 6,
          port: at,
          router: ROUTER,
          ip: ip4Number(ip("10.0.0.1")),
          first,
          external: from,
        })),
      );
    });
  }
});

describe("what is said of it on the wire", () => {
  function announcer() {
    const sent: string[] = [];
    let moved = 0;
    const neighbours = new FakeMap("neighbours", 100, () => {});
    const leases = new FakeMap("leases", 1, () => {});
    let nowNs = 0n;
    const made = new Announcer(
      {
        send: (net, frame) => sent.push(`${net} ${Buffer.from(frame).toString("hex")}`),
        neighbours,
        leases,
        onMoved: () => moved++,
      },
      () => nowNs,
    );
    const leaseSeconds = () => {
      const value = leases.lookup(MAPS.leases.key.encode(0));
      return value === undefined ? undefined : Number(MAPS.leases.value.decode(value).untilNs / 1_000_000_000n);
    };
    const at = (seconds: number) => {
      nowNs = BigInt(seconds) * 1_000_000_000n;
    };
    const take = () => sent.splice(0);
    const hear = (from: string) =>
      neighbours.update(
        MAPS.neighbours.key.encode({ net: NET, ip: ip("192.0.2.1") }),
        MAPS.neighbours.value.encode({ mac: mac(from), askedNs: 0n, heardNs: 5n }),
      );
    return { made, take, hear, moved: () => moved, leaseSeconds, at };
  }
  const hex = (frame: Buffer) => `${NET} ${frame.toString("hex")}`;
  const own = { ip: ip("192.0.2.50"), mac: mac("02:00:00:00:04:00") };
  const local = { ip: ip("fe80::ff:fe00:400"), mac: mac("02:00:00:00:04:00") };
  const question = hex(neighbourQuestion(own, ip("192.0.2.1")));

  test("addresses are announced at once and twice more, and the next hop is asked until it answers", () => {
    const { made, take, hear } = announcer();
    made.update([{ net: NET, gateway: aGateway() }]);
    const both = [hex(announcement(own)), hex(announcement(local))];
    assert.deepEqual(take(), [question, ...both]);
    made.tick();
    assert.deepEqual(take(), [...both, question]);
    hear("02:99:00:00:00:01");
    made.tick();
    assert.deepEqual(take(), both);
    made.tick();
    made.update([{ net: NET, gateway: aGateway() }]);
    assert.deepEqual(take(), []);
    made.stop();
  });

  test("the lease of what another would take over is renewed, and outlasts a stop", () => {
    const { made, leaseSeconds, at } = announcer();
    made.update([{ net: NET, gateway: aGateway() }]);
    assert.equal(leaseSeconds(), undefined, "nobody would");
    at(100);
    made.update([{ net: NET, gateway: aGateway({ leased: true }) }]);
    assert.equal(leaseSeconds(), 103);
    at(101);
    made.tick();
    assert.equal(leaseSeconds(), 104);
    made.leave();
    assert.equal(leaseSeconds(), 131);
  });

  test("what is new is announced alone, and a next hop that moved is told of", () => {
    const { made, take, hear, moved } = announcer();
    made.update([{ net: NET, gateway: aGateway() }]);
    hear("02:99:00:00:00:01");
    for (let i = 0; i < 3; i++) made.tick();
    take();
    made.update([{ net: NET, gateway: aGateway({ floatings: [FLOATING] }) }]);
    assert.deepEqual(take(), [hex(announcement(FLOATING))]);
    hear("02:99:00:00:00:02");
    made.tick();
    assert.equal(moved(), 1);
    made.stop();
  });
});
