/** What is understood of a question, and what packet is made of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Ip, ip, mac, type Trace, type TraceQuestion, type ViewSubnet } from "../../model/mod.ts";
import { aNetwork, anEndpoint, aPort, aSubnet, aView, networkId, portId, uuid } from "../fake/mod.ts";
import { find, NotFound } from "./find-port.ts";
import { labelsFor } from "./labels.ts";
import { nextHop } from "./next-hop.ts";
import { readQuestion } from "./question.ts";
import { answerTrace } from "./tracer.ts";

describe("find", () => {
  const all = [
    { id: uuid("a", 1), names: ["web", "tap1"] },
    { id: uuid("a", 2), names: ["db", "tap2"] },
    { id: uuid("b", 3), names: ["db", ""] },
  ];
  const rows: [word: string, id: string | RegExp][] = [
    [uuid("a", 2), uuid("a", 2)],
    ["web", uuid("a", 1)],
    ["tap2", uuid("a", 2)],
    ["bbbb", uuid("b", 3)],
    ["aaaa", /more than one port: aaaaaaaa-0000-4000-8000-000000000001 web tap1, aaaaaaaa/],
    ["db", /more than one port/],
    ["wep", /no port "wep"; near that are: aaaaaaaa-0000-4000-8000-000000000001 web tap1$/],
    ["nothing-like-it", /it has: aaaaaaaa.* web tap1, .*db$/],
    ["bbb", /near that are: bbbbbbbb/],
  ];
  for (const [word, id] of rows)
    test(`"${word}"`, () => {
      if (typeof id === "string") assert.equal(find("port", word, all), id);
      else
        assert.throws(
          () => find("port", word, all),
          (error: Error) => error instanceof NotFound && id.test(error.message),
        );
    });
  test("nothing at all", () => assert.throws(() => find("router", "x", []), /this host has no router/));
});

describe("next hop", () => {
  const subnets: ViewSubnet[] = [
    aSubnet(1, "10.0.1.0/24", { routes: [{ destination: "10.9.0.0/16" as never, nextHop: ip("10.0.1.9") }] }),
    aSubnet(1, "fd00:1::/64"),
  ];
  const rows: [to: string, hop: string | undefined][] = [
    ["10.0.1.7", "10.0.1.7"],
    ["10.9.1.1", "10.0.1.9"],
    ["192.0.2.1", "10.0.1.1"],
    ["169.254.169.254", "169.254.169.254"],
    ["fe80::a9fe:a9fe", "fe80::a9fe:a9fe"],
    ["fd00:1::5", "fd00:1::5"],
    ["2001:db8::1", "fd00:1::1"],
    ["10.0.1.255", "ff:ff:ff:ff:ff:ff"],
    ["255.255.255.255", "ff:ff:ff:ff:ff:ff"],
    ["224.0.0.251", "01:00:5e:00:00:fb"],
    ["ff02::1:ff00:5", "33:33:ff:00:00:05"],
  ];
  for (const [to, hop] of rows)
    test(`of ${to} is ${hop}`, () => {
      const found = nextHop(ip(to), subnets);
      assert.equal(found && ("mac" in found ? found.mac : found.ip), hop);
    });
  test("there is none without a gateway", () =>
    assert.equal(nextHop(ip("192.0.2.1"), [aSubnet(1, "10.0.1.0/24", { gateway: null })]), undefined));
});

describe("a question", () => {
  const rows: [body: unknown, sentence: RegExp][] = [
    ["x", /no JSON object/],
    [{}, /where the packet comes in/],
    [{ port: "a", tunnel: { vni: 1, peer: "192.0.2.1" }, to: "10.0.0.1" }, /where the packet comes in/],
    [{ port: "a" }, /where the packet goes/],
    [{ port: "a", to: "nowhere" }, /to is no IP address/],
    [{ port: "a", to: "10.0.0.1", from: "fd00::1" }, /two families/],
    [{ port: "a", to: "10.0.0.1", toPort: 70_000 }, /toPort is not a whole number from 0 to 65535/],
    [{ port: "a", to: "10.0.0.1", flags: ["urg"] }, /flags are some of/],
    [{ port: "a", to: "10.0.0.1", toMac: "x" }, /toMac is no MAC/],
    [{ port: "a", frame: "0102" }, /no Ethernet frame/],
    [{ tunnel: { vni: 0, peer: "192.0.2.1" }, to: "10.0.0.1" }, /tunnel.vni/],
    [{ port: 7, to: "10.0.0.1" }, /port is no text/],
  ];
  for (const [body, sentence] of rows)
    test(JSON.stringify(body), () =>
      assert.throws(() => readQuestion(typeof body === "string" ? body : JSON.stringify(body)), sentence),
    );
});

describe("what is traced", () => {
  const outer = aNetwork(2, { segment: { kind: "vlan", physicalNetwork: "physnet1", vlan: 40 } });
  const view = aView([aNetwork(1), outer], [aPort(1, 1)], [anEndpoint(1, 1, "h1"), anEndpoint(2, 1, "h2")]);
  const port = aPort(1, 1);
  const answered = (at: string): Trace => ({
    steps: [{ kind: "answered", ip: ip("10.0.1.1"), mac: mac(at) }],
    end: "sent",
    frame: "",
    more: 0,
  });
  const silent: Trace = {
    steps: [{ kind: "dropped", port: portId(1), reason: "arp_unknown" }],
    end: "gone",
    frame: "",
    more: 0,
  };

  function trace(question: TraceQuestion, answers: Trace[]) {
    const traced: { from: object; frame: Buffer }[] = [];
    const datapath = {
      trace: (from: object, frame: Uint8Array) => {
        traced.push({ from, frame: Buffer.from(frame) });
        return answers.shift() ?? { steps: [], end: "sent" as const, frame: "", more: 0 };
      },
      dropText: (reason: string) => ({ meaning: reason, advice: "" }),
    };
    const answer = answerTrace(question, { view, datapath, tunnelIp: "192.0.2.1" as Ip, findPort: () => port });
    return { answer, traced };
  }

  test("the next hop is asked for, and its MAC is where the packet goes", () => {
    const { answer, traced } = trace({ port: "p", to: ip("192.0.2.9"), protocol: 6, toPort: 443 }, [
      answered("02:00:00:00:00:99"),
    ]);
    assert.deepEqual(
      answer.runs.map(({ what }) => what),
      ["neighbour", "packet"],
    );
    const [arp, packet] = traced.map(({ frame }) => frame) as [Buffer, Buffer];
    assert.equal(arp.readUInt16BE(12), 0x0806);
    assert.equal(arp.subarray(38, 42).join("."), "10.0.1.1");
    assert.equal(packet.subarray(0, 6).toString("hex"), "020000000099");
    assert.equal(packet.subarray(30, 34).join("."), "192.0.2.9");
    assert.deepEqual([packet.readUInt16BE(36), packet[47]], [443, 2]);
    assert.ok(packet.readUInt16BE(34) >= 49_152);
    assert.deepEqual(traced[1]?.from, { vifId: portId(1) });
  });

  test("an echo over IPv6 is one of ICMPv6", () => {
    const { traced } = trace({ port: "p", to: ip("fd00:1::2"), protocol: 1, toMac: mac("02:00:00:00:00:02") }, []);
    const packet = traced[0]?.frame as Buffer;
    assert.deepEqual([packet[20], packet[54]], [58, 128]);
  });

  test("nobody answers: there is no packet, and the reason is told", () => {
    const { answer } = trace({ port: "p", to: ip("10.0.1.99") }, [silent]);
    assert.match(answer.problem ?? "", /nobody answers for 10.0.1.99/);
    assert.deepEqual(Object.keys(answer.reasons), ["arp_unknown"]);
    assert.equal(answer.runs.length, 1);
  });

  test("from a tunnel it is as the other host would send it", () => {
    const tunnel = { vni: 1, peer: ip("192.0.2.2") };
    const { traced } = trace({ tunnel, to: ip("10.0.1.1"), from: ip("10.0.1.2") }, []);
    assert.deepEqual(traced[0]?.from, tunnel);
    assert.equal(traced[0]?.frame.subarray(0, 12).toString("hex"), "fa163e000001fa163e000002");
    assert.throws(
      () => trace({ tunnel: { ...tunnel, vni: 9 }, to: ip("10.0.1.1"), from: ip("10.0.1.2") }, []),
      /VNI 9/,
    );
    const { answer } = trace({ tunnel, to: ip("10.0.1.77"), from: ip("10.0.1.2") }, []);
    assert.match(answer.problem ?? "", /has 10.0.1.77/);
  });

  test("from a wire the destination is asked for", () => {
    const wire = networkId(2).slice(0, 4);
    const { traced } = trace({ wire, to: ip("198.51.100.9"), from: ip("198.51.100.1") }, [
      answered("02:00:00:00:00:99"),
    ]);
    assert.deepEqual(
      traced.map(({ from }) => from),
      [{ wireOf: networkId(2) }, { wireOf: networkId(2) }],
    );
    assert.equal(traced[0]?.frame.subarray(38, 42).join("."), "198.51.100.9");
    assert.throws(
      () => trace({ wire: networkId(1), to: ip("10.0.1.1"), from: ip("10.0.1.2") }, []),
      /no VLAN or flat network/,
    );
  });

  test("names come with what is named", () => {
    const labels = labelsFor(
      { a: [{ port: portId(1) }, "192.0.2.2"], network: networkId(1), rest: "?" },
      view,
      new Map(),
    );
    assert.deepEqual(labels, { [portId(1)]: "port1", "192.0.2.2": "h2", [networkId(1)]: "VNI 1" });
  });
});
