import assert from "node:assert/strict";
import { test } from "node:test";
import { FlowFlag } from "../../bpf/layout.gen.ts";
import { FLOW_TIMEOUTS, type FlowFacts, idleSeconds } from "./idle.ts";

const { OPENING, FIN, CLOSED, RESET, REFUSED } = FlowFlag;
const seen = (packets: number, flags = 0): FlowFacts => ({ packets: BigInt(packets), flags });
const [TCP, UDP, SCTP] = [6, 17, 132];

const rows: { what: string; proto: number; flow: FlowFacts; other?: FlowFacts; seconds: number }[] = [
  { what: "TCP, a SYN", proto: TCP, flow: seen(1, OPENING), other: seen(0, OPENING), seconds: 30 },
  { what: "TCP, a SYN sent again and again", proto: TCP, flow: seen(9, OPENING), other: seen(0, OPENING), seconds: 30 },
  { what: "TCP, a SYN and its answer", proto: TCP, flow: seen(1, OPENING), other: seen(1, OPENING), seconds: 60 },
  { what: "TCP, answered again and again", proto: TCP, flow: seen(6, OPENING), other: seen(6, OPENING), seconds: 60 },
  { what: "TCP, the third packet", proto: TCP, flow: seen(2), other: seen(1, OPENING), seconds: 7440 },
  { what: "TCP, a third packet without a second", proto: TCP, flow: seen(2), other: seen(0, OPENING), seconds: 30 },
  { what: "TCP, open", proto: TCP, flow: seen(9), other: seen(9), seconds: 7440 },
  { what: "TCP, one direction only", proto: TCP, flow: seen(9), seconds: 30 },
  { what: "TCP, one FIN", proto: TCP, flow: seen(9, FIN), other: seen(9), seconds: 120 },
  { what: "TCP, both FINs", proto: TCP, flow: seen(9, FIN | CLOSED), other: seen(9, FIN | CLOSED), seconds: 10 },
  { what: "TCP, an RST that may be a guess", proto: TCP, flow: seen(9, RESET), other: seen(9), seconds: 10 },
  { what: "TCP, refused", proto: TCP, flow: seen(9, REFUSED), other: seen(9), seconds: 120 },
  { what: "UDP, one packet", proto: UDP, flow: seen(1), other: seen(0), seconds: 60 },
  { what: "UDP, many and no answer", proto: UDP, flow: seen(99), other: seen(0), seconds: 60 },
  { what: "UDP, answered", proto: UDP, flow: seen(1), other: seen(1), seconds: 180 },
  { what: "UDP, refused", proto: UDP, flow: seen(1, REFUSED), seconds: 30 },
  { what: "ICMP", proto: 1, flow: seen(9), other: seen(9), seconds: 30 },
  { what: "ICMPv6", proto: 58, flow: seen(9), other: seen(9), seconds: 30 },
  { what: "SCTP, INIT", proto: SCTP, flow: seen(1, OPENING), other: seen(0, OPENING), seconds: 30 },
  { what: "SCTP, open", proto: SCTP, flow: seen(9), other: seen(9), seconds: 210 },
  { what: "SCTP, shutting down", proto: SCTP, flow: seen(9, FIN), other: seen(9), seconds: 10 },
  { what: "GRE", proto: 47, flow: seen(9), other: seen(9), seconds: 60 },
];

for (const { what, proto, flow, other, seconds } of rows) {
  test(`${what}: ${seconds} s`, () => {
    assert.equal(idleSeconds(proto, flow, other, FLOW_TIMEOUTS), seconds);
    // Which of the two is asked about does not matter, but for what is said of one alone.
    if (other !== undefined && (flow.flags & REFUSED) === 0)
      assert.equal(idleSeconds(proto, other, flow, FLOW_TIMEOUTS), seconds);
  });
}
