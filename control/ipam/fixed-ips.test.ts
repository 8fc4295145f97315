import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type FixedIp, type Ip, ip, type Mac, mac, prefix, type SubnetRecord, slaacAddress } from "../../model/mod.ts";
import { type AddressedPort, changeFixedIps, type FixedIpRequest, type Want, wantsOfNewPort } from "./fixed-ips.ts";
import { defaultPools } from "./pools.ts";
import { candidateSubnets, isValidFor } from "./subnets.ts";

const MAC = mac("02:00:00:00:00:0a");
const OTHER_MAC = mac("02:00:00:00:00:0b");

function subnet(id: string, cidr: string, more: Partial<SubnetRecord> = {}): SubnetRecord {
  const { family } = prefix(cidr);
  return {
    id,
    project_id: "p",
    name: "",
    description: "",
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    revision_number: 1,
    tags: [],
    network_id: "net",
    ip_version: family,
    cidr: prefix(cidr).cidr,
    gateway_ip: null,
    enable_dhcp: true,
    allocation_pools: defaultPools(prefix(cidr), null),
    dns_nameservers: [],
    host_routes: [],
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
    subnetpool_id: null,
    segment_id: null,
    service_types: [],
    dns_publish_fixed_ip: false,
    ...more,
  };
}
const SLAAC = { ipv6_ra_mode: "slaac", ipv6_address_mode: "slaac" } as const;
const SUBNETS = [
  subnet("a4", "10.0.0.0/24"),
  subnet("b4", "10.0.1.0/24"),
  subnet("a6", "2001:db8:a::/64"),
  subnet("s1", "2001:db8:1::/64", SLAAC),
  subnet("s2", "2001:db8:2::/64", { ipv6_ra_mode: "dhcpv6-stateless" }),
];
const own = (id: string, by: Mac = MAC): Ip =>
  slaacAddress(prefix(SUBNETS.find((entry) => entry.id === id)?.cidr ?? ""), by);
const known = { subnets: SUBNETS, exists: (id: string) => SUBNETS.some((entry) => entry.id === id) };
const port = (more: Partial<AddressedPort> = {}): AddressedPort => ({
  networkId: "net",
  deviceOwner: "",
  mac: MAC,
  ...more,
});
const show = (wants: Want[]) =>
  wants.map((want) => (want.kind === "exact" ? want.ip : want.subnets.map(({ id }) => id).join("|"))).join(" ");
const ROUTER = "network:router_interface";

/** [device owner, what is asked for, the wants] */
const rows: [string, FixedIpRequest[] | undefined, string][] = [
  ["", undefined, `a4|b4 a6 ${own("s1")} ${own("s2")}`],
  [ROUTER, undefined, "a4|b4 a6"],
  ["", [], `${own("s1")} ${own("s2")}`],
  [ROUTER, [{ subnet_id: "s1" }], "s1"],
  ["", [{ subnet_id: "s1" }], `${own("s1")} ${own("s2")}`],
  ["", [{ subnet_id: "b4" }, { ip_address: ip("10.0.0.9") }], `10.0.0.9 b4 ${own("s1")} ${own("s2")}`],
  [ROUTER, [{ ip_address: ip("2001:db8:1::") }], "2001:db8:1::"],
];
for (const [deviceOwner, requests, expected] of rows) {
  test(`a new port of "${deviceOwner}" asking for ${JSON.stringify(requests)} wants ${expected}`, () => {
    const wants = wantsOfNewPort(port({ deviceOwner }), requests, known);
    assert.ok(wants !== "deferred");
    assert.equal(show(wants), expected);
  });
}

/** [subnet, address, owner, valid]: check_subnet_ip of neutron/ipam/utils.py. */
const validity: [string, string, string, boolean][] = [
  ["10.0.0.0/24", "10.0.0.1", "", true],
  ["10.0.0.0/24", "10.0.0.0", "", false],
  ["10.0.0.0/24", "10.0.0.255", "", false],
  ["10.0.0.0/24", "10.0.1.0", "", false],
  ["10.0.0.0/24", "2001:db8::1", "", false],
  ["10.0.0.0/31", "10.0.0.1", "", true],
  ["2001:db8::/64", "2001:db8::", "compute:nova", false],
  ["2001:db8::/64", "2001:db8::", ROUTER, true],
  ["2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", "compute:nova", true],
];
for (const [cidr, address, owner, valid] of validity) {
  test(`${address} is ${valid ? "" : "not "}an address of ${cidr} for "${owner}"`, () => {
    assert.equal(isValidFor(prefix(cidr), ip(address), owner), valid);
  });
}

test("subnets with the port's service type come first, those of other types not at all, DHCP's everywhere", () => {
  const list = [
    subnet("plain", "10.0.0.0/24"),
    subnet("late", "10.0.3.0/24", { created_at: "2026-02-01T00:00:00Z" }),
    subnet("mine", "10.0.1.0/24", { service_types: ["compute:nova"] }),
    subnet("other", "10.0.2.0/24", { service_types: ["network:router_gateway"] }),
  ];
  const ids = (owner: string) => candidateSubnets(list, owner).map(({ id }) => id);
  assert.deepEqual(ids("compute:nova"), ["mine", "plain", "late"]);
  assert.deepEqual(ids(""), ["plain", "late"]);
  assert.deepEqual(ids("network:dhcp"), ["mine", "other", "plain", "late"]);
});

const at = (subnet_id: string, address: string): FixedIp => ({ subnet_id, ip_address: ip(address) });
const CURRENT = [at("a4", "10.0.0.9"), at("a4", "10.0.0.8"), at("s1", own("s1")), at("s2", own("s2"))];
const brief = (list: FixedIp[]) => list.map((entry) => entry.ip_address).join(" ");

/** [MAC after, requests, kept, removed, wanted] of a port with 10.0.0.9, 10.0.0.8 and both SLAAC addresses */
const changes: [Mac, FixedIpRequest[] | undefined, string, string, string][] = [
  [MAC, undefined, `10.0.0.9 10.0.0.8 ${own("s1")} ${own("s2")}`, "", ""],
  [MAC, [], `${own("s1")} ${own("s2")}`, "10.0.0.9 10.0.0.8", ""],
  [MAC, [{ ip_address: ip("10.0.0.8") }], `10.0.0.8 ${own("s1")} ${own("s2")}`, "10.0.0.9", ""],
  [MAC, [{ subnet_id: "a4" }], `10.0.0.9 ${own("s1")} ${own("s2")}`, "10.0.0.8", ""],
  [MAC, [{ subnet_id: "a6" }], `${own("s1")} ${own("s2")}`, "10.0.0.9 10.0.0.8", "a6"],
  [
    OTHER_MAC,
    undefined,
    "10.0.0.9 10.0.0.8",
    `${own("s1")} ${own("s2")}`,
    `${own("s1", OTHER_MAC)} ${own("s2", OTHER_MAC)}`,
  ],
  [
    OTHER_MAC,
    [{ ip_address: ip("10.0.0.9") }, { ip_address: own("s1") }],
    "10.0.0.9",
    `${own("s1")} ${own("s2")} 10.0.0.8`,
    `${own("s1", OTHER_MAC)} ${own("s2", OTHER_MAC)}`,
  ],
];
for (const [after, requests, keep, remove, add] of changes) {
  test(`with MAC ${after}, asking for ${JSON.stringify(requests)} keeps ${keep}`, () => {
    const change = changeFixedIps(port({ mac: after }), CURRENT, MAC, requests, known);
    assert.equal(brief(change.keep), keep);
    assert.equal(brief(change.remove), remove);
    assert.equal(show(change.add), add);
  });
}

test("a change keeps or removes each address once, and adds none that stays", () => {
  const address = fc.constantFrom("10.0.0.9", "10.0.0.8", "10.0.0.7", "10.0.1.3", "2001:db8:a::5");
  const request = fc.oneof(
    address.map((text): FixedIpRequest => ({ ip_address: ip(text) })),
    fc.constantFrom("a4", "b4", "a6", "s1").map((subnet_id): FixedIpRequest => ({ subnet_id })),
  );
  fc.assert(
    fc.property(
      fc.option(fc.uniqueArray(request, { selector: (entry) => entry.ip_address ?? Symbol() }), { nil: undefined }),
      fc.constantFrom(MAC, OTHER_MAC),
      (requests, after) => {
        const { keep, remove, add } = changeFixedIps(port({ mac: after }), CURRENT, MAC, requests, known);
        assert.deepEqual(
          brief([...keep, ...remove])
            .split(" ")
            .sort(),
          brief(CURRENT).split(" ").sort(),
        );
        const kept = new Set<string>(keep.map((entry) => entry.ip_address));
        for (const want of add) if (want.kind === "exact") assert.ok(!kept.has(want.ip));
        const count = (id: string) =>
          keep.filter((entry) => entry.subnet_id === id).length +
          add.filter((want) => want.kind === "exact" && want.subnetId === id).length;
        assert.deepEqual([count("s1"), count("s2")], [1, 1]);
      },
    ),
  );
});
