/** Entries as people read them; the names are of numbers that nobody has. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FLOW_TUNNEL,
  FLOW_VIF,
  Flow,
  FlowFlag,
  type FlowKey,
  type NetNumber,
  Rewrite,
  type RouterNumber,
  TargetKind,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import { FakeHost } from "../../host/fake/mod.ts";
import type { Ip } from "../../model/mod.ts";
import { dropText } from "./drop-reasons.ts";
import { type FlowContext, type FlowEntry, flowFacts, isToldByOther } from "./flow-facts.ts";
import { Names } from "./names.ts";
import { VifNumbers } from "./numbers.ts";
import { partnerKey } from "./partner.ts";
import { GroupSets } from "./sets.ts";

const host = new FakeHost();
const routers = host.bpf.load("", { pinDir: "/x" }).map("routers");
const names = new Names({
  numbers: new VifNumbers(8),
  sets: new GroupSets(8),
  networks: new Map([[7 as NetNumber, "red"]]),
  routers,
  links: host.links,
  wanted: undefined,
});
const context: FlowContext = { names, generation: 5, nowNs: 12_000_000_000n };

const key = (changes: Partial<FlowKey>): FlowKey => ({
  ingress: (FLOW_VIF | 1) >>> 0,
  src: "10.0.0.1" as Ip,
  dst: "10.0.0.2" as Ip,
  srcPort: 1000,
  dstPort: 80,
  proto: 6,
  ...changes,
});
const flow = (changes: Partial<Flow>): Flow => ({
  ...Flow.decode(Buffer.alloc(Flow.size)),
  generation: 5,
  lastSeenNs: 10_000_000_000n,
  packets: 3n,
  bytes: 300n,
  ...changes,
});
const toVif = { kind: TargetKind.LOCAL, vif: 2 as VifNumber, remote: "::" as Ip };
const toHost = { kind: TargetKind.REMOTE, vif: 0 as VifNumber, remote: "192.0.2.2" as Ip };

test("a connection to another host, with its answers", () => {
  const there: FlowEntry = [key({}), flow({ target: toHost, out: 7 as NetNumber, back: (FLOW_TUNNEL | 7) >>> 0 })];
  const back: FlowEntry = [
    partnerKey(...there),
    flow({ generation: 4, flags: FlowFlag.ANSWER_IN, packets: 0n, tunnelPeer: toHost.remote }),
  ];
  assert.deepEqual(
    back[0],
    key({ ingress: (FLOW_TUNNEL | 7) >>> 0, src: "10.0.0.2" as Ip, dst: "10.0.0.1" as Ip, srcPort: 80, dstPort: 1000 }),
  );
  assert.deepEqual([isToldByOther(there, back), isToldByOther(back, there)], [false, true]);
  const facts = flowFacts(there, back, context);
  assert.deepEqual(
    [facts.came, facts.there.to, facts.there.decision, facts.back?.decision, facts.there.idleSeconds, facts.router],
    [
      { kind: "port", port: "port number 1" },
      { kind: "host", network: "red", host: "192.0.2.2" },
      "current",
      "old",
      2,
      null,
    ],
  );
});

test("NAT is what the packet's ends become", () => {
  const [id, newId] = [77, 1024];
  const echo = key({ proto: 1, srcPort: id, dstPort: id });
  const nat = flow({
    target: toVif,
    flags: FlowFlag.REWRITE,
    rewrite: Rewrite.SRC,
    nat: { ...flow({}).nat, src: "203.0.113.1" as Ip, srcPort: newId },
    natRouter: 3 as RouterNumber,
  });
  const { there, router } = flowFacts([echo, nat], undefined, context);
  assert.deepEqual(there.nat, { from: { ip: "203.0.113.1", port: newId }, to: { ip: "10.0.0.2", port: newId } });
  assert.equal(router, "00000000-0000-0000-0000-000000000000");
});

const states: [title: string, proto: number, flags: number, back: Partial<Flow> | undefined, state: string][] = [
  ["TCP whose SYN was answered", 6, 0, {}, "open"],
  ["TCP with SYNs only", 6, FlowFlag.OPENING, undefined, "opening"],
  ["TCP after a FIN of the other side", 6, 0, { flags: FlowFlag.FIN }, "closing"],
  ["TCP that is over", 6, FlowFlag.FIN | FlowFlag.CLOSED, {}, "closed"],
  ["a blocked answer", 17, FlowFlag.REFUSED, undefined, "refused"],
  ["UDP that was answered", 17, 0, {}, "answered"],
  ["UDP that was not", 17, 0, { packets: 0n }, "unanswered"],
];
for (const [title, proto, flags, back, state] of states)
  test(`${title} is ${state}`, () => {
    const other = back && ([key({ proto }), flow(back)] as const);
    assert.equal(flowFacts([key({ proto }), flow({ target: toVif, flags })], other, context).state, state);
  });

test("of two directions of which neither answers, one tells of both", () => {
  const a: FlowEntry = [key({}), flow({ target: toVif })];
  const b: FlowEntry = [key({ src: "10.0.0.9" as Ip }), flow({ target: toVif })];
  assert.notEqual(isToldByOther(a, b), isToldByOther(b, a));
  assert.equal(isToldByOther(a, undefined), false);
});

test("a reason that a newer data plane has is said as such", () => {
  assert.match(dropText("ttl").meaning, /hops/);
  assert.match(dropText("from_tomorrow").meaning, /from_tomorrow/);
});
