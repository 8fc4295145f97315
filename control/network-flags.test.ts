import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addNetworkFlags, type NetworkFlags, networkOptions } from "./network-flags.ts";

function parse(...argv: string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addNetworkFlags(command);
  return networkOptions(command.parse(argv, { from: "user" }).opts<NetworkFlags>());
}

const good: [string[], object][] = [
  [[], {}],
  [["--network-type", "vlan,vxlan"], { projectNetworkTypes: ["vlan", "vxlan"] }],
  [
    ["--vxlan-range", "1:9", "--vxlan-range", "20:20"],
    {
      vxlanRanges: [
        [1, 9],
        [20, 20],
      ],
    },
  ],
  [
    ["--vlan-range", "physnet1:100:199", "--vlan-range", "other", "--vlan-range", "physnet1:1:2"],
    {
      vlanRanges: {
        physnet1: [
          [100, 199],
          [1, 2],
        ],
        other: [],
      },
    },
  ],
  [["--dns-domain", "example.org"], { dnsDomain: "example.org." }],
];
for (const [argv, expected] of good) {
  test(`the flags ${argv.join(" ") || "(none)"}`, () => assert.deepEqual(parse(...argv), expected));
}

const bad = [
  ["--network-type", "gre"],
  ["--vxlan-range", "5"],
  ["--vxlan-range", "0:5"],
  ["--vxlan-range", "9:5"],
  ["--vxlan-range", "1:16777216"],
  ["--vlan-range", ":1:2"],
  ["--vlan-range", "physnet1:1:4095"],
  ["--vlan-range", "physnet1:1"],
];
for (const argv of bad) {
  test(`the flags ${argv.join(" ")} are refused`, () => assert.throws(() => parse(...argv)));
}
