/** Services and their slices as fronts and backends. */
import { deepEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import type { EndpointSlice, Service, SliceEndpoint } from "../objects.ts";
import { compileService } from "./compile.ts";

const service = (spec: Partial<Service["spec"]>, status: Service["status"] = null): Service => ({
  metadata: { name: "web", namespace: "shop", uid: "web" },
  spec: { clusterIP: "10.96.0.1", ports: [{ name: "http", port: 80 }], ...spec },
  status,
});
const slice = (endpoints: SliceEndpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice => ({
  metadata: { name: "web-1", namespace: "shop", uid: "web-1" },
  addressType: "IPv4",
  endpoints,
  ports: [{ name: "http", port: 8080 }],
  ...more,
});
const at = (ip: string, conditions: SliceEndpoint["conditions"] = null): SliceEndpoint => ({
  addresses: [ip],
  conditions,
});
const READY = slice([at("10.0.0.1"), at("10.0.0.2")]);

/** "ADDRESSES PROTOCOL/PORT [affinity] [local] -> BACKENDS" */
function shown(one: Service, slices: EndpointSlice[]): string[] | undefined {
  return compileService(one, slices)?.map(({ ips, protocol, port, affinity_seconds, local_only, backends }) =>
    [
      `${ips.join(",")} ${protocol}/${port}`,
      ...(affinity_seconds === null ? [] : [`for ${affinity_seconds}s`]),
      ...(local_only ? ["local"] : []),
      `-> ${backends.map(({ ip, port: to }) => `${ip}:${to}`).join(",") || "nobody"}`,
    ].join(" "),
  );
}

const ROWS: [name: string, one: Service, slices: EndpointSlice[], expected: string[] | undefined][] = [
  ["one port", service({}), [READY], ["10.96.0.1 tcp/80 -> 10.0.0.1:8080,10.0.0.2:8080"]],
  ["nobody behind it", service({}), [], ["10.96.0.1 tcp/80 -> nobody"]],
  ["a headless one", service({ clusterIP: "None" }), [READY], undefined],
  ["a name of another", service({ type: "ExternalName", clusterIP: "" }), [], undefined],
  [
    "both families",
    service({ clusterIPs: ["10.96.0.1", "fd00::1"] }),
    [READY, slice([at("fd01::1")], { addressType: "IPv6" })],
    ["10.96.0.1,fd00::1 tcp/80 -> 10.0.0.1:8080,10.0.0.2:8080,fd01::1:8080"],
  ],
  [
    "addresses from outside",
    service({ externalIPs: ["192.0.2.1"] }, { loadBalancer: { ingress: [{ ip: "192.0.2.2" }, {}] } }),
    [slice([at("10.0.0.1")])],
    ["10.96.0.1,192.0.2.1,192.0.2.2 tcp/80 -> 10.0.0.1:8080"],
  ],
  [
    "local ones inside, any from outside",
    service({ internalTrafficPolicy: "Local", externalIPs: ["192.0.2.1"] }),
    [slice([at("10.0.0.1")])],
    ["10.96.0.1 tcp/80 local -> 10.0.0.1:8080", "192.0.2.1 tcp/80 -> 10.0.0.1:8080"],
  ],
  [
    "affinity",
    service({ sessionAffinity: "ClientIP" }),
    [slice([at("10.0.0.1")])],
    ["10.96.0.1 tcp/80 for 10800s -> 10.0.0.1:8080"],
  ],
  [
    "the ready ones only",
    service({}),
    [slice([at("10.0.0.1", { ready: true }), at("10.0.0.2", { ready: false, serving: true, terminating: true })])],
    ["10.96.0.1 tcp/80 -> 10.0.0.1:8080"],
  ],
  [
    "those that still serve where none is ready",
    service({}),
    [
      slice([
        at("10.0.0.1", { ready: false, serving: false, terminating: true }),
        at("10.0.0.2", { ready: false, serving: true, terminating: true }),
        at("10.0.0.3", { ready: false }),
      ]),
    ],
    ["10.96.0.1 tcp/80 -> 10.0.0.2:8080"],
  ],
  [
    "ports by name and protocol",
    service({
      ports: [
        { name: "dns", protocol: "UDP", port: 53 },
        { name: "dns-tcp", port: 53 },
      ],
    }),
    [
      slice([at("10.0.0.1")], {
        ports: [
          { name: "dns", protocol: "UDP", port: 1053 },
          { name: "dns-tcp", protocol: "TCP", port: 2053 },
          { name: "metrics", port: 9 },
        ],
      }),
    ],
    ["10.96.0.1 udp/53 -> 10.0.0.1:1053", "10.96.0.1 tcp/53 -> 10.0.0.1:2053"],
  ],
  [
    "sctp, whose port cannot be changed",
    service({ ports: [{ name: "http", protocol: "SCTP", port: 80 }] }),
    [
      slice([at("10.0.0.1")], { ports: [{ name: "http", protocol: "SCTP", port: 8080 }] }),
      slice([at("10.0.0.2")], { ports: [{ name: "http", protocol: "SCTP", port: 80 }] }),
    ],
    ["10.96.0.1 sctp/80 -> 10.0.0.2:80"],
  ],
];

describe("a service with", () => {
  for (const [name, one, slices, expected] of ROWS) test(name, () => deepEqual(shown(one, slices), expected));

  test("the same backends in another order is the same", () => {
    const turned = slice([at("10.0.0.2"), at("10.0.0.1")]);
    deepEqual(compileService(service({}), [turned]), compileService(service({}), [READY]));
  });
});
