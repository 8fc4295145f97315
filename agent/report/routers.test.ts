import assert from "node:assert/strict";
import { test } from "node:test";
import type { WantedGateway, WantedRouter } from "../../datapath/mod.ts";
import { ip, mac, type ViewRouter } from "../../model/mod.ts";
import { type RouterHere, RouterReporter, routerReport } from "./routers.ts";

const MAC = mac("02:00:00:00:00:01");
const floating = (id: string, host: string | null) => ({
  id,
  ip: ip(`192.0.2.${id.charCodeAt(0)}`),
  mac: MAC,
  fixedIp: ip("10.0.0.5"),
  host,
  isByGateway: false,
});
const router = (changes: Partial<ViewRouter> = {}): ViewRouter => ({
  id: "r",
  adminUp: true,
  interfaces: ["n1", "n2"].map((networkId) => ({ portId: `port-${networkId}`, networkId, mac: MAC, ips: [] })),
  routes: [],
  gateway: {
    portId: "port-out",
    networkId: "out",
    mac: MAC,
    ips: [],
    snat: true,
    host: "h1",
    hasStandby: false,
    tunnelIp: null,
    floatings: [floating("a", "h1"), floating("b", "h2"), floating("c", null)],
    forwards: [],
    proxies: [],
  },
  ...changes,
});
/** As the data plane has it: in network n1 alone, and with floating IP `a`. */
const wanted = (here: boolean): WantedRouter => ({
  id: "r",
  adminUp: true,
  interfaces: [{ networkId: "n1", mac: MAC, ips: [], prefixes: [] }],
  routes: [],
  gateway: {
    here,
    floatings: [{ ip: floating("a", "h1").ip, mac: MAC, fixedIp: ip("10.0.0.5"), leased: false }],
    forwards: [],
  } as unknown as WantedGateway,
});

const rows: [name: string, here: RouterHere, host: string, expected: Record<string, string>][] = [
  [
    "its gateway's host tells of it, of the end that is here, and of the floating IPs that are its work",
    { router: router(), wanted: wanted(true), failure: undefined },
    "h1",
    { "port-n1": "up", "port-out": "up", a: "ACTIVE" },
  ],
  [
    "another host of the end alone, and of a floating IP that it should have",
    { router: router(), wanted: wanted(false), failure: undefined },
    "h2",
    { "port-n1": "up", b: "ERROR" },
  ],
  [
    "a router that is down is so wherever it is",
    { router: router({ adminUp: false }), wanted: wanted(true), failure: undefined },
    "h1",
    { "port-n1": "down", "port-n2": "down", "port-out": "down", a: "DOWN" },
  ],
  [
    "one for which there was no room",
    { router: router(), wanted: wanted(true), failure: "no room" },
    "h1",
    { "port-out": "down", a: "ERROR" },
  ],
  ["one that is in no view", { router: undefined, wanted: wanted(true), failure: undefined }, "h1", {}],
];
for (const [name, here, host, expected] of rows)
  test(name, () => {
    const { ports, floatingIps } = routerReport(here, host);
    const said = [...ports].map(([id, { up }]) => [id, up ? "up" : "down"]);
    assert.deepEqual(Object.fromEntries([...said, ...floatingIps]), expected);
  });

test("what a router has no more is taken back, and what it has is told again", () => {
  const told: string[] = [];
  const reporter = new RouterReporter(
    {
      setPort: (id, report) => void told.push(`${id} ${report?.up}`),
      setFloatingIp: (id, state) => void told.push(`${id} ${state}`),
      forget: () => {},
    },
    "h1",
  );
  const here = { router: router(), wanted: wanted(true), failure: undefined };
  reporter.look("r", here);
  assert.deepEqual(told.splice(0), ["port-n1 true", "port-out true", "a ACTIVE"]);
  reporter.look("r", { ...here, router: router({ gateway: null }) });
  assert.deepEqual(told.splice(0), ["port-out undefined", "a undefined", "port-n1 true"]);
  reporter.look("r", { ...here, router: undefined });
  assert.deepEqual(told, ["port-n1 undefined"]);
});
