import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../model/mod.ts";
import { prepareChange, prepareNew } from "./body.ts";
import { CALLERS } from "./fake-door.ts";
import { RESOURCES } from "./resources.ts";
import type { Json } from "./validators.ts";

const NET = "11111111-1111-4111-8111-111111111111";
const admin = { requestId: "req", ...(CALLERS.admin as NonNullable<(typeof CALLERS)[string]>) };
const member = { requestId: "req", ...(CALLERS.member as NonNullable<(typeof CALLERS)[string]>) };

/** What a request becomes: its one body, or "status type: message". */
function prepared(method: string, collection: string, given: Json, caller = admin): unknown {
  const resource = RESOURCES.find((each) => each.collection === collection);
  assert.ok(resource);
  const body = { [resource.kind]: structuredClone(given) };
  try {
    return method === "POST" ? prepareNew(resource, caller, body).bodies[0] : prepareChange(resource, caller, body);
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return `${error.status} ${error.code}: ${error.message}`;
  }
}

const subnet = (given: Json): Json => ({ network_id: NET, ip_version: 4, cidr: "10.0.0.0/24", ...given });
const port = (given: Json): Json => ({ network_id: NET, ...given });

type Refusal = [method: "POST" | "PUT", collection: string, given: Json, answer: string];

const invalid = (attribute: string, reason: string) =>
  `400 HTTPBadRequest: Invalid input for ${attribute}. Reason: ${reason}.`;
const input = (message: string) => `400 InvalidInput: Invalid input for operation: ${message}.`;
const bad = (message: string) => `400 HTTPBadRequest: ${message}`;

const REFUSALS: Refusal[] = [
  ["POST", "networks", { foo: 1, bar: 2 }, bad("Unrecognized attribute(s) 'foo, bar'")],
  ["POST", "networks", JSON.parse('{"__proto__": 1}'), bad("Unrecognized attribute(s) '__proto__'")],
  ["POST", "networks", { constructor: 1 }, bad("Unrecognized attribute(s) 'constructor'")],
  ["POST", "networks", { status: "ACTIVE" }, bad("Attribute 'status' not allowed in POST")],
  ["PUT", "networks", { status: "ACTIVE" }, bad("Cannot update read-only attribute status")],
  ["PUT", "networks", { tags: ["x"] }, bad("Cannot update read-only attribute tags")],
  ["PUT", "networks", { tenant_id: "x" }, bad("Cannot update read-only attribute tenant_id")],
  ["POST", "networks", { tenant_id: "a", project_id: "b" }, bad("'project_id' and 'tenant_id' do not match")],
  ["POST", "networks", { tenant_id: 5 }, invalid("tenant_id", "'5' is not a valid string")],
  ["POST", "networks", { name: null }, invalid("name", "'None' is not a valid string")],
  ["POST", "networks", { name: ["a"] }, invalid("name", "'['a']' is not a valid string")],
  ["POST", "networks", { name: "a\tb" }, invalid("name", "'a\tb' is not a valid string")],
  ["POST", "networks", { name: " a" }, invalid("name", "' a' is not a valid string")],
  [
    "POST",
    "networks",
    { name: "x".repeat(256) },
    invalid("name", `'${"x".repeat(256)}' exceeds maximum length of 255`),
  ],
  ["POST", "networks", { admin_state_up: "maybe" }, input("'maybe' cannot be converted to boolean")],
  ["POST", "networks", { admin_state_up: null }, input("'None' cannot be converted to boolean")],
  ["POST", "networks", { shared: { a: 1 } }, input("'{'a': 1}' cannot be converted to boolean")],
  ["POST", "networks", { mtu: "big" }, input("'big' is not an integer")],
  ["POST", "networks", { mtu: -1 }, invalid("mtu", "'-1' should be non-negative")],
  ["POST", "networks", { mtu: JSON.parse("1e400") }, input("'inf' is not an integer")],
  ["POST", "networks", { "provider:segmentation_id": [1] }, input("'[1]' is not an integer")],
  ["POST", "networks", { "provider:network_type": 1 }, invalid("provider:network_type", "'1' is not a valid string")],
  ["POST", "networks", { dns_domain: 1 }, input("Input value 1 must be string type")],
  ["POST", "networks", { dns_domain: "a.b" }, invalid("dns_domain", "'a.b' is not a FQDN")],
  [
    "POST",
    "networks",
    { availability_zone_hints: ["a", "a"] },
    invalid("availability_zone_hints", "Duplicate items in the list: 'a'"),
  ],
  ["POST", "subnets", {}, bad("Failed to parse request. Required attribute 'ip_version' not specified")],
  ["POST", "subnets", { ip_version: 4 }, bad("Failed to parse request. Required attribute 'network_id' not specified")],
  ["POST", "subnets", subnet({ ip_version: 5 }), invalid("ip_version", "5 is not in valid_values")],
  ["POST", "subnets", subnet({ network_id: "x" }), invalid("network_id", "'x' is not a valid UUID")],
  ["POST", "subnets", subnet({ cidr: "x" }), input("x is not in a CIDR format")],
  ["POST", "subnets", subnet({ cidr: null }), input("None is not in a CIDR format")],
  ["POST", "subnets", subnet({ cidr: "10.0.0.0/33" }), input("10.0.0.0/33 is not in a CIDR format")],
  ["POST", "subnets", subnet({ cidr: "10.0.0.0/24/1" }), input("10.0.0.0/24/1 is not in a CIDR format")],
  ["POST", "subnets", subnet({ gateway_ip: "x" }), invalid("gateway_ip", "'x' is not a valid IP address")],
  [
    "POST",
    "subnets",
    subnet({ gateway_ip: "10.0.0.01" }),
    invalid("gateway_ip", "'10.0.0.01' is not an accepted IP address, '10.0.0.1' is recommended"),
  ],
  ["POST", "subnets", subnet({ allocation_pools: 5 }), input("Invalid data format for allocation pools")],
  [
    "POST",
    "subnets",
    subnet({ allocation_pools: [{ start: "10.0.0.2" }] }),
    invalid(
      "allocation_pools",
      "Validation of dictionary's keys failed. Expected keys: {'start', 'end'} Provided keys: {'start'}",
    ),
  ],
  [
    "POST",
    "subnets",
    subnet({ dns_nameservers: ["8.8.8.8", "8.8.8.8"] }),
    invalid("dns_nameservers", "Duplicate nameserver '8.8.8.8'"),
  ],
  [
    "POST",
    "subnets",
    subnet({ dns_nameservers: ["dns"] }),
    invalid("dns_nameservers", "'dns' is not a valid nameserver. 'dns' is not a valid IP address"),
  ],
  ["POST", "subnets", subnet({ host_routes: "x" }), invalid("host_routes", "Invalid data format for hostroute: 'x'")],
  [
    "POST",
    "subnets",
    subnet({ host_routes: ["x"] }),
    invalid("host_routes", "Invalid input. 'x' must be a dictionary with keys: ['destination', 'nexthop']"),
  ],
  [
    "POST",
    "subnets",
    subnet({ host_routes: [{ destination: "10.1.0.1/24", nexthop: "10.0.0.9" }] }),
    invalid("host_routes", "'10.1.0.1/24' is not a valid CIDR"),
  ],
  [
    "POST",
    "subnets",
    subnet({ host_routes: [{ destination: "127.0.0.0/8", nexthop: "10.0.0.9" }] }),
    invalid("host_routes", "'127.0.0.0/8' is not a routable CIDR"),
  ],
  ["POST", "subnets", subnet({ ipv6_ra_mode: null }), invalid("ipv6_ra_mode", "None is not in valid_values")],
  ["POST", "subnets", subnet({ service_types: "x" }), bad("Subnet service types must be a list.")],
  [
    "POST",
    "subnets",
    subnet({ service_types: [5] }),
    "400 InvalidInputSubnetServiceType: Subnet service type 5 is not a string.",
  ],
  [
    "POST",
    "subnets",
    subnet({ service_types: ["vm"] }),
    "400 InvalidSubnetServiceType: Subnet service type vm does not correspond to a valid device owner.",
  ],
  ["PUT", "subnets", { cidr: "10.0.0.0/25" }, bad("Cannot update read-only attribute cidr")],
  ["POST", "ports", {}, bad("Failed to parse request. Required attribute 'network_id' not specified")],
  ["POST", "ports", port({ mac_address: "x" }), invalid("mac_address", "'x' is not a valid MAC address")],
  [
    "POST",
    "ports",
    port({ mac_address: "ff:ff:ff:ff:ff:ff" }),
    invalid("mac_address", "'ff:ff:ff:ff:ff:ff' is not a valid MAC address"),
  ],
  ["POST", "ports", port({ fixed_ips: {} }), invalid("fixed_ips", "Invalid data format for fixed IP: '{}'")],
  ["POST", "ports", port({ fixed_ips: [1] }), invalid("fixed_ips", "Invalid data format for fixed IP: '1'")],
  [
    "POST",
    "ports",
    port({ fixed_ips: [{ ip_address: "10.0.0.1" }, { ip_address: "10.0.0.1" }] }),
    invalid("fixed_ips", "Duplicate IP address '10.0.0.1'"),
  ],
  ["POST", "ports", port({ fixed_ips: [{ subnet_id: 1 }] }), invalid("fixed_ips", "'1' is not a valid UUID")],
  ["POST", "ports", port({ "binding:vnic_type": "fast" }), invalid("binding:vnic_type", "fast is not in valid_values")],
  ["POST", "ports", port({ "binding:profile": [] }), invalid("binding:profile", "'[]' is not a dictionary")],
  ["POST", "ports", port({ "binding:host_id": {} }), invalid("binding:host_id", "'{}' is not a valid string")],
  ["POST", "ports", port({ security_groups: "x" }), invalid("security_groups", "'x' is not a list")],
  ["POST", "ports", port({ security_groups: ["x"] }), invalid("security_groups", "'x' is not a valid UUID")],
  ["POST", "ports", port({ allowed_address_pairs: {} }), bad("Allowed address pairs must be a list.")],
  [
    "POST",
    "ports",
    port({ allowed_address_pairs: ["x"] }),
    invalid("allowed_address_pairs", "'x' is not a dictionary"),
  ],
  [
    "POST",
    "ports",
    port({ allowed_address_pairs: [{}] }),
    "400 AllowedAddressPairsMissingIP: AllowedAddressPair must contain ip_address",
  ],
  [
    "POST",
    "ports",
    port({ allowed_address_pairs: [{ ip_address: "10.0.0.1", x: 1 }] }),
    bad("Unrecognized attribute(s) 'x'"),
  ],
  [
    "POST",
    "ports",
    port({ allowed_address_pairs: [{ ip_address: "224.0.0.1" }] }),
    bad("IP 224.0.0.1 is a multicast address, which is not supported."),
  ],
  [
    "POST",
    "ports",
    port({ allowed_address_pairs: [{ ip_address: "192.0.0.0/2" }] }),
    bad("Subnet 192.0.0.0/2 overlaps with multicast range 224.0.0.0/4, which is not supported."),
  ],
  [
    "POST",
    "ports",
    port({ allowed_address_pairs: [{ ip_address: "10.0.0.1", mac_address: "01:00:5e:00:00:01" }] }),
    bad("MAC address 01:00:5e:00:00:01 is a multicast address, which is not supported."),
  ],
  [
    "POST",
    "ports",
    port({ allowed_address_pairs: [{ ip_address: "10.0.0.1" }, { ip_address: "10.0.0.1" }] }),
    "400 DuplicateAddressPairInRequest: Request contains duplicate address pair: mac_address None ip_address 10.0.0.1.",
  ],
  [
    "POST",
    "ports",
    port({ allowed_address_pairs: Array.from({ length: 11 }, (_, i) => ({ ip_address: `10.0.0.${i}` })) }),
    "400 AllowedAddressPairExhausted: The number of allowed address pair exceeds the maximum 10.",
  ],
  [
    "POST",
    "ports",
    port({ extra_dhcp_opts: [{ opt_name: "mtu" }] }),
    input("No valid key specs matched for: {'opt_name': 'mtu'}"),
  ],
  ["POST", "ports", port({ extra_dhcp_opts: 5 }), input("'5' is not a list")],
  [
    "POST",
    "ports",
    port({ dns_name: "-a" }),
    invalid("dns_name", "'-a' not a valid PQDN or FQDN. Reason: Name '-a' must not start or end with a hyphen"),
  ],
  ["POST", "ports", port({ tags: ["a", "a"] }), invalid("tags", "Duplicate items in the list: 'a'")],
  ["POST", "ports", port({ tags: "a" }), invalid("tags", "'a' is not a list")],
];

describe("a request is refused in Neutron's words:", () => {
  for (const [method, collection, given, answer] of REFUSALS) {
    test(`${method} ${collection} ${JSON.stringify(given).slice(0, 80)}`, () => {
      assert.equal(prepared(method, collection, given), answer);
    });
  }
});

/** What some attributes become. */
type Conversion = [collection: string, given: Json, becomes: Json];

const CONVERSIONS: Conversion[] = [
  ["networks", { admin_state_up: "no", shared: 1, mtu: " 1400 " }, { admin_state_up: false, shared: true, mtu: 1400 }],
  ["networks", { tenant_id: "p" }, { project_id: "p" }],
  ["networks", { dns_domain: "Example.Org." }, { dns_domain: "example.org." }],
  ["subnets", subnet({ cidr: "10.0.0.9/24" }), { cidr: "10.0.0.0/24" }],
  ["subnets", subnet({ cidr: "10.0.0.0/255.255.255.0" }), { cidr: "10.0.0.0/24" }],
  ["subnets", subnet({ ip_version: "6", cidr: "2001:DB8::/64" }), { ip_version: 6, cidr: "2001:db8::/64" }],
  ["subnets", subnet({ gateway_ip: null }), { gateway_ip: null }],
  ["subnets", subnet({ dns_nameservers: null, host_routes: null }), { dns_nameservers: [], host_routes: [] }],
  [
    "subnets",
    subnet({ allocation_pools: [{ start: "2001:DB8::1", end: "2001:db8:0::f" }] }),
    { allocation_pools: [{ start: "2001:db8::1", end: "2001:db8::f" }] },
  ],
  ["subnets", subnet({ service_types: null }), { service_types: [] }],
  ["ports", port({ mac_address: "00-1B-77-49-54-FD" }), { mac_address: "00:1b:77:49:54:fd" }],
  ["ports", port({ mac_address: "001b.7749.54fd" }), { mac_address: "00:1b:77:49:54:fd" }],
  ["ports", port({ fixed_ips: [{ ip_address: "2001:DB8::1", x: 1 }] }), { fixed_ips: [{ ip_address: "2001:db8::1" }] }],
  [
    "ports",
    port({ "binding:host_id": null, "binding:profile": null }),
    { "binding:host_id": "", "binding:profile": {} },
  ],
  [
    "ports",
    port({ extra_dhcp_opts: [{ opt_name: "mtu", opt_value: "1400", ip_version: "6" }] }),
    { extra_dhcp_opts: [{ opt_name: "mtu", opt_value: "1400", ip_version: 6 }] },
  ],
  ["ports", port({ extra_dhcp_opts: null }), { extra_dhcp_opts: [] }],
  [
    "ports",
    port({ allowed_address_pairs: [{ ip_address: "2001:DB8::/64", mac_address: "001B774954FD" }] }),
    { allowed_address_pairs: [{ ip_address: "2001:db8::/64", mac_address: "00:1b:77:49:54:fd" }] },
  ],
];

describe("values become canonical:", () => {
  for (const [collection, given, becomes] of CONVERSIONS) {
    test(`${collection} ${JSON.stringify(given)}`, () => {
      const body = prepared("POST", collection, given) as Json;
      assert.equal(typeof body, "object", String(body));
      assert.deepEqual(Object.fromEntries(Object.keys(becomes).map((name) => [name, body[name]])), becomes);
    });
  }
});

describe("what was not given", () => {
  test("has Neutron's default, or is left out for the control node to choose", () => {
    assert.deepEqual(prepared("POST", "networks", {}), {
      name: "",
      admin_state_up: true,
      project_id: "admin-project",
      shared: false,
      "router:external": false,
      is_default: false,
      port_security_enabled: true,
      mtu: 0,
      dns_domain: "",
      availability_zone_hints: [],
      description: "",
      qos_policy_id: null,
    });
  });

  test("is not in an update", () => {
    assert.deepEqual(prepared("PUT", "ports", { name: "x" }), { name: "x" });
    assert.deepEqual(prepared("PUT", "ports", {}), {});
  });

  test("is a random address for a port that asks for a new one with null", () => {
    const { mac_address } = prepared("PUT", "ports", { mac_address: null }) as Json;
    assert.match(String(mac_address), /^fa:16:3e(:[0-9a-f]{2}){3}$/);
  });
});

describe("the project", () => {
  test("is another's only for an administrator", () => {
    const refused = prepared("POST", "networks", { project_id: "theirs" }, member);
    const message =
      "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user.";
    assert.equal(refused, bad(message));
    assert.equal((prepared("POST", "networks", { project_id: "theirs" }) as Json).project_id, "theirs");
  });

  test("must be named when the caller has none", () => {
    const refused = prepared("POST", "networks", {}, { ...admin, projectId: "" });
    assert.equal(refused, bad("Running without keystone AuthN requires that project_id is specified"));
  });
});
