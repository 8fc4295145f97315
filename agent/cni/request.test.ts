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
