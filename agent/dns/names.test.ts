import assert from "node:assert/strict";
import { test } from "node:test";
import type { Id, Ip, ViewRouter } from "../../model/mod.ts";
import { aNetwork, anEndpoint, aPort, aSubnet, aView, networkId, portId, uuid } from "../fake/mod.ts";
import { type Known, Names } from "./names.ts";
import { reverseAddress } from "./reverse.ts";

const none = { endpoints: new Set<Id>(), networks: new Set<Id>(), routers: new Set<Id>() };

const router = (n: number, ...networks: number[]): ViewRouter => ({
  id: uuid("e", n),
  adminUp: true,
  interfaces: networks.map((of) => ({ portId: "" as Id, networkId: networkId(of), mac: "" as never, ips: [] })),
  routes: [],
  gateway: null,
});

/** Network 1 has a domain of its own, and routers join it to 2, and 2 to 3; 4 is another project's, joined as well. */
const setUp = () => {
  const view = aView(
    [
      aNetwork(1, { dnsDomain: "left.example." }),
      aNetwork(2),
      aNetwork(3, { cloudDomain: "cloud.example." }),
      aNetwork(4, { projectId: "q" }),
      aNetwork(5, {
        segment: { kind: "vlan", physicalNetwork: "phys", vlan: 5 },
        subnets: [aSubnet(5, "10.0.5.0/24")],
      }),
      aNetwork(6, { dnsDomain: "left.example.", projectId: "q" }),
    ],
    [aPort(1, 1), aPort(2, 2), aPort(3, 3), aPort(5, 5), aPort(6, 6, "tap", { projectId: "q" })],
    [
      anEndpoint(1, 1, "h1", { dnsName: "web" }),
      anEndpoint(2, 2, "h2", { dnsName: "db" }),
      anEndpoint(3, 3, "h1", { dnsName: "deep" }),
      anEndpoint(4, 4, "h2", { dnsName: "theirs" }),
      anEndpoint(5, 5, "h1"),
      anEndpoint(6, 6, "h1", { dnsName: "web" }),
      anEndpoint(7, 1, "h2"),
      anEndpoint(8, 1, "h2", { dnsName: "own", dnsDomain: "Port.example." }),
      anEndpoint(9, 1, "h2", { dnsName: "whole.elsewhere.example." }),
      anEndpoint(10, 1, "h2", { dnsName: "web", ips: ["10.0.1.10" as Ip] }),
      anEndpoint(11, 1, "h2", { dnsName: "a.b" }),
    ],
    { routers: [router(1, 1, 2), router(2, 2, 3), router(3, 1, 4)] },
  );
  return { view, names: new Names(() => view) };
};

const short = (known: Known): string => {
  if (known.kind === "host") return `${known.ips.join(" ")} of ${known.zone}`;
  if (known.kind === "address") return known.name;
  return known.kind === "foreign" && known.zone === undefined ? "foreign" : `${known.kind} ${known.zone}`;
};

const WEB = "10.0.1.1 fd00:1::1 10.0.1.10";
const rows: [asker: number, name: string, known: string][] = [
  [1, "web", `${WEB} of web`],
  [1, "web.left.example", `${WEB} of left.example`],
  [1, "web.openstacklocal", `${WEB} of openstacklocal`],
  [1, "web.port.example", "foreign"],
  [1, "own.port.example", "10.0.1.8 fd00:1::8 of port.example"],
  [1, "own.left.example", "foreign left.example"],
  [1, "own.openstacklocal", "10.0.1.8 fd00:1::8 of openstacklocal"],
  [1, "whole.elsewhere.example", "10.0.1.9 fd00:1::9 of elsewhere.example"],
  [1, "a.b.left.example", "10.0.1.11 fd00:1::b of left.example"],
  [1, "host-10-0-1-7.left.example", "10.0.1.7 of left.example"],
  [1, "host-fd00-1--7", "fd00:1::7 of host-fd00-1--7"],
  [1, "host-10-0-1-1.left.example", "foreign left.example"],
  [1, "host-10-0-1-99.openstacklocal", "nobody openstacklocal"],
  [1, "host-010-0-1-7.openstacklocal", "nobody openstacklocal"],
  [1, "openstacklocal", "zone openstacklocal"],
  [1, "left.example", "foreign left.example"],
  [1, "nobody.left.example", "foreign left.example"],
  [1, "nobody.openstacklocal", "nobody openstacklocal"],
  [1, "www.example.org", "foreign"],
  [1, "", "foreign"],
  // Over routers: the project's own networks, and no one else's.
  [1, "db.openstacklocal", "10.0.2.2 fd00:2::2 of openstacklocal"],
  [1, "deep.cloud.example", "10.0.3.3 fd00:3::3 of cloud.example"],
  [3, "web.left.example", `${WEB} of left.example`],
  [1, "theirs.openstacklocal", "nobody openstacklocal"],
  [6, "web.left.example", "10.0.6.6 fd00:6::6 of left.example"],
  [6, "db.openstacklocal", "nobody openstacklocal"],
  [5, "web", "foreign"],
  // Backwards.
  [1, "1.1.0.10.in-addr.arpa", "web.left.example"],
  [1, "7.1.0.10.in-addr.arpa", "host-10-0-1-7.left.example"],
  [1, "8.1.0.10.in-addr.arpa", "own.port.example"],
  [1, "9.1.0.10.in-addr.arpa", "whole.elsewhere.example"],
  [1, "2.2.0.10.in-addr.arpa", "db.openstacklocal"],
  [3, "3.3.0.10.in-addr.arpa", "deep.cloud.example"],
  [1, "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa", "host-fd00-1--7.left.example"],
  [1, "99.1.0.10.in-addr.arpa", "nobody 1.0.10.in-addr.arpa"],
  [1, "4.4.0.10.in-addr.arpa", "foreign"],
  [5, "99.5.0.10.in-addr.arpa", "foreign"],
  [1, "1.0.10.in-addr.arpa", "foreign"],
];
for (const [asker, name, known] of rows) {
  test(`port ${asker} asks for ${name || "the root"}: ${known}`, () => {
    const { view, names } = setUp();
    assert.equal(short(names.look(view.ports.get(portId(asker))!, name)), known);
  });
}

test("names follow the view: a port that is renamed, comes, goes, or gives its address to another", () => {
  const { view, names } = setUp();
  const port = view.ports.get(portId(1))!;
  const look = (name: string) => short(names.look(port, name));
  const set = (...endpoints: ReturnType<typeof anEndpoint>[]) => {
    for (const endpoint of endpoints) view.endpoints.set(endpoint.id, endpoint);
    names.changed({ ...none, endpoints: new Set(endpoints.map(({ id }) => id)) });
  };
  assert.equal(look("host-10-0-1-7"), "10.0.1.7 of host-10-0-1-7");
  set(anEndpoint(7, 1, "h2", { dnsName: "named" }));
  assert.deepEqual([look("named"), look("host-10-0-1-7")], ["10.0.1.7 fd00:1::7 of named", "foreign"]);
  set(anEndpoint(12, 1, "h2", { ips: ["10.0.1.7" as Ip] }), anEndpoint(7, 1, "h2", { ips: ["10.0.1.12" as Ip] }));
  assert.equal(look("7.1.0.10.in-addr.arpa"), "host-10-0-1-7.left.example");
  assert.equal(look("12.1.0.10.in-addr.arpa"), "host-10-0-1-12.left.example");
  view.endpoints.delete(portId(12));
  names.changed({ ...none, endpoints: new Set([portId(12)]) });
  assert.equal(look("7.1.0.10.in-addr.arpa"), "nobody 1.0.10.in-addr.arpa");
});

test("what routers join follows the view", () => {
  const { view, names } = setUp();
  const look = () => short(names.look(view.ports.get(portId(1))!, "db.openstacklocal"));
  assert.match(look(), /^10/);
  view.routers.delete(uuid("e", 1));
  names.changed({ ...none, routers: new Set([uuid("e", 1)]) });
  assert.equal(look(), "nobody openstacklocal");
  view.routers.set(uuid("e", 4), router(4, 2, 1));
  names.changed({ ...none, routers: new Set([uuid("e", 4)]) });
  assert.match(look(), /^10/);
  view.networks.set(networkId(2), aNetwork(2, { projectId: "q" }));
  names.changed({ ...none, networks: new Set([networkId(2)]) });
  assert.equal(look(), "nobody openstacklocal");
});

test("another view, or a sweep after nobody asked, makes tables anew", () => {
  let { view } = setUp();
  const names = new Names(() => view);
  const look = () => short(names.look(aPort(1, 1), "web.openstacklocal"));
  assert.match(look(), /^10/);
  view.endpoints.clear();
  assert.match(look(), /^10/, "nobody told it of the change");
  names.sweep(performance.now() + 601_000);
  assert.equal(look(), "nobody openstacklocal");
  ({ view } = setUp());
  assert.match(look(), /^10/);
  view = aView([], [], []);
  assert.equal(look(), "foreign");
});

test("reverse names that are none", () => {
  const wrong = [
    "1.0.0.256.in-addr.arpa",
    "01.0.0.10.in-addr.arpa",
    "x.0.0.10.in-addr.arpa",
    "in-addr.arpa",
    "ip6.arpa",
  ];
  for (const name of [...wrong, `${"g.".repeat(32)}ip6.arpa`]) assert.equal(reverseAddress(name), undefined);
});

test("a name that thousands have is found quickly, and no more addresses are told than an answer holds", () => {
  const { view, names } = setUp();
  for (let i = 0; i < 20_000; i++) {
    const id = uuid("c", i);
    view.endpoints.set(id, anEndpoint(0, 1, "h2", { id, dnsName: "many", ips: [`10.9.${i >> 8}.${i & 255}` as Ip] }));
  }
  const look = () => names.look(view.ports.get(portId(1))!, "many.openstacklocal");
  const count = () => {
    const known = look();
    return known.kind === "host" ? known.ips.length : 0;
  };
  assert.equal(count(), 2_000);
  const gone = [...Array(19_999).keys()].map((i) => uuid("c", i));
  for (const id of gone) view.endpoints.delete(id);
  names.changed({ ...none, endpoints: new Set(gone) });
  assert.equal(short(look()), "10.9.78.31 of openstacklocal");
});
