import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FakeHost } from "../../host/fake/host.ts";
import type { FlowFacts, Ip } from "../../model/mod.ts";
import { CniFailure } from "../cni/mod.ts";
import { aNetwork, anEndpoint, aPort, aView, FakeDatapath, fakeLog, networkId, portId } from "../fake/mod.ts";
import { LocalLinks, Loop, Responder } from "../loop/mod.ts";
import { cniRoutes } from "./cni-route.ts";
import { explainRoutes } from "./explain-routes.ts";
import { metricsRoutes } from "./metrics.ts";
import { serve } from "./server.ts";
import { stateRoutes } from "./state-routes.ts";

let directory: string;
let socket: string;
let datapath: FakeDatapath;
let door: { close(): Promise<void> };
const log = fakeLog();
let run: (request: object) => Promise<object | "">;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cable-door-"));
  socket = join(directory, "agent.sock");
  const host = new FakeHost();
  const localLinks = new LocalLinks(host.links);
  host.home.add({ name: "tapbbbbbbbb-00" });
  localLinks.start(() => {});
  datapath = new FakeDatapath();
  const here = { host: "h1", physicalNetworks: {} };
  const loop = new Loop({ here, links: host.links, localLinks, datapath, containerDevice: () => undefined, log });
  loop.held.restore(
    aView([aNetwork(1)], [aPort(1, 1), aPort(2, 1, { kind: "container" })], [anEndpoint(1, 1, "h1")]),
    5,
  );
  const responder = new Responder(() => loop.view, datapath, log);
  const isConnected = () => true;
  const dns = { outcomes: new Map([["own", 2]]), waiting: 1, cacheBytes: 500 };
  const routes = {
    ...stateRoutes({ host: "h1", version: "1", loop, datapath, isConnected }),
    ...metricsRoutes({ loop, datapath, responder, dns, isConnected }),
    ...cniRoutes({ run: (one) => run(one) }, log),
    ...explainRoutes({ tunnelIp: "192.0.2.1" as Ip, loop, datapath }),
  };
  loop.applyNow();
  loop.stop();
  door = await serve({ socket }, routes);
});
after(async () => {
  await door.close();
  await rm(directory, { recursive: true });
});

function ask(method: string, path: string, body = ""): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const query = request({ socketPath: socket, method, path }, (reply) => {
      let text = "";
      reply.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      reply.on("end", () => resolve({ status: reply.statusCode ?? 0, text }));
    });
    query.on("error", reject).end(body);
  });
}

test("the socket is its owner's alone, and a second agent is refused", async () => {
  assert.equal((await stat(socket)).mode & 0o777, 0o600);
  await assert.rejects(serve({ socket }, {}), /another agent answers/);
});

test("status, ports and data plane can be read", async () => {
  const status = JSON.parse((await ask("GET", "/v1/status")).text);
  assert.deepEqual(
    [status.host, status.connected, status.synced, status.revisionInForce, status.ports],
    ["h1", true, false, 5, { up: 1, all: 2 }],
  );
  const { ports } = JSON.parse((await ask("GET", "/v1/ports")).text);
  assert.deepEqual(
    ports.map((port: { up: boolean }) => port.up),
    [true, false],
  );
  assert.match(ports[1].reason, /no container is attached/);
  const port = JSON.parse((await ask("GET", `/v1/ports/${portId(1)}`)).text);
  const copies = { mirroredPackets: 5, mirroredBytes: 300, tappedPackets: 6, tappedBytes: 360 };
  const packets = { rxPackets: 1, rxBytes: 60, txPackets: 2, txBytes: 120, ...copies };
  assert.deepEqual(port.counters, { ...packets, drops: { spoofed_mac: 3 } });
  assert.deepEqual(JSON.parse((await ask("GET", "/v1/dump")).text), [`vif ${portId(1)}`]);
  assert.match((await ask("GET", "/v1/plan")).text, /endpoint/);
});

test("metrics come from the data plane", async () => {
  const { text } = await ask("GET", "/metrics");
  for (const line of [
    "cable_agent_connected 1",
    "cable_agent_revision_in_force 5",
    'cable_agent_ports{state="down"} 1',
    "cable_flow_table_size 1024",
    'cable_agent_dns_questions_total{outcome="own"} 2',
    "cable_agent_dns_cache_bytes 500",
    `cable_port_packets_total{port="${portId(1)}",direction="received"} 2`,
    `cable_port_copies_total{port="${portId(1)}",direction="got"} 6`,
    `cable_port_drops_total{port="${portId(1)}",reason="spoofed_mac"} 3`,
    'cable_host_drops_total{reason="tunnel_stranger"} 4',
  ])
    assert.ok(text.includes(`${line}\n`), line);
});

test("an unknown route or port is a 404 that says what there is, too large a body a 413", async () => {
  assert.match((await ask("GET", "/v2")).text, /GET \/v1\/status/);
  assert.equal((await ask("GET", `/v1/ports/${portId(9)}`)).status, 404);
  assert.equal((await ask("POST", "/v1/cni", "x".repeat(2 << 20))).status, 413);
});

test("a packet is explained, under the names that people know", async () => {
  datapath.answers = [{ steps: [{ kind: "local", port: portId(1) }], end: "sent", frame: "", more: 0 }];
  const question = { port: "port1", to: "10.0.1.9", toMac: "02:00:00:00:00:09" };
  const { status, text } = await ask("POST", "/v1/trace", JSON.stringify(question));
  assert.equal(status, 200, text);
  const answer = JSON.parse(text);
  assert.deepEqual(
    [answer.runs[0].end, answer.labels, answer.problem],
    ["sent", { [portId(1)]: "port1", "192.0.2.1": "h1" }, null],
  );
  const rows: [body: object, status: number, said: RegExp][] = [
    [{ ...question, port: "port" }, 404, /near that are: .*port1/],
    [{ ...question, to: "nowhere" }, 400, /no IP address/],
  ];
  for (const [body, wanted, said] of rows) {
    const refused = await ask("POST", "/v1/trace", JSON.stringify(body));
    assert.deepEqual([refused.status, said.test(refused.text)], [wanted, true], refused.text);
  }
});

test("connections come as lines, all of them or a port's", async () => {
  const place = (port: string) => ({ kind: "port", port }) as const;
  const to = (port: string) => ({
    ...({ decision: "current", packets: 1, bytes: 60, idleSeconds: 0, nat: null } as const),
    to: place(port),
  });
  const end = { ip: "10.0.1.1" as Ip, port: null };
  const flow = (from: string, towards: string): FlowFacts => ({
    ...{ protocol: 6, from: end, to: end, state: "open", router: null },
    ...{ came: place(from), there: to(towards), back: null },
  });
  datapath.connections = [flow(portId(1), portId(2)), flow(portId(3), portId(4)), flow(portId(4), portId(1))];
  const linesOf = async (path: string) =>
    (await ask("GET", path)).text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const [head, ...flows] = await linesOf("/v1/flows");
  assert.deepEqual([head.entries, head.labels[portId(1)], flows.length], [5, "port1", 3]);
  assert.equal((await linesOf("/v1/flows?port=port1")).length, 3);
  assert.equal((await ask("GET", "/v1/flows?port=nobody")).status, 404);
});

test("drops, ports and routers are told of", async () => {
  const drops = JSON.parse((await ask("GET", "/v1/drops")).text);
  assert.deepEqual(drops.drops, [
    { port: null, reason: "tunnel_stranger", packets: 4 },
    { port: portId(1), reason: "spoofed_mac", packets: 3 },
  ]);
  assert.equal(drops.reasons.spoofed_mac.meaning, "it was spoofed_mac");
  const { vif } = JSON.parse((await ask("GET", "/v1/vifs/port1")).text);
  assert.deepEqual([vif.port, vif.ips, vif.counters.rxPackets], [portId(1), ["10.0.1.1", "fd00:1::1"], 1]);
  const { vifs } = JSON.parse((await ask("GET", "/v1/vifs")).text);
  assert.equal(vifs.length, 1);
  const down = await ask("GET", "/v1/vifs/port2");
  assert.deepEqual([down.status, /no container is attached/.test(down.text)], [404, true], down.text);
  datapath.routers = [
    { router: networkId(9), number: 1, adminUp: true, ports: [], routes: [], gateway: null, floatings: [] },
  ];
  assert.equal(JSON.parse((await ask("GET", `/v1/routers/${networkId(9).slice(0, 8)}`)).text).routers.length, 1);
  assert.match((await ask("GET", "/v1/routers/zzzz")).text, /no router \\"zzzz\\"/);
});

test("a CNI call gets its result, or the error object in its own version", async (t) => {
  const config = JSON.stringify({ cniVersion: "0.4.0", name: "n", port: portId(1) });
  const call = { command: "ADD", containerId: "c", netns: "/n", ifname: "eth0", args: "", path: "", config };
  const failing = (error: Error) => async () => {
    throw error;
  };
  const rows: [string, typeof run, object | string, number, string][] = [
    ["a result", async () => ({ a: 1 }), call, 200, '{"a":1}'],
    ["nothing to print", async () => "", call, 200, ""],
    [
      "try later",
      failing(new CniFailure("tryLater", "wait", "why")),
      call,
      503,
      '{"cniVersion":"0.4.0","code":11,"msg":"wait","details":"why"}',
    ],
    ["a bad call", async () => "", { ...call, netns: "" }, 400, '"code":4'],
    ["a call of wrong types", async () => "", { ...call, netns: 7 }, 400, '"netns\\" in the executable'],
    ["a call that is no JSON", async () => "", "{", 400, '{"cniVersion":"1.1.0","code":6'],
    ["a call that is null", async () => "", "null", 400, '"code":4'],
    ["an unexpected error", failing(new Error("boom")), call, 400, '"code":5'],
  ];
  for (const [title, work, body, status, text] of rows)
    await t.test(title, async () => {
      run = work;
      const reply = await ask("POST", "/v1/cni", typeof body === "string" ? body : JSON.stringify(body));
      assert.equal(reply.status, status);
      assert.ok(text === "" ? reply.text === "" : reply.text.includes(text), reply.text);
    });
});
