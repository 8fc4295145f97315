/**
 * Requests to the Neutron API for fuzzing: paths, queries and bodies made from the attribute tables, so that most of
 * them get past the first checks, mixed with values of every wrong kind.
 */
import fc from "fast-check";
import type { Resource } from "../../proxy/neutron/resource.ts";
import { RESOURCES } from "../../proxy/neutron/resources.ts";

export interface FuzzRequest {
  method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH";
  url: string;
  body: unknown;
  token: string;
}

/** Where an id that exists should stand: the test puts a real one of that kind there. */
export const idOf = (kind: string) => `{${kind}}`;

const ADDRESSES = [
  "10.0.0.5",
  "10.0.0.0",
  "2001:db8::5",
  "::",
  "0.0.0.0",
  "10.0.0.05",
  "::ffff:1.2.3.4",
  "fe80::1%eth0",
];
const PREFIXES = [
  "10.0.0.0/24",
  "10.0.0.9/30",
  "10.1.0.0/8",
  "2001:db8::/64",
  "::/0",
  "0.0.0.0/0",
  "10.0.0.0/33",
  "10/8",
];

const wild = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    4,
    6,
    1e300,
    2 ** 53,
    "",
    " ",
    "True",
    "no",
    "a".repeat(300),
  ),
  fc.constantFrom(...ADDRESSES, ...PREFIXES),
  fc.constantFrom("fa:16:3e:00:00:01", "00-1B-77-49-54-FD", "ff:ff:ff:ff:ff:ff", "slaac", "dhcpv6-stateless", "vlan"),
  fc.constantFrom(idOf("network"), idOf("subnet"), idOf("port"), "example.org.", "\u0000", "\ud800", "é\u2028"),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }),
);

const address = fc.oneof(fc.constantFrom(...ADDRESSES), wild);
const list = (item: fc.Arbitrary<unknown>) => fc.oneof(fc.array(item, { maxLength: 4 }), wild);
const record = (members: Record<string, fc.Arbitrary<unknown>>) =>
  fc.oneof({ weight: 4, arbitrary: fc.record(members, { requiredKeys: [] }) }, { weight: 1, arbitrary: wild });

/** Values of the right shape, for the attributes that have one. */
const SHAPES: Record<string, fc.Arbitrary<unknown>> = {
  network_id: fc.constant(idOf("network")),
  subnetpool_id: fc.constantFrom(null, idOf("subnetpool"), idOf("subnet"), "prefix_delegation"),
  address_scope_id: fc.constantFrom(null, idOf("address_scope"), idOf("subnet")),
  prefixes: list(fc.constantFrom(...PREFIXES, "10.2.0.0/15", "2001:db8:1::/48")),
  prefixlen: fc.constantFrom<unknown>(24, "26", 31, 64, 0, 129),
  default_prefixlen: fc.constantFrom<unknown>(24, "26", 31, 64, 0, 129),
  min_prefixlen: fc.constantFrom<unknown>(8, "16", 33, 48, 129),
  max_prefixlen: fc.constantFrom<unknown>(28, "30", 33, 64, 129),
  default_quota: fc.constantFrom<unknown>(null, 0, 1000, 1e9),
  use_default_subnetpool: fc.boolean(),
  object_type: fc.constantFrom("network", "subnetpool", "address_scope", "security_group", "router"),
  object_id: fc.constantFrom(idOf("network"), idOf("subnetpool"), idOf("address_scope"), idOf("port")),
  action: fc.constantFrom("access_as_shared", "access_as_external", "access"),
  target_tenant: fc.constantFrom("*", idOf("network"), "mine"),
  ip_version: fc.constantFrom<unknown>(4, 6, "4", 6.0),
  cidr: fc.oneof(
    fc.constantFrom(...PREFIXES),
    fc.integer({ min: 0, max: 255 }).map((octet) => `10.${octet}.0.0/24`),
    fc.integer({ min: 0, max: 65535 }).map((group) => `2001:db8:${group.toString(16)}::/64`),
  ),
  gateway_ip: address,
  allocation_pools: list(record({ start: address, end: address })),
  dns_nameservers: list(address),
  host_routes: list(record({ destination: fc.constantFrom(...PREFIXES), nexthop: address })),
  fixed_ips: list(record({ subnet_id: fc.constant(idOf("subnet")), ip_address: address })),
  allowed_address_pairs: list(record({ ip_address: fc.constantFrom(...ADDRESSES, ...PREFIXES), mac_address: wild })),
  extra_dhcp_opts: list(
    record({ opt_name: wild, opt_value: wild, ip_version: fc.constantFrom<unknown>(4, 6, "4", 5) }),
  ),
  security_groups: list(fc.constantFrom(idOf("network"), idOf("port"), "x")),
  mac_address: fc.oneof(fc.constant(null), wild),
  "binding:profile": fc.oneof(
    record({ physical: record({ nic: wild, vlan: fc.constantFrom<unknown>(null, 0, 100, 5000, "1") }) }),
    wild,
  ),
  "binding:vnic_type": fc.constantFrom("normal", "baremetal", "direct", "x"),
  "provider:network_type": fc.constantFrom("vxlan", "vlan", "flat", "gre"),
  "provider:physical_network": fc.constantFrom("physnet1", "", "x"),
  "provider:segmentation_id": fc.constantFrom<unknown>(0, 1, 100, 4095, 16777216, "7"),
  tags: list(fc.string({ maxLength: 5 })),
  project_id: fc.constantFrom("mine", "theirs"),
  tenant_id: fc.constantFrom("mine", "theirs"),
};

const NEEDED: Record<string, string[]> = {
  subnet: ["network_id", "ip_version", "cidr"],
  port: ["network_id"],
  network: [],
  subnetpool: ["name", "prefixes"],
  address_scope: ["name", "ip_version"],
  rbac_policy: ["object_type", "object_id", "action", "target_tenant"],
};

function item(resource: Resource): fc.Arbitrary<unknown> {
  const needed = NEEDED[resource.name] ?? [];
  const known = Object.keys(resource.attributes);
  const given = fc.subarray(known, { maxLength: Math.min(5, known.length) }).chain((names) => {
    const all = [...new Set([...needed, ...names])];
    return fc.record(Object.fromEntries(all.map((name) => [name, SHAPES[name] ?? wild])));
  });
  return fc.oneof({ weight: 12, arbitrary: given }, { weight: 1, arbitrary: fc.dictionary(fc.string(), wild) });
}

function bodyOf(resource: Resource): fc.Arbitrary<unknown> {
  const one = item(resource);
  return fc.oneof(
    { weight: 10, arbitrary: one.map((value) => ({ [resource.name]: value })) },
    { weight: 2, arbitrary: fc.array(one, { maxLength: 3 }).map((values) => ({ [resource.collection]: values })) },
    { weight: 1, arbitrary: wild.map((value) => ({ [resource.name]: value, [resource.collection]: value })) },
    // Of a call on one resource: without its name around it.
    { weight: 2, arbitrary: one },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: list(fc.string()).map((tags) => ({ tags })) },
  );
}

function queryOf(resource: Resource): fc.Arbitrary<string> {
  const names = [
    ...Object.keys(resource.attributes),
    "fields",
    "sort_key",
    "sort_dir",
    "limit",
    "marker",
    "page_reverse",
  ];
  const value = fc.oneof(
    fc.constantFrom("1", "True", "asc", "desc", "name", "id", "ip_address=10.0.0.5", idOf(resource.kind), ""),
    fc.string({ maxLength: 10 }),
  );
  return fc
    .array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 })
    .map((pairs) => new URLSearchParams(pairs).toString().replaceAll("%7B", "{").replaceAll("%7D", "}"));
}

function pathOf(resource: Resource): fc.Arbitrary<string> {
  const id = fc.oneof(
    { weight: 6, arbitrary: fc.constant(idOf(resource.kind)) },
    { weight: 1, arbitrary: fc.constantFrom("x", "..", "%00", "constructor", "__proto__") },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 8 }).map(encodeURIComponent) },
  );
  const actions = resource.actions.map(({ name }) => `/${name}`);
  const tail = fc.constantFrom("", "", "", ".json", "/", "/tags", "/tags/a", "/tags/a%2Fb", "/x", ...actions);
  const path = fc.tuple(id, tail).map(([part, rest]) => `/${part}${rest}`);
  return fc.oneof(fc.constantFrom("", "", ".json", "/"), path).map((rest) => `/v2.0/${resource.collection}${rest}`);
}

/** Any request; `weight`s keep most of them creations and updates that may succeed. */
export const fuzzRequest: fc.Arbitrary<FuzzRequest> = fc.constantFrom(...RESOURCES).chain((resource) =>
  fc.record({
    method: fc.constantFrom("GET", "GET", "POST", "POST", "POST", "PUT", "PUT", "DELETE", "PATCH") as fc.Arbitrary<
      FuzzRequest["method"]
    >,
    url: fc
      .tuple(pathOf(resource), queryOf(resource))
      .map(([path, query]) => (query === "" ? path : `${path}?${query}`)),
    body: bodyOf(resource),
    token: fc.constantFrom("admin", "mine", "theirs"),
  }),
);
