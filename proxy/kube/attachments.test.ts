import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { NETWORK_STATUS, NETWORKS, networkOf, selectionsOf, statusPatch } from "./attachments.ts";
import type { Pod } from "./objects.ts";

const pod = (annotations: Record<string, string>): Pod => ({
  metadata: { name: "web", namespace: "shop", uid: "u", annotations },
  spec: { containers: [] },
});
const wanting = (text: string) => selectionsOf(pod({ [NETWORKS]: text }));
const plain = { ips: [], mac: undefined, defaultRoute: undefined };

describe("the annotation names", () => {
  const json = { name: "db", namespace: "data", interface: "fast", ips: ["10.1.0.5/24"], mac: "02:00:00:00:00:05" };
  const rows: [string, string, object[]][] = [
    ["nothing", "  ", []],
    ["one of the pod's namespace", "db", [{ ...plain, namespace: "shop", name: "db", interface: "net1" }]],
    [
      "several, with and without more",
      "db, data/db@fast , data/log",
      [
        { ...plain, namespace: "shop", name: "db", interface: "net1" },
        { ...plain, namespace: "data", name: "db", interface: "fast" },
        { ...plain, namespace: "data", name: "log", interface: "net3" },
      ],
    ],
    [
      "all there is, in JSON",
      JSON.stringify([{ ...json, "default-route": ["10.1.0.1"] }, { name: "log" }]),
      [
        { ...json, ips: ["10.1.0.5"], defaultRoute: ["10.1.0.1"] },
        { ...plain, namespace: "shop", name: "log", interface: "net2" },
      ],
    ],
  ];
  for (const [title, text, expected] of rows) test(title, () => deepEqual(wanting(text), expected));
});

describe("refused is an annotation with", () => {
  const rows: [string, string][] = [
    ["an empty element", "db,,log"],
    ["a path", "a/b/c"],
    ["a name that leads elsewhere", "../pods"],
    ["an interface of 16 bytes", "db@a234567890123456"],
    ["two interfaces of one name", "db@x,log@x"],
    ["the first interface's name", "db@eth0"],
    ["broken JSON", "[{"],
    ["no list of objects", "[1]"],
    ["addresses that are no list", '[{"name": "db", "ips": "10.0.0.1"}]'],
    ["a MAC that is no text", '[{"name": "db", "mac": 5}]'],
  ];
  for (const [title, text] of rows) test(title, () => throws(() => wanting(text), { reason: "NetworksInvalid" }));
});

describe("a definition", () => {
  const networkIn = (config: unknown) =>
    networkOf({
      metadata: { name: "db", namespace: "data", uid: "d" },
      spec: { config: typeof config === "string" ? config : JSON.stringify(config) },
    });
  const ours = { type: "cable", kubernetes: true, network: "blue" };

  test("of Cable's names a network, alone or first of a chain", () => {
    equal(networkIn(ours), "blue");
    equal(networkIn({ plugins: [ours, { type: "tuning" }] }), "blue");
  });
  test("of another plugin, or without a configuration, is not ours", () => {
    for (const config of [{ type: "macvlan" }, { plugins: [] }, "", "{", "null"]) equal(networkIn(config), undefined);
  });
  test("of Cable's that does not say which network is refused", () => {
    for (const config of [{ type: "cable" }, { ...ours, network: 5 }, { ...ours, kubernetes: false }])
      throws(() => networkIn(config), { reason: "NetworkAttachmentInvalid" });
  });
});

test("what became of it is told once, of pods with several interfaces", () => {
  const one = { name: "pods", interface: "eth0", ips: ["10.0.0.1"], mac: "02:00:00:00:00:01", default: true, dns: {} };
  const both = [one, { ...one, interface: "net1", default: false }];
  const patch = statusPatch(pod({}), both) as { metadata: { uid: string; annotations: Record<string, string> } };
  deepEqual(JSON.parse(patch.metadata.annotations[NETWORK_STATUS] ?? ""), both);
  equal(patch.metadata.uid, "u", "the pod of that name may be another one by then");
  equal(statusPatch(pod({}), [one]), undefined);
  equal(statusPatch(pod({ [NETWORK_STATUS]: "[]" }), both), undefined);
});
