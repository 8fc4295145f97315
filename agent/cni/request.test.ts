import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CniFailure } from "./failure.ts";
import { type CniCall, parseRequest } from "./request.ts";

const PORT = "12345678-0000-4000-8000-000000000001";
const NETWORK = "12345678-0000-4000-8000-000000000002";
const call = (changes: Partial<CniCall> = {}, config: object = { port: PORT }): CniCall => ({
  command: "ADD",
  containerId: "c1",
  netns: "/run/netns/a",
  ifname: "eth0",
  args: "",
  path: "/opt/cni/bin",
  config: JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "cable", ...config }),
  ...changes,
});

describe("the port comes from", () => {
  const rows: [string, CniCall, unknown][] = [
    ["the configuration", call(), { kind: "port", portId: PORT }],
    ["the configuration's network", call({}, { network: NETWORK }), { kind: "network", networkId: NETWORK }],
    ["CNI_ARGS, which win", call({ args: `A=b;CABLE_PORT=${NETWORK}` }), { kind: "port", portId: NETWORK }],
    [
      "CNI_ARGS over a network",
      call({ args: `CABLE_PORT=${PORT}` }, { network: NETWORK }),
      { kind: "port", portId: PORT },
    ],
  ];
  for (const [title, given, source] of rows)
    test(title, () => assert.deepEqual(parseRequest(given).config.source, source));
});

describe("asked for is", () => {
  const runtimeConfig = { ips: ["10.0.0.5/24", "fd00::5"], mac: "02:00:00:00:00:05", portMappings: [], bandwidth: {} };
  const args = { cni: { ips: ["10.0.0.6"], mac: "02:00:00:00:00:06" } };
  const five = { ips: ["10.0.0.5", "fd00::5"], mac: "02:00:00:00:00:05" };
  const six = { ips: ["10.0.0.6"], mac: "02:00:00:00:00:06" };
  const environment = { args: "IgnoreUnknown=1;IP=10.0.0.7,fd00::7;MAC=02:00:00:00:00:07" };
  const rows: [string, CniCall, unknown][] = [
    ["nothing", call(), { ips: [], mac: undefined }],
    ["what the runtime says", call(environment, { port: PORT, runtimeConfig, args }), five],
    ["what the configuration's args say", call(environment, { port: PORT, args }), six],
    ["what CNI_ARGS say", call(environment), { ips: ["10.0.0.7", "fd00::7"], mac: "02:00:00:00:00:07" }],
    ["nothing by DEL", call({ command: "DEL", args: "IP=x" }), { ips: [], mac: undefined }],
  ];
  for (const [title, given, wishes] of rows)
    test(title, () => assert.deepEqual(parseRequest(given).config.wishes, wishes));
  test("a pod's limits, which are its port's already", () => {
    const runtimeConfig = { bandwidth: { ingressRate: 1e6 } };
    const pod = { args: "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_UID=u" };
    assert.equal(parseRequest(call(pod, { kubernetes: true, runtimeConfig })).config.source?.kind, "pod");
  });
});

describe("refused is", () => {
  const rows: [string, CniCall, number, RegExp][] = [
    ["an unknown command", call({ command: "PLUG" }), 4, /CNI_COMMAND/],
    ["no command", call({ command: "" }), 4, /CNI_COMMAND/],
    ["no namespace", call({ netns: "" }), 4, /CNI_NETNS/],
    ["no container", call({ containerId: "" }), 4, /CNI_CONTAINERID/],
    ["a container id with a slash", call({ containerId: "../x" }), 4, /CNI_CONTAINERID/],
    ["no interface", call({ ifname: "" }), 4, /CNI_IFNAME/],
    ["an interface name of 16 bytes", call({ ifname: "a234567890123456" }), 4, /CNI_IFNAME/],
    ["an interface name of 8 wide characters", call({ ifname: "éééééééé" }), 4, /CNI_IFNAME/],
    ["an interface named ..", call({ ifname: ".." }), 4, /CNI_IFNAME/],
    ["a configuration that is no JSON", call({ config: "{" }), 6, /not JSON/],
    ["an empty configuration", call({ config: "" }), 6, /not JSON/],
    ["a configuration that is a list", call({ config: "[]" }), 6, /not an object/],
    ["an address that is none", call({ args: "IP=10.0.0" }), 7, /"ips" has "10.0.0"/],
    ["addresses in no list", call({}, { port: PORT, runtimeConfig: { ips: "10.0.0.5" } }), 7, /"ips"/],
    ["a MAC that is none", call({}, { port: PORT, runtimeConfig: { mac: "02:00" } }), 7, /"mac"/],
    ["host ports", call({}, { port: PORT, runtimeConfig: { portMappings: [{ hostPort: 80 }] } }), 2, /chain portmap/],
    [
      "a limit",
      call({}, { port: PORT, runtimeConfig: { bandwidth: { ingressRate: 1e6 } } }),
      2,
      /"ingressRate":1000000/,
    ],
    ["no version", call({}, { cniVersion: undefined }), 1, /cniVersion null/],
    ["a version of the future", call({}, { cniVersion: "2.0.0" }), 1, /use one of/],
    ["a version of the past", call({}, { cniVersion: "0.2.0" }), 1, /use one of/],
    ["no name", call({}, { name: undefined, port: PORT }), 7, /"name"/],
    ["no port", call({}, {}), 7, /neither/],
    ["a port and a network", call({}, { port: PORT, network: NETWORK }), 7, /both/],
    ["a port that is no id", call({}, { port: "web" }), 7, /"port"/],
    ["a port in CNI_ARGS that is no id", call({ args: "CABLE_PORT=x" }), 7, /CABLE_PORT/],
    ["CHECK before 0.4.0", call({ command: "CHECK" }, { cniVersion: "0.3.1", port: PORT }), 1, /CHECK needs/],
    ["GC before 1.1.0", call({ command: "GC" }, { cniVersion: "1.0.0" }), 1, /GC needs/],
    ["STATUS before 1.1.0", call({ command: "STATUS" }, { cniVersion: "1.0.0" }), 1, /STATUS needs/],
    [
      "GC with a list of something else",
      call({ command: "GC" }, { "cni.dev/valid-attachments": [1] }),
      7,
      /valid-attachments/,
    ],
  ];
  for (const [title, given, code, message] of rows)
    test(title, () => assert.throws(() => parseRequest(given), { name: "CniFailure", code, message }));
});

test("DEL needs neither a namespace nor a port", () => {
  assert.equal(parseRequest(call({ command: "DEL", netns: "" }, {})).command, "DEL");
});

test("VERSION needs a configuration that is JSON, and no more", () => {
  assert.equal(parseRequest(call({ command: "VERSION", config: '{"cniVersion":"9.9"}' })).command, "VERSION");
});

test("any input is understood or refused by a code", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION", "", "eth0", PORT),
  );
  const config = fc.oneof(
    fc.json(),
    fc
      .record({
        cniVersion: fc.constantFrom("1.1.0", "0.3.0", 1),
        name: fc.constantFrom("n", "", null),
        port: fc.oneof(fc.constant(PORT), fc.anything()),
        "cni.dev/valid-attachments": fc.anything(),
      })
      .map((value) => JSON.stringify(value)),
  );
  const calls = fc.record({
    command: text,
    containerId: text,
    netns: text,
    ifname: text,
    args: text,
    path: text,
    config,
  });
  fc.assert(
    fc.property(calls, (given) => {
      try {
        parseRequest(given);
      } catch (error) {
        assert.ok(error instanceof CniFailure, String(error));
      }
    }),
  );
});
