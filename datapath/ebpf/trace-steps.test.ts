/** Every step that the programs can note has its words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MAPS,
  type NetNumber,
  RuleDirection,
  TraceFlow,
  TraceKind,
  TracePolicy,
  TraceStep,
} from "../../bpf/layout.gen.ts";
import { FakeHost } from "../../host/fake/mod.ts";
import { emptyWanted } from "../datapath.ts";
import { Names } from "./names.ts";
import { VifNumbers } from "./numbers.ts";
import { routerWords } from "./routers.ts";
import { GroupSets } from "./sets.ts";
import { traceStep } from "./trace-steps.ts";

const ROUTER = "0a1b2c3d-0000-4000-8000-0000000000ff";
const RULE = "5c5c5c5c-0000-4000-8000-000000000001";
const host = new FakeHost();
const routers = host.bpf.load("", { pinDir: "/x" }).map("routers");
routers.update(MAPS.routers.key.encode(1 as never), MAPS.routers.value.encode({ flags: 1, id: routerWords(ROUTER) }));
const sets = new GroupSets(8);
const mine = sets.take(["g1"], "ports")?.set.number as never;
const wanted = emptyWanted();
const rule = {
  id: RULE,
  direction: "ingress",
  family: 4,
  protocol: null,
  ports: null,
  icmp: null,
  remote: { kind: "any" },
} as const;
wanted.groups.set("g1", {
  id: "g1",
  stateful: true,
  rules: [{ ...rule, id: `${RULE.slice(0, 8)}-egress`, direction: "egress" }, rule],
});
const names = new Names({
  numbers: new VifNumbers(8),
  sets,
  networks: new Map([[7 as NetNumber, "red"]]),
  routers,
  links: host.links,
  wanted,
});
const raw = (changes: Partial<TraceStep>): TraceStep => ({
  ...TraceStep.decode(Buffer.alloc(TraceStep.size)),
  ...changes,
});

test("each kind is told", () => {
  for (const [name, kind] of Object.entries(TraceKind))
    assert.equal(traceStep(raw({ kind }), names).kind, name.toLowerCase());
});

test("each state of a flow, and each way that groups decide", () => {
  const flows = Object.values(TraceFlow).map((number) => traceStep(raw({ kind: TraceKind.FLOW, number }), names));
  assert.equal(new Set(flows.map((step) => step.kind === "flow" && step.state)).size, flows.length);
  const ways = Object.values(TracePolicy).map((number) => traceStep(raw({ kind: TraceKind.POLICY, number }), names));
  assert.equal(new Set(ways.map((step) => step.kind === "policy" && step.by)).size, ways.length);
});

test("a rule is found by the beginning of its id, among those of its direction", () => {
  const step = traceStep(
    raw({
      kind: TraceKind.POLICY,
      number: TracePolicy.POLICY_RULE,
      direction: RuleDirection.INGRESS,
      policy: mine,
      tag: 0x5c5c5c5c,
    }),
    names,
  );
  assert.deepEqual(step.kind === "policy" && [step.rule, step.groups], [{ id: RULE, group: "g1" }, ["g1"]]);
});

test("a router has its id, and what is gone has its number", () => {
  assert.equal(names.router(1 as never), ROUTER);
  assert.deepEqual(
    [names.port(3 as never), names.network(7 as never), names.network(9 as never), names.device(99)],
    ["port number 3", "red", "VNI 9", "device 99"],
  );
});
