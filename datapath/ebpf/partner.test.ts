/** Flows whose ends are changed: the two directions find each other, and age together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FLOW_VIF,
  FLOW_WIRE,
  Flow,
  FlowFlag,
  FlowKey,
  NET_LOCAL,
  type NetNumber,
  Rewrite,
  TargetKind,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import { FakeMap } from "../../host/fake/mod.ts";
import { type Ip, ip } from "../../model/mod.ts";
import { FLOW_TIMEOUTS, FlowAging } from "./flows.ts";

test("a flow whose ends are changed stays while its other direction has packets, and goes with it", () => {
  const map = new FakeMap("flows", 10_000, () => {});
  const empty = Flow.decode(Buffer.alloc(Flow.size));
  const wire = { kind: TargetKind.WIRE, vif: 0 as VifNumber, remote: "::" as Ip };
  const here = { kind: TargetKind.LOCAL, vif: 3 as VifNumber, remote: "::" as Ip };
  const out = { ...empty, flags: FlowFlag.REWRITE, out: (NET_LOCAL | 40) as NetNumber, target: wire };
  const question = {
    ingress: FLOW_VIF | 3,
    src: ip("10.0.0.5"),
    dst: ip("203.0.113.9"),
    srcPort: 1000,
    dstPort: 53,
    proto: 17,
  };
  const answer = {
    ingress: (FLOW_WIRE | 40) >>> 0,
    src: ip("203.0.113.9"),
    dst: ip("192.0.2.50"),
    srcPort: 53,
    dstPort: 2000,
    proto: 17,
  };
  map.update(
    FlowKey.encode(question),
    Flow.encode({
      ...out,
      rewrite: Rewrite.SRC,
      newSrc4: 0xc0000232,
      newSrcPort: 2000,
      packets: 9n,
      lastSeenNs: 170_000_000_000n,
    }),
  );
  map.update(
    FlowKey.encode(answer),
    Flow.encode({
      ...out,
      target: here,
      rewrite: Rewrite.DST,
      newDst4: 0x0a000005,
      newDstPort: 1000,
      packets: 0n,
      lastSeenNs: 0n,
    }),
  );
  let nowNs = 200_000_000_000n;
  const aging = new FlowAging(map, FLOW_TIMEOUTS, () => nowNs);
  aging.turn();
  assert.equal([...map.entries()].length, 2);
  nowNs = 400_000_000_000n;
  aging.turn();
  assert.equal([...map.entries()].length, 0);
});
