/** What a connection is doing: noted by the data plane packet by packet, and read as the agent reads it. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { type Flow, FlowKey } from "../../bpf/layout.gen.ts";
import { stateOf } from "../../datapath/ebpf/idle.ts";
import { partnerKey } from "../../datapath/ebpf/partner.ts";
import { eth, ip4, raw, tcp, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { bump, rule, set, setGroups, setPolicy } from "./kit/security.ts";
import { makeWorld, NO_SET, type Place, PORTS, WIRE } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b, vlan } = PORTS;

beforeEach(() => {
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
  for (const port of [a, b]) setPolicy(plane, port, NO_SET);
});

type Flags = Parameters<typeof tcp>[2];
type Way = "go" | "come";
interface Ends {
  from: { mac: string; ip4: string };
  to: { mac: string; ip4: string };
  places: Record<Way, Place>;
  tag?: number;
}
const LOCAL: Ends = { from: a, to: b, places: { go: "a", come: "b" } };
/** The one that asks is a port; who answers is on a wire. */
const BY_WIRE: Ends = { from: vlan, to: WIRE, places: { go: "vlan", come: "nic" }, tag: 40 };

function pass({ from, to, places, tag }: Ends, way: Way, flags: Flags, text = ""): void {
  const [source, target, ports] = way === "go" ? [from, to, [1000, 80] as const] : [to, from, [80, 1000] as const];
  const upper = tcp(ports[0], ports[1], flags, text);
  const bare = (vlanTag?: number) =>
    eth(
      { to: target.mac, from: source.mac, ...(vlanTag === undefined ? {} : { vlan: vlanTag, type: 0x0800 }) },
      ip4({ from: source.ip4, to: target.ip4 }, upper),
    );
  const other = places[way === "go" ? "come" : "go"];
  const sent = world.send(places[way], bare(places[way] === "nic" ? tag : undefined));
  assert.deepEqual(sent[other], [bare(other === "nic" ? tag : undefined)], `${way} ${flags.join()} arrives`);
}

/** The connection's state by its two entries, from either side; "none" without any. */
function state(): string {
  const flows = plane.all("flows");
  const states = flows.map(([key, flow]) => {
    const partner = plane.get("flows", FlowKey.decode(FlowKey.encode(partnerKey(key, flow))));
    return stateOf(flow, partner);
  });
  assert.ok(flows.length === 0 || flows.length === 2, `${flows.length} entries`);
  return [...new Set(states)].join() || "none";
}

type Step = [way: Way, flags: Flags, after: string, text?: string];
const HANDSHAKE: Step[] = [
  ["go", ["syn"], "unanswered"],
  ["come", ["syn", "ack"], "answered"],
  ["go", ["ack"], "open"],
];

const stories: { name: string; ends?: Ends; steps: Step[] }[] = [
  {
    name: "a SYN is no connection, however often it is sent, nor its answer",
    steps: [
      ["go", ["syn"], "unanswered"],
      ["go", ["syn"], "unanswered"],
      ["go", ["syn"], "unanswered"],
      ["come", ["syn", "ack"], "answered"],
      ["come", ["syn", "ack"], "answered"],
      ["go", ["syn"], "answered"],
      ["go", ["ack"], "open"],
    ],
  },
  {
    name: "a third packet without a second opens nothing",
    steps: [
      ["go", ["syn"], "unanswered"],
      ["go", ["ack"], "unanswered", "data"],
    ],
  },
  {
    name: "a refused connection leaves nothing",
    steps: [
      ["go", ["syn"], "unanswered"],
      ["come", ["rst", "ack"], "none"],
    ],
  },
  {
    name: "a connection found in the middle is open once both ends have spoken",
    steps: [
      ["go", ["ack"], "unanswered", "data"],
      ["come", ["ack"], "open", "data"],
    ],
  },
  {
    name: "one that ends",
    steps: [
      ...HANDSHAKE,
      ["go", ["fin", "ack"], "finishing"],
      ["come", ["ack"], "finishing", "more"],
      ["come", ["fin", "ack"], "closed"],
      ["go", ["ack"], "none"],
    ],
  },
  {
    name: "ports that are used again before their last packet has come",
    steps: [
      ...HANDSHAKE,
      ["go", ["fin", "ack"], "finishing"],
      ["come", ["fin", "ack"], "closed"],
      ["go", ["syn"], "unanswered"],
      ["come", ["syn", "ack"], "answered"],
      ["go", ["ack"], "open"],
    ],
  },
  { name: "a port's RST is its own", steps: [...HANDSHAKE, ["come", ["rst"], "none"]] },
  {
    name: "an RST by a wire may be anybody's: what comes after it says that it was",
    ends: BY_WIRE,
    steps: [...HANDSHAKE, ["come", ["rst"], "closed"], ["go", ["ack"], "closed", "data"], ["come", ["ack"], "open"]],
  },
  {
    name: "an RST by a wire to a connection that never was open is believed",
    ends: BY_WIRE,
    steps: [
      ["go", ["syn"], "unanswered"],
      ["come", ["rst", "ack"], "none"],
    ],
  },
  {
    name: "a port's RST to a wire is believed",
    ends: BY_WIRE,
    steps: [...HANDSHAKE, ["go", ["rst"], "none"]],
  },
];

for (const { name, ends = LOCAL, steps } of stories) {
  test(name, () => {
    for (const [way, flags, after, text] of steps) {
      pass(ends, way, flags, text);
      assert.equal(state(), after, `after ${way} ${flags.join()}`);
    }
  });
}

test("a connection's end is noted in a new generation too", () => {
  for (const [way, flags] of HANDSHAKE) pass(LOCAL, way, flags);
  bump(plane);
  pass(LOCAL, "go", ["fin", "ack"]);
  assert.equal(state(), "finishing");
  pass(LOCAL, "come", ["fin", "ack"]);
  assert.equal(state(), "closed");
  pass(LOCAL, "go", ["ack"]);
  assert.equal(state(), "none");
});

const CHUNKS = { init: 1, initAck: 2, cookieEcho: 10, data: 0, abort: 6, shutdown: 7, shutdownAck: 8, complete: 14 };
const sctp = (way: Way, chunk: keyof typeof CHUNKS) => {
  const [from, to, ports] = way === "go" ? [a, b, [0, 9, 0, 8]] : [b, a, [0, 8, 0, 9]];
  const bytes = Buffer.from([...ports, ...Buffer.alloc(8), CHUNKS[chunk], 0, 0, 4]);
  return eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4 }, raw(132, bytes)));
};
const associations: Record<string, [Way, keyof typeof CHUNKS, string][]> = {
  "that ends": [
    ["go", "init", "unanswered"],
    ["come", "initAck", "answered"],
    ["go", "cookieEcho", "open"],
    ["come", "data", "open"],
    ["go", "shutdown", "finishing"],
    ["come", "shutdownAck", "closed"],
    ["go", "complete", "none"],
  ],
  "that is refused": [
    ["go", "init", "unanswered"],
    ["come", "abort", "none"],
  ],
};
for (const [name, steps] of Object.entries(associations)) {
  test(`an SCTP association ${name}`, () => {
    for (const [way, chunk, after] of steps) {
      const sent = sctp(way, chunk);
      assert.deepEqual(world.send(way === "go" ? "a" : "b", sent)[way === "go" ? "b" : "a"], [sent], chunk);
      assert.equal(state(), after, `after ${chunk}`);
    }
  });
}

const frame = (from: typeof a, to: typeof a, ports: [number, number]) =>
  eth({ to: to.mac, from: from.mac }, ip4({ from: from.ip4, to: to.ip4 }, udp(...ports, "x")));
/** b may begin, and be asked for what `ingress` says. */
const groupsOfB = (ingress: Parameters<typeof rule>[0][]) => {
  setGroups(plane, set(1), [
    { id: "1", stateful: true, rules: [rule({ direction: "egress" }), ...ingress.map((each) => rule(each))] },
  ]);
  setPolicy(plane, b, set(1));
};
const age = (key: ReturnType<typeof FlowKey.decode>) => plane.get("flows", key)!;

test("an answer whose rule is gone is blocked, and not for longer than it must be", () => {
  groupsOfB([{ protocol: 17 }]);
  world.send("a", frame(a, b, [9, 53]));
  assert.equal(world.send("b", frame(b, a, [53, 9])).a.length, 1);
  groupsOfB([]);
  const moved = { "2 rx": 1, "2 drop policy_egress": 1 };
  plane.expectMoved(moved, () => world.send("b", frame(b, a, [53, 9])));
  const [[key, blocked]] = plane.all("flows").filter(([, flow]) => stateOf(flow, undefined) === "refused") as [
    [FlowKey, Flow],
  ];
  plane.expectMoved(moved, () => world.send("b", frame(b, a, [53, 9])));
  assert.equal(age(key).lastSeenNs, blocked.lastSeenNs, "what goes on does not go on being blocked for it");
  plane.remove("flows", key);
  assert.equal(world.send("b", frame(b, a, [53, 9])).a.length, 1, "once it is forgotten, b begins");
});

test("an answer that is let through again is no longer refused", () => {
  groupsOfB([{ protocol: 17 }]);
  world.send("a", frame(a, b, [9, 53]));
  assert.equal(world.send("b", frame(b, a, [53, 9])).a.length, 1);
  groupsOfB([]);
  assert.equal(world.send("b", frame(b, a, [53, 9])).a.length, 0);
  groupsOfB([{ protocol: 17 }]);
  assert.equal(world.send("b", frame(b, a, [53, 9])).a.length, 1);
  assert.ok(plane.all("flows").every(([, flow]) => stateOf(flow, undefined) !== "refused"));
});
