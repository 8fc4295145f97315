import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Cidr, Ip, Mac, ViewSubnet } from "../../model/mod.ts";
import { aNetwork, aPort, aSubnet, uuid } from "../fake/mod.ts";
import { CNI_VERSIONS } from "./request.ts";
import { chained, planWiring, resultBody } from "./result.ts";

const routesOf = (...subnets: ViewSubnet[]) =>
  planWiring(aPort(5, 1), aNetwork(1, { subnets })).routes.map(
    ({ destination, gateway }) => `${destination} ${gateway ?? "on link"}`,
  );
const route = (destination: string, nextHop: string) => ({ destination: destination as Cidr, nextHop: nextHop as Ip });

describe("the routes of a container with", () => {
  const SERVICE = "169.254.169.254/32 on link";
  const rows: [string, ViewSubnet[], string[]][] = [
    ["a gateway", [aSubnet(1, "10.0.1.0/24")], [SERVICE, "0.0.0.0/0 10.0.1.1"]],
    ["no gateway", [aSubnet(1, "10.0.1.0/24", { gateway: null })], [SERVICE]],
    [
      "a default route of the subnet's own",
      [aSubnet(1, "10.0.1.0/24", { routes: [route("0.0.0.0/0", "10.0.1.9")] })],
      [SERVICE, "0.0.0.0/0 10.0.1.9"],
    ],
    [
      "a route on link",
      [aSubnet(1, "10.0.1.0/24", { routes: [route("10.7.0.0/16", "0.0.0.0")] })],
      [SERVICE, "10.7.0.0/16 on link", "0.0.0.0/0 10.0.1.1"],
    ],
    [
      "a gateway outside of its subnet",
      [aSubnet(1, "10.0.1.0/24", { gateway: "10.8.0.1" as Ip })],
      [SERVICE, "10.8.0.1/32 on link", "0.0.0.0/0 10.8.0.1"],
    ],
    ["a link-local gateway", [aSubnet(1, "fd00:1::/64", { gateway: "fe80::1" as Ip })], ["::/0 fe80::1"]],
    [
      "both families",
      [aSubnet(1, "10.0.1.0/24"), aSubnet(1, "fd00:1::/64")],
      [SERVICE, "0.0.0.0/0 10.0.1.1", "::/0 fd00:1::1"],
    ],
  ];
  for (const [title, subnets, expected] of rows) test(title, () => assert.deepEqual(routesOf(...subnets), expected));
});

test("two gateways of one family give one default route, the first", () => {
  const second = aSubnet(9, "10.0.9.0/24");
  const port = aPort(5, 1);
  const fixedIps = [...port.fixedIps, { ip: "10.0.9.5" as Ip, subnetId: uuid("4", 9) }];
  const wiring = planWiring({ ...port, fixedIps }, aNetwork(1, { subnets: [aSubnet(1, "10.0.1.0/24"), second] }));
  assert.deepEqual(wiring.routes, [
    { destination: "169.254.169.254/32", gateway: null },
    { destination: "0.0.0.0/0", gateway: "10.0.1.1" },
  ]);
  assert.deepEqual(
    wiring.addresses.map(({ ip }) => ip),
    ["10.0.1.5", "10.0.9.5"],
  );
});

describe("the result has the form of version", () => {
  const wiring = planWiring(aPort(5, 1), aNetwork(1, { subnets: [aSubnet(1, "10.0.1.0/24")] }));
  const place = { device: "cab1", deviceMac: "02:00:00:00:00:01" as Mac, ifname: "eth0", netns: "/n" };
  for (const version of CNI_VERSIONS)
    test(version, () => {
      const isOld = version.startsWith("0.");
      const mtu = version === "1.1.0" ? { mtu: 1450 } : {};
      assert.deepEqual(resultBody(version, wiring, place), {
        cniVersion: version,
        interfaces: [
          { name: "cab1", mac: "02:00:00:00:00:01", ...mtu, sandbox: "" },
          { name: "eth0", mac: "fa:16:3e:00:00:05", ...mtu, sandbox: "/n" },
        ],
        ips: [{ ...(isOld ? { version: "4" } : {}), address: "10.0.1.5/24", gateway: "10.0.1.1", interface: 1 }],
        routes: [{ dst: "169.254.169.254/32" }, { dst: "0.0.0.0/0", gw: "10.0.1.1" }],
        dns: { nameservers: ["169.254.169.254"], domain: "openstacklocal" },
      });
    });
});

describe("after plugins that came before", () => {
  const wiring = planWiring(aPort(5, 1), aNetwork(1, { subnets: [aSubnet(1, "10.0.1.0/24")] }));
  const place = { device: "cab0", deviceMac: "02:00:00:00:00:01" as Mac, ifname: "eth0", netns: "/n" };
  const own = resultBody("1.1.0", wiring, place);

  test("what they made stands first, and addresses point to their own interface", () => {
    const previous = {
      interfaces: [{ name: "dummy0", sandbox: "/n" }],
      ips: [{ address: "192.0.2.1/32", interface: 0 }],
      routes: [{ dst: "192.0.2.0/24" }],
      dns: { search: ["a"], domain: "b" },
    };
    const result = chained(own, previous, { options: ["ndots:1"] });
    assert.deepEqual(result.interfaces, [...previous.interfaces, ...own.interfaces]);
    assert.deepEqual(
      result.ips.map((ip) => ip.interface),
      [0, 2],
    );
    assert.deepEqual(result.routes, [...previous.routes, ...own.routes]);
    assert.deepEqual(result.dns, { search: ["a"], domain: "b", ...own.dns, options: ["ndots:1"] });
  });

  test("what is no result is as none", () => {
    assert.deepEqual(chained(own, { interfaces: "x", ips: 1 }, {}), own);
  });
});
