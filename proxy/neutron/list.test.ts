import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type FakeDoor, fakeDoor } from "./fake-door.ts";

const SUB = "22222222-2222-4222-8222-222222222222";
const PAIR = (ip_address: string, subnet_id = SUB) => ({ ip_address, subnet_id });

/** id, and what of it differs from a port of project "mine" on network "n1". */
const PORTS: [string, object][] = [
  ["a", { name: "web", tags: ["red", "blue"], fixed_ips: [PAIR("10.0.0.5")], "binding:host_id": "h1" }],
  [
    "b",
    { name: "db", tags: ["red"], fixed_ips: [PAIR("10.0.0.50"), PAIR("2001:db8::5", "s6")], admin_state_up: false },
  ],
  ["c", { name: "", tags: [], device_owner: "compute:nova", security_groups: ["g1", "g2"] }],
  [
    "d",
    { name: "web", project_id: "theirs", network_id: "n2", device_id: "vm", revision_number: 3, ip_allocation: "none" },
  ],
];

let door: FakeDoor;
before(async () => {
  door = await fakeDoor();
  const { networking } = door;
  for (const [id, shared] of [
    ["n1", false],
    ["n2", true],
  ] as const) {
    networking.put("network", { id, project_id: "mine", name: id, shared, subnets: [], tags: [] });
    networking.put("subnet", { id: `s-${id}`, project_id: "mine", network_id: id, tags: [], shared: id === "n2" });
  }
  const common = { project_id: "mine", network_id: "n1", admin_state_up: true, device_id: "", device_owner: "" };
  const lists = { fixed_ips: [], security_groups: [], tags: [], "binding:host_id": "" };
  for (const [id, own] of PORTS) networking.put("port", { id, ...common, ...lists, dns_name: "", ...own });
});
after(() => door.close());

/** The ids of a list, joined. */
async function ids(query: string, collection = "ports", token = "admin"): Promise<string> {
  const reply = await door.ask("GET", `/v2.0/${collection}?${query}`, { token });
  assert.equal(reply.status, 200, reply.text);
  return reply.body[collection].map((row: { id: string }) => row.id).join("");
}

describe("a list of ports is narrowed by", () => {
  const rows: [query: string, found: string][] = [
    ["", "abcd"],
    ["name=web", "ad"],
    ["name=web&name=db", "abd"],
    ["name=web&project_id=mine", "a"],
    ["tenant_id=theirs", "d"],
    ["name=", "c"],
    ["admin_state_up=False", "b"],
    ["admin_state_up=yes", "acd"],
    ["id=a&id=d&id=x", "ad"],
    ["revision_number=3", "d"],
    ["network_id=n2", "d"],
    ["device_id=vm", "d"],
    ["binding:host_id=h1", "a"],
    ["security_groups=g2", "c"],
    ["ip_allocation=none", "d"],
    ["ip_allocation=immediate", "abc"],
    ["fixed_ips=ip_address=10.0.0.5", "a"],
    ["fixed_ips=ip_address%3D10.0.0.5&fixed_ips=ip_address%3D10.0.0.50", "ab"],
    ["fixed_ips=ip_address=2001:DB8:0::5", "b"],
    ["fixed_ips=ip_address_substr=0.0.5", "ab"],
    [`fixed_ips=subnet_id=${SUB}`, "ab"],
    [`fixed_ips=subnet_id=${SUB}&fixed_ips=ip_address=2001:db8::5`, ""],
    ["fixed_ips=subnet_id=s6&fixed_ips=ip_address=2001:db8::5", "b"],
    ["tags=red", "ab"],
    ["tags=red,blue", "a"],
    ["tags-any=red,blue", "ab"],
    ["not-tags=red,blue", "bcd"],
    ["not-tags-any=red,blue", "cd"],
    ["name=web%20x", ""],
  ];
  for (const [query, found] of rows) {
    test(query || "nothing", async () => assert.equal(await ids(query), found));
  }

  test("what the caller may see", async () => {
    assert.equal(await ids("", "ports", "other"), "d");
    assert.equal(await ids("id=a", "ports", "other"), "");
  });

  test("what the control node may have indexes for, which the hint names", async () => {
    await ids("tenant_id=mine&network_id=n1&network_id=n2&binding:host_id=h1&name=web");
    assert.deepEqual(door.networking.lastHint, {
      project_id: ["mine"],
      network_id: ["n1", "n2"],
      "binding:host_id": ["h1"],
      name: ["web"],
    });
  });
});

test("subnets are filtered by whether they are shared", async () => {
  assert.equal(await ids("shared=True", "subnets"), "s-n2");
  assert.equal(await ids("shared=0", "subnets"), "s-n1");
});

describe("order and pages:", () => {
  const rows: [query: string, found: string][] = [
    ["sort_key=name&sort_dir=desc", "adbc"],
    ["sort_key=name&sort_dir=asc&sort_key=id&sort_dir=desc", "cbda"],
    ["sort_key=admin_state_up&sort_dir=asc", "bacd"],
    ["limit=2", "ab"],
    ["limit=0", "abcd"],
    ["limit=2&marker=b", "cd"],
    ["limit=2&marker=d", ""],
    ["limit=2&marker=c&page_reverse=True", "ab"],
    ["limit=1&marker=c&page_reverse=true", "b"],
    ["limit=2&page_reverse=True", "cd"],
    ["limit=9&marker=c&page_reverse=False", "d"],
    ["limit=2&marker=b&name=web", "d"],
    ["limit=2&marker=d&sort_key=name&sort_dir=desc", "bc"],
    ["marker=c", "abcd"],
  ];
  for (const [query, found] of rows) {
    test(query, async () => assert.equal(await ids(query), found));
  }

  test("following the links forwards and back meets every row once", async () => {
    const forwards = await walk("/v2.0/ports?limit=1&fields=id&sort_key=name&sort_dir=asc", "next");
    assert.equal(forwards.join(""), "cbad");
    const back = await walk("/v2.0/ports?limit=3&page_reverse=True", "previous");
    assert.equal(back.join(" "), "bcd a");
  });

  test("links keep the query and start at the page's ends", async () => {
    const { body } = await door.ask("GET", "/v2.0/ports?limit=2&name=web", { headers: { host: "net:9696" } });
    const base = "http://net:9696/v2.0/ports?limit=2&name=web";
    assert.deepEqual(body.ports_links, [
      { rel: "next", href: `${base}&marker=d` },
      { rel: "previous", href: `${base}&marker=a&page_reverse=True` },
    ]);
    const short = await door.ask("GET", "/v2.0/ports?limit=9");
    assert.deepEqual(
      short.body.ports_links.map((link: { rel: string }) => link.rel),
      ["previous"],
    );
    assert.equal((await door.ask("GET", "/v2.0/ports")).body.ports_links, undefined);
  });
});

/** The ids of each page, along the links of one kind. */
async function walk(url: string, rel: string): Promise<string[]> {
  const pages: string[] = [];
  for (let next: string | undefined = url; next !== undefined && pages.length < 10; ) {
    const { body } = await door.ask("GET", next.replace(/^http:\/\/[^/]+/, ""));
    if (body.ports.length > 0) pages.push(body.ports.map((port: { id: string }) => port.id).join(""));
    next = body.ports_links?.find((link: { rel: string }) => link.rel === rel)?.href;
    if (body.ports.length === 0) break;
  }
  return pages;
}

describe("fields:", () => {
  test("only those that were asked for, unknown ones ignored", async () => {
    const { body } = await door.ask("GET", "/v2.0/ports?id=a&fields=name&fields=nope&fields=&fields=tenant_id");
    assert.deepEqual(body.ports, [{ name: "web", tenant_id: "mine" }]);
  });

  test("only unknown ones leave empty objects", async () => {
    assert.deepEqual((await door.ask("GET", "/v2.0/ports?id=a&fields=nope")).body.ports, [{}]);
  });

  test("text with quotes and signs is escaped", async () => {
    const name = '"\\ü\n\u2028😀';
    door.networking.put("network", { id: "odd", project_id: "odd", name, subnets: [], tags: [] });
    const { body } = await door.ask("GET", "/v2.0/networks?id=odd&fields=name");
    assert.deepEqual(body.networks, [{ name }]);
    door.networking.table("network").delete("odd");
  });

  test("internal DNS names are derived from the addresses", async () => {
    const { body } = await door.ask("GET", "/v2.0/ports/b?fields=dns_assignment");
    assert.deepEqual(body.port.dns_assignment, [
      { ip_address: "10.0.0.50", hostname: "host-10-0-0-50", fqdn: "host-10-0-0-50.openstacklocal." },
      { ip_address: "2001:db8::5", hostname: "host-2001-db8--5", fqdn: "host-2001-db8--5.openstacklocal." },
    ]);
  });
});

describe("a query is refused in Neutron's words:", () => {
  const bad = (message: string) => ["HTTPBadRequest", message];
  const rows: [query: string, error: string[]][] = [
    ["foo=1&bar=2", bad("['foo', 'bar'] is invalid attribute for filtering")],
    ["extra_dhcp_opts=1", bad("['extra_dhcp_opts'] is invalid attribute for filtering")],
    ["constructor=1", bad("['constructor'] is invalid attribute for filtering")],
    ["admin_state_up=x", ["InvalidInput", "Invalid input for operation: 'x' cannot be converted to boolean."]],
    ["fixed_ips=x", ["InvalidInput", "Invalid input for operation: 'x' is not of the form <key>=[value]."]],
    ["sort_key=name", bad("The number of sort_keys and sort_dirs must be same")],
    ["sort_key=fixed_ips&sort_dir=asc", bad("['fixed_ips'] is invalid attribute for sort_keys")],
    ["sort_key=id&sort_dir=up", bad("['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'")],
    ["limit=-1", ["BadRequest", "Bad limit request: Limit must be an integer 0 or greater and not '-1'."]],
    ["limit=x", ["BadRequest", "Bad limit request: Limit must be an integer 0 or greater and not 'x'."]],
  ];
  for (const [query, [type, message]] of rows) {
    test(query, async () => {
      const reply = await door.ask("GET", `/v2.0/ports?${query}`);
      assert.deepEqual([reply.status, reply.body], [400, { NeutronError: { type, message, detail: "" } }]);
    });
  }

  test("a marker that is not there is not found", async () => {
    const reply = await door.ask("GET", "/v2.0/ports?limit=1&marker=x");
    assert.deepEqual([reply.status, reply.body.NeutronError.type], [404, "PortNotFound"]);
  });

  test("also when one resource is shown", async () => {
    assert.equal((await door.ask("GET", "/v2.0/ports/a?foo=1")).status, 400);
  });
});
