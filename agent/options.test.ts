import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseCommand } from "./options.ts";

const NEEDED = [
  "--host",
  "h1",
  "--control",
  "http://c:1,https://d",
  "--token-file",
  "/t",
  "--tunnel-ip",
  "192.0.2.1",
  "--nic",
  "eth0",
];

test("a whole command line is understood", () => {
  const more = [
    "--physical-network",
    "a=eth1",
    "--physical-network",
    "b=eth2",
    "--listen",
    "[::1]:9697",
    "--flow-quota",
    "1000",
    "--flow-timeout",
    "tcp-syn-sent=5",
    "--flow-timeout",
    "udp=200",
    "--flow-table-size",
    "4096",
    "--metadata-url",
    "http://n:8775",
    "--metadata-secret-file",
    "/m",
    "--dns-upstream",
    "192.0.2.53",
    "--dns-upstream",
    "[2001:db8::53]:5353",
  ];
  assert.deepEqual(parseCommand([...NEEDED, ...more], "/root"), {
    kind: "run",
    host: "h1",
    controlUrls: ["http://c:1", "https://d"],
    credentials: { tokenFile: "/t" },
    tunnelIp: "192.0.2.1",
    nic: "eth0",
    physicalNetworks: { a: "eth1", b: "eth2" },
    stateDir: "/var/lib/cable",
    socket: "/run/cable/agent.sock",
    bpfDir: "/sys/fs/bpf/cable",
    objectDir: "/root/.build/bpf",
    flowTableSize: 4096,
    flowQuota: 1000,
    flowTimeouts: { tcpSynSentSeconds: 5, udpSeconds: 200 },
    listen: { address: "::1", port: 9697 },
    metadata: { url: "http://n:8775", secretFile: "/m" },
    dnsUpstream: [
      { address: "192.0.2.53", port: 53 },
      { address: "2001:db8::53", port: 5353 },
    ],
    logLevel: "info",
  });
});

test("the socket goes with the state, unless it is named", () => {
  const socketOf = (...argv: string[]) => {
    const command = parseCommand(["clean", ...argv], "/root");
    return command.kind === "clean" ? command.socket : undefined;
  };
  assert.equal(socketOf("--state-dir", "/s"), "/s/agent.sock");
  assert.equal(socketOf("--state-dir", "/s", "--socket", "/x"), "/x");
});

test("a node shows its pod's token, and its card is found by the address", () => {
  const command = parseCommand(
    [...NEEDED.slice(0, 4), ...NEEDED.slice(6, 8), "--kubernetes-token-file", "/k", "--kubernetes-cluster", "prod"],
    "/root",
  );
  assert.ok(command.kind === "run");
  assert.deepEqual(command.credentials, { kubernetesTokenFile: "/k", cluster: "prod" });
  assert.equal(command.nic, undefined);
});

test("clean needs nothing", () => {
  assert.equal(parseCommand(["clean", "--state-dir", "/s"], "/root").kind, "clean");
});

describe("refused is", () => {
  const rows: [string, string[], RegExp][] = [
    ["a missing host", NEEDED.slice(2), /--host is missing/],
    ["no token", [...NEEDED.slice(0, 4), ...NEEDED.slice(6)], /--token-file is missing/],
    ["a token of each kind", [...NEEDED, "--kubernetes-token-file", "/k"], /exclude each other/],
    ["a cluster without its token", [...NEEDED, "--kubernetes-cluster", "c"], /--kubernetes-cluster goes with/],
    ["an unknown flag", [...NEEDED, "--fast"], /--fast/],
    ["another command", ["stop"], /unexpected "stop"/],
    ["a control node that is no URL", [...NEEDED, "--control", "c:9696"], /--control: "c:9696"/],
    ["an empty control node", [...NEEDED, "--control", "http://c,"], /--control: ""/],
    ["a tunnel address that is none", [...NEEDED, "--tunnel-ip", "192.0.2"], /--tunnel-ip/],
    ["a physical network without a card", [...NEEDED, "--physical-network", "a"], /NAME=NIC/],
    ["a table for nothing", [...NEEDED, "--flow-table-size", "0"], /--flow-table-size/],
    ["a quota of nothing", [...NEEDED, "--flow-quota", "0"], /--flow-quota/],
    ["a state that is none", [...NEEDED, "--flow-timeout", "tcp-asleep=5"], /"tcp-asleep=5".*tcp-syn-sent/],
    ["no time at all", [...NEEDED, "--flow-timeout", "tcp=0"], /--flow-timeout/],
    ["a port that is none", [...NEEDED, "--listen", "127.0.0.1:99999"], /--listen/],
    ["a level that is none", [...NEEDED, "--log-level", "loud"], /--log-level/],
  ];
  for (const [title, argv, message] of rows)
    test(title, () => assert.throws(() => parseCommand(argv, "/root"), { name: "UsageError", message }));
});
