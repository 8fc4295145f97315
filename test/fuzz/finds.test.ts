/** What the fuzzer has found, each as the few requests that it takes: it must not come back. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ADMIN, type Asker, ONE } from "./callers.ts";
import { checkIntegrity } from "./integrity.ts";
import { startServer } from "./server.ts";

/** "{net}" in a URL or a body is the id that the step called "net" has made. */
interface Step {
  as?: Asker;
  ask: `${"GET" | "POST" | "PUT" | "DELETE"} /${string}`;
  body?: object;
  called?: string;
  status?: number;
}

const make = (path: string, name: string, body: object, called?: string): Step => ({
  ask: `POST /v2.0/${path}`,
  body: { [name]: body },
  ...(called === undefined ? {} : { called }),
  status: 201,
});
const OUTSIDE: Step[] = [
  { ...make("networks", "network", { "router:external": true }, "outside"), as: ADMIN },
  { ...make("subnets", "subnet", { network_id: "{outside}", ip_version: 4, cidr: "172.24.0.0/24" }), as: ADMIN },
];
/** A port with a floating address, behind a router. */
const TRANSLATED: Step[] = [
  ...OUTSIDE,
  make("networks", "network", {}, "net"),
  make("subnets", "subnet", { network_id: "{net}", ip_version: 4, cidr: "10.0.0.0/24" }, "subnet"),
  make("routers", "router", { external_gateway_info: { network_id: "{outside}" } }, "router"),
  { ask: "PUT /v2.0/routers/{router}/add_router_interface", body: { subnet_id: "{subnet}" }, status: 200 },
  make("ports", "port", { network_id: "{net}" }, "port"),
  make("floatingips", "floatingip", { floating_network_id: "{outside}", port_id: "{port}" }, "floating"),
];

const ROWS: Readonly<Record<string, readonly Step[]>> = {
  "a port with a floating address that is a router's interface ends with it, and the address is free": [
    ...TRANSLATED,
    make("routers", "router", {}, "other"),
    { ask: "PUT /v2.0/routers/{other}/add_router_interface", body: { port_id: "{port}" }, status: 200 },
    { ask: "PUT /v2.0/routers/{other}/remove_router_interface", body: { port_id: "{port}" }, status: 200 },
  ],
  "a network's own ports go with it, and the floating addresses on them are free": [
    ...TRANSLATED,
    { as: ADMIN, ask: "PUT /v2.0/ports/{port}", body: { port: { device_owner: "network:dhcp" } }, status: 200 },
    { ask: "DELETE /v2.0/networks/{net}", status: 409 },
  ],
  "a port that a local IP is on is no router's to end": [
    make("networks", "network", {}, "net"),
    make("subnets", "subnet", { network_id: "{net}", ip_version: 4, cidr: "10.0.0.0/24" }),
    make("ports", "port", { network_id: "{net}" }, "port"),
    make("local-ips", "local_ip", { local_port_id: "{port}" }),
    make("routers", "router", {}, "router"),
    { ask: "PUT /v2.0/routers/{router}/add_router_interface", body: { port_id: "{port}" }, status: 200 },
    { ask: "PUT /v2.0/routers/{router}/remove_router_interface", body: { port_id: "{port}" }, status: 409 },
  ],
  "a network whose own port a local IP is on stays": [
    make("networks", "network", {}, "net"),
    make("subnets", "subnet", { network_id: "{net}", ip_version: 4, cidr: "10.0.0.0/24" }),
    make("ports", "port", { network_id: "{net}" }, "port"),
    make("local-ips", "local_ip", { local_port_id: "{port}" }),
    { as: ADMIN, ask: "PUT /v2.0/ports/{port}", body: { port: { device_owner: "network:dhcp" } }, status: 200 },
    { ask: "DELETE /v2.0/networks/{net}", status: 409 },
  ],
  "a range that ends before it begins is the caller's mistake": [
    {
      as: ADMIN,
      ask: "POST /v2.0/network-segment-ranges",
      body: { network_segment_range: { name: "r", network_type: "vxlan", minimum: 9, maximum: 8 } },
      status: 400,
    },
  ],
};

describe("what was found once", () => {
  for (const [what, steps] of Object.entries(ROWS)) {
    test(what, async () => {
      const server = await startServer();
      try {
        const ids = new Map<string, string>();
        const filled = (text: string) => text.replace(/\{(\w+)\}/g, (given, name) => ids.get(name) ?? given);
        for (const { as = ONE, ask, body, called, status } of steps) {
          const [method = "", url = ""] = filled(ask).split(" ");
          const given = body && JSON.parse(filled(JSON.stringify(body)));
          const answer = await server.ask({ asker: as, method, url, body: given, headers: {} });
          assert.ok(answer.status < 500 && (status ?? answer.status) === answer.status, `${ask}: ${answer.text}`);
          if (called) ids.set(called, (Object.values(answer.body)[0] as { id: string }).id);
          await checkIntegrity(server.store);
        }
        assert.deepEqual(server.failures, []);
      } finally {
        await server.close();
      }
    });
  }
});
