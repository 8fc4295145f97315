/** Answers as text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { forPeople } from "./print.ts";

const rows: [what: string, answer: unknown, text: string][] = [
  ["nothing", undefined, ""],
  ["an empty list", { hosts: [] }, "none\n"],
  [
    "a list",
    {
      hosts: [
        { name: "a", n: 10 },
        { name: "bcd", n: null },
      ],
    },
    "NAME  N\na     10\nbcd   -\n",
  ],
  [
    "members of members, which some lack",
    {
      hosts: [
        { name: "a", facts: null },
        { name: "b", facts: { mtu: 1500 } },
      ],
    },
    "NAME  FACTS.MTU\na     -\nb     1500\n",
  ],
  [
    "one thing",
    { name: "a", tags: ["x", "y"], maps: { one: {}, two: "2" } },
    "name      a\ntags      x,y\nmaps.one  -\nmaps.two  2\n",
  ],
  ["controls of a terminal", { name: "a\u001b[2J" }, "name  a?[2J\n"],
];

for (const [what, answer, text] of rows) test(what, () => assert.equal(forPeople(answer), text));
