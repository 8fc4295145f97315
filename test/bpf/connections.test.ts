/** Connections and security groups: answers need no rule, and what the rules say now holds for what runs already. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { ViewRule } from "../../model/mod.ts";
import { echo, eth, ip4, ip6, tcp, type Upper, udp } from "./kit/frames.ts";
import { goPrivate } from "./kit/privacy.ts";
import { bump, rule, set, setGroups, setMember, setPolicy, setRules } from "./kit/security.ts";
import { fromHost, makeWorld, NO_SET, OVERLAY, PORTS, REMOTE, toHost } from "./kit/world.ts";

goPrivate();
const world = makeWorld();
after(() => world.close());
const { plane } = world;
const { a, b } = PORTS;
const OF_A = set(1);
const OF_B = set(2);

type End = { mac: string; ip4: string; ip6: string };
type Family = 4 | 6;
const FAMILIES: Family[] = [4, 6];

const frame = (family: Family, from: End, to: End, upper: Upper) =>
  eth(
    { to: to.mac, from: from.mac },
    family === 4 ? ip4({ from: from.ip4, to: to.ip4 }, upper) : ip6({ from: from.ip6, to: to.ip6 }, upper),
  );

const ask = (name: string, bytes: Uint8Array) =>
  world.step({ name, from: "a", frame: bytes, moved: { "1 rx": 1, "2 tx": 1 }, out: { b: [bytes] } });
const answer = (name: string, bytes: Uint8Array) =>
  world.step({ name, from: "b", frame: bytes, moved: { "2 rx": 1, "1 tx": 1 }, out: { a: [bytes] } });
const fails = (name: string, from: "a" | "b", bytes: Uint8Array, at: 1 | 2, reason: "ingress" | "egress") => {
  const rx = from === "a" ? "1 rx" : "2 rx";
  world.step({ name, from, frame: bytes, moved: { [rx]: 1, [`${at} drop policy_${reason}`]: 1 } });
};

beforeEach(() => {
  for (const [key] of plane.all("flows")) plane.remove("flows", key);
  for (const port of [a, b]) setPolicy(plane, port, NO_SET);
  setMember(plane, OVERLAY, a, NO_SET);
});

/** Groups of a and of b; null: port security off. */
function groups(
  ofA: Partial<ViewRule>[] | null,
  ofB: Partial<ViewRule>[] | null,
  stateful = { a: true, b: true },
): void {
  setPolicy(plane, a, ofA === null ? NO_SET : OF_A);
  setPolicy(plane, b, ofB === null ? NO_SET : OF_B);
  setRules(plane, OF_A, ofA ?? [], { stateful: stateful.a });
  setRules(plane, OF_B, ofB ?? [], { stateful: stateful.b });
}

const kinds = (family: Family): { what: string; question: Upper; reply: Upper; protocol: number }[] => {
  const v = family === 4 ? "v4" : "v6";
  return [
    { what: "UDP", question: udp(1000, 53, "?"), reply: udp(53, 1000, "!"), protocol: 17 },
    { what: "TCP", question: tcp(1000, 80, ["syn"]), reply: tcp(80, 1000, ["syn", "ack"]), protocol: 6 },
    { what: "echo", question: echo(7)[v], reply: echo(7, "", true)[v], protocol: family === 4 ? 1 : 58 },
  ];
};

for (const family of FAMILIES) {
  for (const { what, question, reply, protocol } of kinds(family)) {
    const [go, back] = [frame(family, a, b, question), frame(family, b, a, reply)];
    const out: Partial<ViewRule> = { family, protocol, direction: "egress" };
    const into: Partial<ViewRule> = { family, protocol, direction: "ingress" };

    test(`IPv${family} ${what}: an answer passes without a rule, and only as an answer`, () => {
      groups([out], [into]);
      fails("before the question", "b", back, 2, "egress");
      ask("the question", go);
      answer("the answer", back);
      bump(plane);
      answer("the answer in a new generation", back);
      ask("the question in a new generation", go);
    });

    test(`IPv${family} ${what}: the end of the receiver's rule is the end of the connection, both ways`, () => {
      groups([out], [into]);
      ask("the question", go);
      answer("the answer", back);
      groups([out], []);
      fails("the next answer", "b", back, 2, "egress");
      fails("the next question", "a", go, 2, "ingress");
      fails("an answer after that", "b", back, 2, "egress");
      groups([out], [into]);
      ask("again", go);
      answer("again", back);
    });

    test(`IPv${family} ${what}: the end of the sender's rule likewise`, () => {
      groups([out], [into]);
      ask("the question", go);
      answer("the answer", back);
      groups([], [into]);
      fails("the next answer", "b", back, 1, "ingress");
      fails("the next question", "a", go, 1, "egress");
    });

    test(`IPv${family} ${what}: an answer whose question may pass no more is no beginning, whatever the asked may send`, () => {
      groups([out, into], [into, { family, direction: "egress" }]);
      ask("the question", go);
      answer("the answer", back);
      groups([out, into], [{ family, direction: "egress" }]);
      fails("the next answer", "b", back, 2, "egress");
      fails("the next question", "a", go, 2, "ingress");
    });

    test(`IPv${family} ${what}: without state, answers need rules of their own`, () => {
      const stateless = { a: false, b: false };
      groups([out], [into], stateless);
      ask("the question", go);
      fails("the answer", "b", back, 2, "egress");
      groups([out], [into, out], stateless);
      fails("the answer, let out", "b", back, 1, "ingress");
      groups([out, into], [into, out], stateless);
      ask("the question", go);
      answer("the answer, let in, too", back);
      ask("once more", go);
      answer("once more", back);
    });

    test(`IPv${family} ${what}: one end with state, the other without: each as it is`, () => {
      groups([out], [into, out], { a: true, b: false });
      ask("the question", go);
      answer("the answer: a remembers, b has a rule", back);
      ask("once more", go);
      answer("once more", back);
      groups([out], [into], { a: true, b: false });
      ask("the question", go);
      fails("b has none", "b", back, 2, "egress");
      groups([out, into], [into], { a: false, b: true });
      ask("the question", go);
      answer("the answer: b remembers, a has a rule", back);
      groups([out], [into], { a: false, b: true });
      fails("a has none", "b", back, 1, "ingress");
    });

    test(`IPv${family} ${what}: a port without port security answers one that has rules`, () => {
      groups([out], null);
      ask("the question", go);
      answer("the answer", back);
      bump(plane);
      answer("in a new generation", back);
    });

    test(`IPv${family} ${what}: over a tunnel each host asks for its own port`, () => {
      setPolicy(plane, b, OF_B);
      setRules(plane, OF_B, [out]);
      const [there, come] = [frame(family, b, REMOTE, question), frame(family, REMOTE, b, reply)];
      const from = fromHost(REMOTE.host, OVERLAY, come);
      world.step({ name: "unasked", from: "nic", frame: from, moved: { "2 drop policy_ingress": 1 } });
      const sent = { nic: [toHost(REMOTE.host, OVERLAY, there)] };
      world.step({ name: "question", from: "b", frame: there, moved: { "2 rx": 1 }, out: sent });
      world.step({ name: "answer", from: "nic", frame: from, moved: { "2 tx": 1 }, out: { b: [come] } });
      bump(plane);
      world.step({ name: "a generation on", from: "nic", frame: from, moved: { "2 tx": 1 }, out: { b: [come] } });
      setRules(plane, OF_B, []);
      world.step({ name: "rule gone", from: "nic", frame: from, moved: { "2 drop policy_ingress": 1 } });
    });
  }
}

test("a member that leaves its group stops, and one that comes back goes on", () => {
  groups(null, []);
  const members = { members: { m: [set(5)] } };
  setRules(plane, OF_B, [{ remote: { kind: "group", group: "m" } }], members);
  setMember(plane, OVERLAY, a, set(5));
  const [go, back] = [frame(4, a, b, udp(1, 2)), frame(4, b, a, udp(2, 1))];
  ask("member", go);
  answer("its answer", back);
  setMember(plane, OVERLAY, a, NO_SET);
  fails("left", "a", go, 2, "ingress");
  fails("left, the answer", "b", back, 2, "egress");
  setMember(plane, OVERLAY, a, set(5));
  ask("back", go);
  answer("back", back);
});

test("a beginning is a beginning, also with the addresses and ports of an old answer", () => {
  groups([{ direction: "egress" }, { protocol: 6 }], [{ protocol: 6 }, { direction: "egress" }]);
  ask("a's connection", frame(4, a, b, tcp(1000, 80, ["syn"])));
  answer("its answer", frame(4, b, a, tcp(80, 1000, ["syn", "ack"])));
  groups([{ direction: "egress" }, { protocol: 6 }], [{ direction: "egress" }]);
  fails("cut", "b", frame(4, b, a, tcp(80, 1000, ["ack"], "data")), 2, "egress");
  answer("b begins one itself", frame(4, b, a, tcp(80, 1000, ["syn"])));
  ask("and is answered", frame(4, a, b, tcp(1000, 80, ["syn", "ack"])));
});

test("an echo request is no answer to another one with its identifier", () => {
  groups([{ direction: "egress" }], [{ protocol: 1 }]);
  ask("a asks", frame(4, a, b, echo(7).v4));
  answer("b answers", frame(4, b, a, echo(7, "", true).v4));
  bump(plane);
  fails("b asks", "b", frame(4, b, a, echo(7).v4), 2, "egress");
});

test("of a stateful and a stateless rule the stateful one counts, wherever it stands", () => {
  const remote = { kind: "prefixes" as const, prefixes: ["10.1.0.0/24" as never] };
  groups(null, []);
  for (const [anywhere, near] of [
    [false, true],
    [true, false],
  ] as const) {
    setGroups(plane, OF_B, [
      { id: "1", stateful: anywhere, rules: [rule({ protocol: 17 })] },
      { id: "2", stateful: near, rules: [rule({ protocol: 17, remote })] },
    ]);
    ask("the question", frame(4, a, b, udp(1, 2)));
    answer("the answer", frame(4, b, a, udp(2, 1)));
    for (const [key] of plane.all("flows")) plane.remove("flows", key);
  }
});

test("a refused packet leaves no flow", () => {
  groups([], []);
  fails("no rule", "a", frame(4, a, b, udp(1, 2)), 1, "egress");
  assert.deepEqual(plane.all("flows"), []);
});
