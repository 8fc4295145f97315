/** The commands about this host, as text, against an agent's socket that says what it is told to. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { DropsAnswer, FlowFacts, Ip, Mac, TraceAnswer, TraceStep } from "../../model/mod.ts";
import { main } from "../main.ts";
import { dropRates, flowTable } from "./tables.ts";
import { traceText } from "./trace-text.ts";

const PORT = "9d897758-0000-4000-8000-000000000001";
const OTHER = "fde1eae3-0000-4000-8000-000000000002";
const labels = { [PORT]: "web", "192.0.2.2": "h2" };
const at = (ip: string, port: number | null = null) => ({ ip: ip as Ip, port });

const answer = (steps: TraceStep[], more: Partial<TraceAnswer["runs"][number]> = {}): TraceAnswer => ({
  runs: [{ what: "packet", steps, end: "sent", frame: "0102", more: 0, ...more }],
  reasons: { policy_ingress: { meaning: "no rule lets it in", advice: "Add one." }, copy: { meaning: "", advice: "" } },
  problem: null,
  tunnelIp: "192.0.2.1" as Ip,
  labels,
});
const encapsulated: TraceStep = { kind: "encapsulated", network: "n", vni: 7, host: "192.0.2.2" as Ip };
const local: TraceStep = { kind: "local", port: PORT };
const dropped = (reason: string): TraceStep => ({ kind: "dropped", port: PORT, reason });
const copied: TraceStep = { kind: "copied", device: "d" };
const sent: TraceStep = { kind: "sent", device: "d" };

const endings: [title: string, steps: TraceStep[], more: object, said: RegExp][] = [
  ["delivered", [local, sent], {}, /It is delivered to port web \(9d897758\)\.\n$/],
  [
    "on to a host",
    [encapsulated, sent],
    {},
    /goes on to h2 \(192\.0\.2\.2\).*\n.*\n {2}cable trace --in tunnel --vni 7 --peer 192\.0\.2\.1 --frame 0102\n$/,
  ],
  [
    "dropped",
    [dropped("policy_ingress")],
    { end: "gone" },
    /It is dropped\.\n {2}Why: no rule lets it in\.\n {2}What to do: Add one\.\n$/,
  ],
  [
    "refused",
    [dropped("policy_ingress"), { kind: "refused", type: 3, code: 1 }, local, sent],
    {},
    /dropped, and its sender is told/,
  ],
  ["broadcast", [copied, encapsulated, copied], { end: "gone" }, /\n2 copies are made\.\n$/],
  [
    "mirrored on its way in",
    [local, encapsulated, copied, sent],
    {},
    /delivered to port web \(9d897758\)\. 1 copy is made\.\n$/,
  ],
  ["a copy that could not be made", [dropped("copy"), local, sent], {}, /delivered to port web/],
  ["left alone", [], { end: "host" }, /left to the host's own/],
  ["silence", [], { end: "gone" }, /without a drop/],
  ["to the wire", [{ kind: "wire", network: "n" }, sent], {}, /out to the wire/],
];
for (const [title, steps, more, said] of endings)
  test(`a trace's ending: ${title}`, () => assert.match(traceText(answer(steps, more)), said));

test("a rule is named with its group, and controls of a terminal are shown, not obeyed", () => {
  const policy: TraceStep = {
    kind: "policy",
    direction: "ingress",
    by: "rule",
    groups: [OTHER],
    rule: { id: PORT, group: OTHER },
    remoteGroups: [],
  };
  const said = traceText({ ...answer([policy, local]), labels: { [OTHER]: "evil\u001b[2J" } });
  assert.match(said, /rule 9d897758 of group evil\?\[2J \(fde1eae3\) lets it in/);
});

const flow: FlowFacts = {
  protocol: 6,
  from: at("10.0.0.1", 1000),
  to: at("fd00::1", 80),
  came: { kind: "port", port: PORT },
  state: "open",
  there: { decision: "current", packets: 3, bytes: 300, idleSeconds: 9, to: { kind: "wire", network: "n" }, nat: null },
  back: { decision: "old", packets: 2, bytes: 200, idleSeconds: 4, to: { kind: "port", port: PORT }, nat: null },
  router: null,
};

test("a connection is a row, with both directions", () => {
  const [, row] = flowTable([flow, { ...flow, back: null }], labels).split("\n");
  assert.match(
    row ?? "",
    /tcp +10\.0\.0\.1:1000 +\[fd00::1\]:80 +open +current\/old +3\/2 +300\/200 +4 s +web \(9d897758\)/,
  );
  assert.equal(flowTable([], {}), "no flows\n");
});

test("rates are what moved, in packets per second", () => {
  const drops = (atSeconds: number, packets: number): DropsAnswer => ({
    atSeconds,
    drops: [
      { port: PORT, reason: "ttl", packets },
      { port: null, reason: "ttl", packets: 5 },
    ],
    reasons: {},
    labels,
  });
  assert.deepEqual(dropRates(drops(1, 10), drops(3, 15)), [{ port: PORT, reason: "ttl", packets: 2.5 }]);
});

let directory: string;
let socket: string;
let server: Server;
const asked: string[] = [];
const ANSWERS: Record<string, unknown> = {
  "POST /v1/trace": answer([local, sent]),
  "GET /v1/drops": { atSeconds: 1, drops: [], reasons: {}, labels: {} },
  "GET /v1/vifs": { vifs: [], labels: {} },
  "GET /v1/routers": {
    routers: [
      {
        router: OTHER,
        number: 1,
        adminUp: false,
        ports: [{ network: "n", mac: "02:00:00:00:00:01" as Mac, ips: ["10.0.0.1"] }],
        routes: [{ destination: "0.0.0.0/0", kind: "via", network: "n", nextHop: "10.0.0.9" }],
        gateway: null,
        floatings: [],
      },
    ],
    labels: {},
  },
};

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cable-cli-"));
  socket = join(directory, "agent.sock");
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const route = `${request.method} ${request.url}`;
      asked.push(body === "" ? route : `${route} ${body}`);
      if (route.startsWith("GET /v1/flows"))
        response.end(`${JSON.stringify({ entries: 2, size: 8, labels })}\n${JSON.stringify(flow)}\n`);
      else if (route in ANSWERS) response.end(JSON.stringify(ANSWERS[route]));
      else response.writeHead(404).end(JSON.stringify({ error: { message: "there is none such" } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});
after(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

async function cable(...argv: string[]): Promise<{ status: number; out: string; error: string }> {
  let [out, error] = ["", ""];
  const status = await main(
    argv,
    { CABLE_SOCKET: socket },
    {
      out: (text) => {
        out += text;
      },
      error: (text) => {
        error += text;
      },
    },
  );
  return { status, out, error };
}

const commands: [argv: string, asks: string, says: RegExp][] = [
  [
    "trace --port web --to 10.0.0.9 --tcp 443 --flags syn,ack --ttl 3",
    'POST /v1/trace {"port":"web","to":"10.0.0.9","ttl":3,"protocol":6,"toPort":443,"flags":["syn","ack"]}',
    /delivered to port web/,
  ],
  [
    "trace --in tunnel --vni 7 --peer 192.0.2.2 --frame 0102",
    'POST /v1/trace {"frame":"0102","tunnel":{"vni":7,"peer":"192.0.2.2"},"protocol":1,"flags":["syn"]}',
    /delivered/,
  ],
  ["flows --port web", "GET /v1/flows?port=web", /1 connections; the table had 2 entries of 8/],
  ["flows --json", "GET /v1/flows", /^\{"entries":2.*\n\{"protocol":6.*\n$/],
  ["drops", "GET /v1/drops", /no drops/],
  ["vif", "GET /v1/vifs", /no ports/],
  ["route", "GET /v1/routers", /router fde1eae3 \(number 1\), down\n.*port .*10\.0\.0\.1.*\n.*via 10\.0\.0\.9/],
];
for (const [argv, asks, says] of commands)
  test(`cable ${argv}`, async () => {
    const { status, out, error } = await cable(...argv.split(" "));
    assert.equal(status, 0, error);
    assert.equal(asked.at(-1), asks);
    assert.match(out, says);
  });

test("what is refused is said, with the exit status", async () => {
  const rows: [argv: string[], status: number, said: RegExp][] = [
    [["vif", "none"], 1, /there is none such/],
    [["vif", "--socket", join(directory, "no.sock")], 1, /no such socket. Is the agent running/],
    [["trace", "--tcp", "many"], 2, /whole number from 0 to 65535/],
    [["trace", "--proto", "quic"], 2, /protocol's name or number/],
    [["flows", "--what"], 2, /unknown option/],
  ];
  for (const [argv, status, said] of rows) {
    const got = await cable(...argv);
    assert.deepEqual([got.status, said.test(got.error)], [status, true], got.error);
  }
});
