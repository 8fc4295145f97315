/** The two directions of a flow find each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FLOW_VIF, FLOW_WIRE, Flow, FlowFlag, Rewrite } from "../../bpf/layout.gen.ts";
import { ip } from "../../model/mod.ts";
import { partnerKey } from "./partner.ts";

const EMPTY = Flow.decode(Buffer.alloc(Flow.size));
const NAT = EMPTY.nat;
const [inside, outside, shared] = [ip("10.0.0.5"), ip("203.0.113.9"), ip("192.0.2.50")];
const [VIF, WIRE] = [FLOW_VIF | 3, (FLOW_WIRE | 40) >>> 0];
const question = { ingress: VIF, src: inside, dst: outside, srcPort: 1000, dstPort: 53, proto: 17 };
const answer = { ingress: WIRE, src: outside, dst: shared, srcPort: 53, dstPort: 2000, proto: 17 };

test("of a flow whose ends stay they only change over", () => {
  const partner = partnerKey(question, { ...EMPTY, back: WIRE, rewrite: Rewrite.SRC, nat: { ...NAT, src: shared } });
  assert.deepEqual(partner, { ingress: WIRE, src: outside, dst: inside, srcPort: 53, dstPort: 1000, proto: 17 });
});

test("a question whose source is changed, and its answer", () => {
  const { REWRITE: flags } = FlowFlag;
  const there = { ...EMPTY, flags, back: WIRE, rewrite: Rewrite.SRC, nat: { ...NAT, src: shared, srcPort: 2000 } };
  const back = { ...EMPTY, flags, back: VIF, rewrite: Rewrite.DST, nat: { ...NAT, dst: inside, dstPort: 1000 } };
  assert.deepEqual(partnerKey(question, there), answer);
  assert.deepEqual(partnerKey(answer, back), question);
});

test("an echo's identifier is both ports", () => {
  const ask = { ...question, srcPort: 7, dstPort: 7, proto: 1 };
  const there = {
    ...EMPTY,
    flags: FlowFlag.REWRITE,
    back: WIRE,
    rewrite: Rewrite.SRC,
    nat: { ...NAT, src: shared, srcPort: 9 },
  };
  assert.deepEqual(partnerKey(ask, there), { ...answer, srcPort: 9, dstPort: 9, proto: 1 });
});
