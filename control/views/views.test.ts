/** Long because every kind of record has its part in a host's view, and the model test at the end plays with all of them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { HostRecord, HostView, Ip, Kind, ViewMessage } from "../../model/mod.ts";
import { MemoryTables, type RecordWrite } from "../memory-tables.ts";
import { Agent, wholeView } from "./fake-agent.ts";
import { Views } from "./views.ts";

const sorted = (view: HostView) =>
  Object.fromEntries(Object.entries(view).map(([name, table]) => [name, [...(table as Map<string, unknown>)].sort()]));

const write = (kind: Kind, id: string, record: object | undefined): RecordWrite =>
  ({ kind, id, after: record && { record: { id, name: id, ...record }, modRevision: 1 } }) as unknown as RecordWrite;
const network = (id: string, row: object = {}) =>
  write("network", id, {
    project_id: "p",
    admin_state_up: true,
    mtu: 1450,
    dns_domain: "",
    "provider:network_type": "vxlan",
    "provider:physical_network": null,
    "provider:segmentation_id": 7,
    ...row,
  });
const vlan = { "provider:network_type": "vlan", "provider:physical_network": "phys", "provider:segmentation_id": 5 };
const subnet = (id: string, networkId: string, cidr: string) =>
  write("subnet", id, {
    network_id: networkId,
    cidr,
    gateway_ip: null,
    enable_dhcp: true,
    allocation_pools: [],
    dns_nameservers: [],
    host_routes: [],
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
  });
const port = (id: string, networkId: string, host: string, row: object = {}) =>
  write("port", id, {
    network_id: networkId,
    project_id: "p",
    mac_address: "02:00:00:00:00:01",
    fixed_ips: [],
    admin_state_up: true,
    port_security_enabled: true,
    allowed_address_pairs: [],
    extra_dhcp_opts: [],
    security_groups: [],
    dns_name: "",
    device_id: "",
    device_owner: "compute:nova",
    status: "DOWN",
    "binding:host_id": host,
    "binding:vnic_type": "normal",
    "binding:profile": {},
    ...row,
  });
const rule = (id: string, row: object) =>
  write("security_group_rule", id, {
    direction: "ingress",
    ethertype: "IPv4",
    protocol: "tcp",
    port_range_min: 80,
    port_range_max: 90,
    remote_ip_prefix: null,
    remote_group_id: null,
    ...row,
  });
const bandwidth = (max_kbps: number, direction = "egress", max_burst_kbps = 0) => ({
  ...{ type: "bandwidth_limit", id: `b${direction}`, max_kbps, max_burst_kbps, direction },
});
const policy = (id: string, ...rules: object[]) => write("qos_policy", id, { rules });
const gateway = (router: string, network_id: string, hosts: string[], qos_policy_id: string | null = null) => [
  { network_id, port_id: `out-${router}`, enable_snat: true, qos_policy_id, hosts },
];
const floating = (port_id: string | null, router_id: string | null, qos_policy_id: string | null = null) => ({
  qos_policy_id,
  floating_network_id: "n3",
  floating_ip_address: "192.0.2.100",
  floating_port_id: "fp",
  fixed_ip_address: "10.0.0.5",
  port_id,
  router_id,
});
const forwarding = (floatingip_id: string, internal_port_id: string) => ({
  floatingip_id,
  internal_port_id,
  internal_ip_address: "10.0.0.5",
  protocol: "tcp",
  external_ports: [80, 80],
  internal_ports: [8080, 8080],
});
const facts = (tunnel_ip = "192.0.2.1", physical_networks: Record<string, string> = {}) => ({
  tunnel_ip: tunnel_ip as Ip,
  physical_networks,
  underlay_mtu: 1500,
  agent_version: "1",
  datapath: "ebpf",
});
const host = (id: string, row: Partial<HostRecord> | { facts: object } = { facts: facts() }) =>
  write("host", id, { facts: null, ...row });

/** Two hosts and a network; each call of `at` is one revision. */
function lab(...start: RecordWrite[]) {
  const memory = new MemoryTables();
  memory.apply([host("h1"), host("h2"), network("n"), ...start], 10);
  const views = new Views(memory);
  let revision = 10;
  const at = (...writes: RecordWrite[]) => memory.apply(writes, ++revision);
  const open = (name: string, since?: number, agent = new Agent()) => {
    const stop = views.open(name, since, agent);
    return { agent, stop };
  };
  return { memory, views, at, open };
}
const told = (agent: Agent) => {
  const lines = agent.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ViewMessage);
  agent.text = "";
  return lines.map((m) =>
    [
      m.type,
      "kind" in m ? m.kind : "",
      "value" in m ? m.value.id : "id" in m ? m.id : "",
      "revision" in m ? m.revision : "",
    ]
      .filter((part) => part !== "")
      .join(" "),
  );
};

/** With so many backends. */
const front = (count: number) => ({
  ips: ["10.96.0.1"],
  protocol: "tcp",
  port: 80,
  affinity_seconds: null,
  local_only: false,
  backends: Array.from({ length: count }, (_, i) => ({ ip: `10.0.0.${i + 1}`, port: 8080 })),
});

describe("host views", () => {
  it("a fresh reader gets the snapshot of its own part only, then each change closed by a bookmark", () => {
    const { at, open } = lab(port("p1", "n", "h1"), network("other"), port("p3", "other", "h2"));
    const { agent } = open("h1");
    assert.deepEqual(told(agent), ["snapshot", "put network n", "put endpoint p1", "put port p1", "synced 10"]);
    at(port("p2", "n", "h2"));
    assert.deepEqual(told(agent), ["put endpoint p2", "bookmark 11"]);
    at(port("p4", "other", "h2"));
    assert.equal(agent.text, "");
  });

  const silent: [string, RecordWrite][] = [
    ["a port's status", port("p1", "n", "h1", { status: "ACTIVE", revision_number: 2 })],
    ["a host's token", host("h2", { facts: facts(), token_sha256: "x" } as never)],
    ["a host's MTU", host("h2", { facts: { ...facts(), underlay_mtu: 9000 } })],
    ["a network's description", network("n", { description: "new" })],
    ["an unbound port", port("p9", "n", "")],
    ["a port of an unknown host", port("p9", "n", "nobody")],
    ["a physical machine without an attachment", port("p9", "n", "h1", { "binding:vnic_type": "baremetal" })],
  ];
  for (const [what, change] of silent) {
    it(`${what} costs no host a byte`, () => {
      const { at, open } = lab(port("p1", "n", "h1"), port("p2", "n", "h2"));
      const { agent } = open("h1");
      agent.text = "";
      at(change);
      assert.equal(agent.text, "");
    });
  }

  it("the first port in a network brings the network and its endpoints, the last takes them away", () => {
    const { at, open } = lab(port("p2", "n", "h2"));
    const { agent } = open("h1");
    told(agent);
    at(port("p1", "n", "h1"));
    assert.deepEqual(told(agent), [
      "put network n",
      "put endpoint p2",
      "put endpoint p1",
      "put port p1",
      "bookmark 11",
    ]);
    at(write("port", "p1", undefined));
    assert.deepEqual(told(agent), ["delete port p1", "delete network n", "bookmark 12"]);
    assert.deepEqual(sorted(agent.view), {
      networks: [],
      ports: [],
      endpoints: [],
      groups: [],
      routers: [],
      balancers: [],
    });
  });

  it("names of ports and of the cloud's domain are told where there are any", () => {
    const { at, open, memory } = lab(port("p1", "n", "h1"), port("p2", "n", "h2"));
    const { agent } = open("h1");
    const name = () => {
      const { dnsName, dnsDomain } = agent.view.endpoints.get("p2") ?? {};
      return [dnsName, dnsDomain];
    };
    told(agent);
    assert.deepEqual(name(), [undefined, undefined]);
    at(port("p2", "n", "h2", { dns_name: "web", dns_domain: "" }));
    assert.deepEqual(
      [told(agent), name()],
      [
        ["put endpoint p2", "bookmark 11"],
        ["web", undefined],
      ],
    );
    at(port("p2", "n", "h2", { dns_name: "db", dns_domain: "example.org." }));
    assert.deepEqual(
      [told(agent), name()],
      [
        ["put endpoint p2", "bookmark 12"],
        ["db", "example.org."],
      ],
    );
    assert.equal(agent.view.networks.get("n")?.cloudDomain, undefined);
    const other = new Agent();
    new Views(memory, "cloud.example.").open("h1", undefined, other);
    assert.equal(other.view.networks.get("n")?.cloudDomain, "cloud.example.");
  });

  it("a port that moves between hosts changes both views and its endpoint", () => {
    const { at, open } = lab(port("p1", "n", "h1"), port("p2", "n", "h1"), port("p3", "n", "h2"));
    const [one, two] = [open("h1").agent, open("h2").agent];
    told(one);
    told(two);
    at(port("p1", "n", "h2"));
    assert.deepEqual(told(one), ["put endpoint p1", "delete port p1", "bookmark 11"]);
    assert.deepEqual(told(two), ["put endpoint p1", "put port p1", "bookmark 11"]);
  });

  it("a VLAN network is in the view of a host with a card on it, and only there", () => {
    const { at, open } = lab(network("v", vlan), port("p1", "v", "h1"), port("p2", "v", "h2"));
    const { agent } = open("h1");
    assert.deepEqual(told(agent), ["snapshot", "synced 10"]);
    at(host("h1", { facts: facts("192.0.2.1", { phys: "eth1" }) }));
    assert.deepEqual(told(agent), ["put network v", "put endpoint p1", "put port p1", "bookmark 11"]);
    at(host("h2", { facts: facts("192.0.2.2", { phys: "eth1" }) }));
    assert.deepEqual(told(agent), ["put endpoint p2", "bookmark 12"]);
    at(host("h1", { facts: facts() }));
    assert.deepEqual(told(agent), ["delete port p1", "delete network v", "bookmark 13"]);
  });

  it("a network of several segments is in the view of every host on one of them", () => {
    const second = { network_type: "vlan", physical_network: "other", segmentation_id: 6 };
    const on = (name: string) => ({ facts: facts("192.0.2.1", { [name]: "eth1" }) });
    const { at, open } = lab(
      host("h1", on("phys")),
      host("h2", on("other")),
      network("v", { ...vlan, other_segments: [second] }),
      port("p1", "v", "h1"),
      port("p2", "v", "h2"),
    );
    const agents = ["h1", "h2"].map((name) => open(name).agent);
    for (const { view } of agents) {
      assert.deepEqual(view.networks.get("v")?.otherSegments, [{ kind: "vlan", physicalNetwork: "other", vlan: 6 }]);
      assert.equal(view.ports.size, 1);
    }
    at(network("v", vlan));
    assert.deepEqual(
      agents.map(({ view }) => view.ports.size),
      [1, 0],
    );
  });

  it("a host answers no DHCP where its network was taken off it, and nowhere when its agent for that is off", () => {
    const { at, open } = lab(port("p1", "n", "h1"));
    const { view } = open("h1").agent;
    const noDhcp = () => view.ports.get("p1")?.noDhcp;
    assert.equal(noDhcp(), undefined);
    at(network("n", { dhcp_excluded_hosts: ["h1"] }));
    assert.equal(noDhcp(), true);
    at(network("n", { dhcp_excluded_hosts: ["h2"] }));
    assert.equal(noDhcp(), undefined);
    at(host("h1", { facts: facts(), agents: { dhcp: { admin_state_up: false } } }));
    assert.equal(noDhcp(), true);
  });

  it("a port's limits follow its policy, else its network's, and their rules", () => {
    const { at, open } = lab(
      policy("q1", bandwidth(1000)),
      policy("q2", bandwidth(2000, "ingress", 500)),
      port("p1", "n", "h1"),
      port("p2", "n", "h1", { device_owner: "network:dhcp" }),
    );
    const { agent } = open("h1");
    const limits = () => {
      const { egress, ingress, dscp } = agent.view.ports.get("p1")?.qos ?? {};
      return [egress?.kbps, ingress?.kbps].map((rate) => rate && `${rate.max}+${rate.burst}`).concat(`${dscp}`);
    };
    assert.deepEqual(limits(), [undefined, undefined, "undefined"]);
    told(agent);
    at(network("n", { qos_policy_id: "q2" }));
    assert.deepEqual(limits(), [undefined, "2000+500", "undefined"]);
    assert.deepEqual(told(agent), ["put port p1", "bookmark 11"], "a network's own port has no part in it");
    at(port("p1", "n", "h1", { qos_policy_id: "q1" }));
    assert.deepEqual(limits(), ["1000+800", undefined, "undefined"]);
    at(policy("q1", bandwidth(3000), { type: "dscp_marking", id: "m", dscp_mark: 0 }));
    assert.deepEqual(limits(), ["3000+2400", undefined, "0"]);
    told(agent);
    at(policy("q2", bandwidth(4000, "ingress")));
    assert.equal(agent.text, "");
    at(port("p1", "n", "h1"));
    assert.deepEqual(limits(), [undefined, "4000+3200", "undefined"]);
    at(policy("q2", bandwidth(5000, "ingress")));
    assert.deepEqual(limits(), [undefined, "5000+4000", "undefined"]);
    at(policy("q2"));
    assert.equal(agent.view.ports.get("p1")?.qos, undefined);
  });

  it("floating IPs and gateways follow their own policy, else their external network's", () => {
    const { at, open } = lab(
      host("h1", { facts: facts("192.0.2.1", { phys: "eth1" }) }),
      network("n3", vlan),
      policy("q1", bandwidth(1000)),
      policy("q2", bandwidth(2000), { type: "dscp_marking", id: "m", dscp_mark: 8 }),
      port("p1", "n", "h1"),
      port("fp", "n3", ""),
      port("out-r", "n3", "", { router_port: { router_id: "r", type: "gateway" } }),
      port("i", "n", "", { router_port: { router_id: "r", type: "interface" } }),
      write("router", "r", { admin_state_up: true, routes: [], gateways: gateway("r", "n3", ["h1"]) }),
      write("floatingip", "f", floating("p1", "r")),
    );
    const { agent } = open("h1");
    const limits = () => {
      const of = agent.view.routers.get("r")?.gateway;
      return [of?.qos, of?.floatings[0]?.qos].map((qos) => (qos === undefined ? "" : JSON.stringify(qos)));
    };
    const egress = (max: number) => `{"egress":{"kbps":{"max":${max},"burst":${max * 0.8}}}}`;
    assert.deepEqual(limits(), ["", ""]);
    at(network("n3", { ...vlan, qos_policy_id: "q2" }));
    assert.deepEqual(limits(), [egress(2000), egress(2000)], "and no mark");
    at(write("floatingip", "f", floating("p1", "r", "q1")));
    assert.deepEqual(limits(), [egress(2000), egress(1000)]);
    at(policy("q1", bandwidth(3000)));
    assert.deepEqual(limits(), [egress(2000), egress(3000)]);
    at(write("router", "r", { admin_state_up: true, routes: [], gateways: gateway("r", "n3", ["h1"], "q1") }));
    assert.deepEqual(limits(), [egress(3000), egress(3000)]);
    at(policy("q1"));
    assert.deepEqual(limits(), ["", ""]);
  });

  it("a host's new tunnel address reaches the hosts that share a network with it", () => {
    const { at, open } = lab(port("p1", "n", "h1"), port("p2", "n", "h2"), host("h3", { facts: facts() }));
    const [agent, stranger] = [open("h1").agent, open("h3").agent];
    told(agent);
    told(stranger);
    at(host("h2", { facts: facts("2001:db8::2") }));
    assert.deepEqual(told(agent), ["put endpoint p2", "bookmark 11"]);
    assert.equal(agent.view.endpoints.get("p2")?.tunnelIp, "2001:db8::2");
    assert.equal(stranger.text, "");
  });

  const places: [string, object, unknown][] = [
    ["a virtual machine", {}, { kind: "tap", device: "tap01234567-89" }],
    ["a container by its owner", { device_owner: "cable:container" }, { kind: "container" }],
    ["a container by its profile", { "binding:profile": { container: true } }, { kind: "container" }],
    [
      "a physical machine behind a tag",
      { "binding:vnic_type": "baremetal", "binding:profile": { physical: { nic: "eth0", vlan: 100 } } },
      { kind: "physical", attachment: { nic: "eth0", vlan: 100 } },
    ],
    [
      "an untagged physical machine",
      { "binding:vnic_type": "baremetal", "binding:profile": { physical: { nic: "eth0" } } },
      { kind: "physical", attachment: { nic: "eth0", vlan: null } },
    ],
    [
      "no port of a bad tag",
      { "binding:vnic_type": "baremetal", "binding:profile": { physical: { nic: "eth0", vlan: 4095 } } },
      undefined,
    ],
  ];
  for (const [name, row, place] of places) {
    it(`the place of ${name}`, () => {
      const { agent } = lab(port("01234567-89ab", "n", "h1", row)).open("h1");
      assert.deepEqual(agent.view.ports.get("01234567-89ab")?.place, place);
    });
  }

  it("resumes with what changed since, tombstones included", () => {
    const { at, open } = lab(port("p1", "n", "h1"), port("p2", "n", "h2"), port("p3", "n", "h2"));
    const { agent, stop } = open("h1");
    stop?.();
    told(agent);
    at(write("port", "p2", undefined));
    at(port("p3", "n", "h2", { status: "ACTIVE" }), port("p4", "n", "h1"));
    open("h1", 10, agent);
    assert.deepEqual(told(agent), ["delete endpoint p2", "put endpoint p4", "put port p4", "synced 12"]);
  });

  it("resumes over a network left and joined again, whose endpoints changed meanwhile", () => {
    const { at, open, memory } = lab(port("p1", "n", "h1"), port("p2", "n", "h2"));
    const { agent, stop } = open("h1");
    stop?.();
    at(write("port", "p1", undefined));
    at(write("port", "p2", undefined), port("p3", "n", "h2"));
    at(port("p1", "n", "h1"));
    open("h1", 10, agent);
    assert.deepEqual(sorted(agent.view), sorted(wholeView(memory, "h1")));
  });

  it("of a group whose rules change only those are told, however many it has", () => {
    const own = (id: string, row: object = {}) =>
      rule(id, { security_group_id: "g1", remote_address_group_id: null, ...row });
    const { at, open, memory } = lab(
      write("security_group", "g1", { stateful: true }),
      write("address_group", "a1", { addresses: ["192.0.2.0/24"] }),
      ...Array.from({ length: 50 }, (_, n) => own(`l${n}`)),
      own("named", { remote_address_group_id: "a1" }),
      port("p1", "n", "h1", { security_groups: ["g1"] }),
    );
    const { agent } = open("h1");
    const rows: [RecordWrite, string[], string[]][] = [
      [own("more"), ["more"], []],
      [write("security_group_rule", "l7", undefined), [], ["l7"]],
      [write("address_group", "a1", { addresses: ["198.51.100.0/24"] }), ["named"], []],
    ];
    for (const [change, put, gone] of rows) {
      agent.text = "";
      at(change);
      const [message, bookmark] = agent.text.split("\n").map((line) => (line === "" ? undefined : JSON.parse(line)));
      assert.deepEqual([message.type, message.group, bookmark.type], ["rules", "g1", "bookmark"]);
      assert.deepEqual([message.put.map(({ id }: { id: string }) => id), message.delete], [put, gone]);
      assert.deepEqual(sorted(agent.view), sorted(wholeView(memory, "h1")));
    }
    at(write("security_group", "g1", { stateful: false }), own("last"));
    assert.deepEqual(sorted(agent.view), sorted(wholeView(memory, "h1")));
  });

  it("a revision before the start, or of the future, is not known", () => {
    const { open } = lab(port("p1", "n", "h1"));
    assert.equal(open("h1", 9).stop, undefined);
    assert.equal(open("h1", 11).stop, undefined);
    assert.notEqual(open("h1", 10).stop, undefined);
  });

  it("a revision older than the bounded history is not known", () => {
    const { at, open } = lab(port("p1", "n", "h1"));
    const { agent, stop } = open("h1");
    stop?.();
    for (let i = 0; i < 10_001; i++) at(port(`q${i}`, "n", "h2"));
    assert.equal(open("h1", 10, agent).stop, undefined);
    assert.notEqual(open("h1", 11, agent).stop, undefined);
  });

  it("removing a host ends its streams, and its ports are no endpoints any more", () => {
    const { at, open } = lab(port("p1", "n", "h1"), port("p2", "n", "h2"));
    const [one, two] = [open("h1").agent, open("h2").agent];
    at(write("host", "h2", undefined));
    assert.deepEqual([one.ended, two.ended], [false, true]);
    assert.deepEqual([...one.view.endpoints.keys()], ["p1"]);
    assert.throws(() => open("h2"), RangeError);
  });

  it("a store restored from the past ends every stream, and old revisions are refused", () => {
    const { memory, open } = lab(port("p1", "n", "h1"));
    memory.apply([port("p2", "n", "h1")], 50);
    const { agent } = open("h1");
    memory.restart([write("port", "p2", undefined)], 20);
    assert.equal(agent.ended, true);
    assert.equal(open("h1", 50).stop, undefined);
    assert.deepEqual([...open("h1").agent.view.ports.keys()], ["p1"]);
  });

  it("a stopped reader hears nothing, the others go on; bookmarks reach all", () => {
    const { at, open, views } = lab(port("p1", "n", "h1"));
    const [first, second] = [open("h1"), open("h1")];
    told(first.agent);
    told(second.agent);
    assert.equal(views.readers, 2);
    first.stop?.();
    at(port("p2", "n", "h2"));
    views.bookmark();
    assert.equal(first.agent.text, "");
    assert.deepEqual(told(second.agent), ["put endpoint p2", "bookmark 11", "bookmark 11"]);
  });

  it("after any history a steady, a resuming and a fresh reader hold what the definition says", () => {
    const hosts = ["h1", "h2", "h3"];
    const networks = ["n1", "n2", "n3"];
    const anyHost = fc.constantFrom(...hosts, "");
    const anyNetwork = fc.constantFrom(...networks);
    // A port's network is for life (Neutron: network_id has allow_put False), so its id tells its network here.
    const networkOf = { p1: "n1", p2: "n1", p3: "n1", p4: "n2", p5: "n2", p6: "n3" };
    const anyPort = fc.constantFrom(...(Object.keys(networkOf) as (keyof typeof networkOf)[]));
    const ends = { i1: ["n1", "r1"], i2: ["n2", "r1"], i3: ["n2", "r2"], i4: ["n3", "r2"] } as const;
    const anyEnd = fc.constantFrom(...(Object.keys(ends) as (keyof typeof ends)[]));
    const anyPolicy = fc.constantFrom("q1", "q2", null);
    const change = fc.oneof(
      {
        weight: 3,
        arbitrary: anyEnd.map((id) =>
          port(id, ends[id][0], "", { router_port: { router_id: ends[id][1], type: "interface" } }),
        ),
      },
      { weight: 2, arbitrary: anyEnd.map((id) => write("port", id, undefined)) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("r1", "r2"), fc.boolean(), fc.option(anyNetwork), fc.subarray(hosts), anyPolicy)
          .map(([id, admin_state_up, outer, on, qos]) => {
            const gateways = outer === null ? [] : gateway(id, outer, on, qos);
            return write("router", id, { admin_state_up, routes: [], gateways });
          }),
      },
      { weight: 1, arbitrary: fc.constantFrom("r1", "r2").map((id) => write("router", id, undefined)) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("f1", "f2"), fc.option(anyPort), fc.constantFrom("r1", "r2", null), anyPolicy)
          .map(([id, ...row]) => write("floatingip", id, floating(...row))),
      },
      { weight: 1, arbitrary: fc.constantFrom("f1", "f2").map((id) => write("floatingip", id, undefined)) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("w1", "w2"), fc.constantFrom("f1", "f2"), anyPort)
          .map(([id, ...row]) => write("port_forwarding", id, forwarding(...row))),
      },
      { weight: 1, arbitrary: fc.constantFrom("w1", "w2").map((id) => write("port_forwarding", id, undefined)) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("t1", "t2"), fc.constantFrom(null, 900))
          .map(([id, vni]) => write("tap_service", id, { port_id: id === "t1" ? "p1" : "p4", vni })),
      },
      { weight: 1, arbitrary: fc.constantFrom("t1", "t2").map((id) => write("tap_service", id, undefined)) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("b1", "b2"), fc.constantFrom("r1", "r2"), fc.nat({ max: 2 }))
          .map(([id, router_id, count]) => write("balancer", id, { router_id, fronts: [front(count)] })),
      },
      { weight: 1, arbitrary: fc.constantFrom("b1", "b2").map((id) => write("balancer", id, undefined)) },
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.constantFrom("m1", "m2", "m3"), fc.constantFrom("t1", "t2"), anyPort)
          .map(([id, tap_service_id, source_port]) =>
            write("tap_flow", id, { tap_service_id, source_port, direction: "BOTH", vlan_filter: null }),
          ),
      },
      { weight: 1, arbitrary: fc.constantFrom("m1", "m2", "m3").map((id) => write("tap_flow", id, undefined)) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(anyPort, fc.constantFrom<object>({ IN: 5 }, { BOTH: 6 }))
          .map(([port_id, directions]) =>
            write("tap_mirror", "c1", { port_id, directions, mirror_type: "vxlan", remote_ip: "192.0.2.50" }),
          ),
      },
      { weight: 1, arbitrary: fc.constant(write("tap_mirror", "c1", undefined)) },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom("r1", "r2")
          .map((router_id) => port(`out-${router_id}`, "n3", "", { router_port: { router_id, type: "gateway" } })),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("g1", "g2"), fc.boolean())
          .map(([id, stateful]) => write("security_group", id, { stateful })),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("l1", "l2"), fc.constantFrom("g1", "g2"), fc.constantFrom(null, "a1"))
          .map(([id, security_group_id, remote_address_group_id]) =>
            rule(id, { security_group_id, remote_address_group_id }),
          ),
      },
      { weight: 1, arbitrary: fc.constantFrom("l1", "l2").map((id) => write("security_group_rule", id, undefined)) },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom(["10.0.0.0/8"], ["192.0.2.0/24", "2001:db8::/32"])
          .map((addresses) => write("address_group", "a1", { addresses })),
      },
      {
        weight: 5,
        arbitrary: fc
          .tuple(anyPort, anyHost, fc.constantFrom("compute:a", "network:x"), fc.subarray(["g1", "g2"]), anyPolicy)
          .map(([id, on, device_owner, security_groups, qos_policy_id]) =>
            port(id, networkOf[id], on, { device_owner, security_groups, qos_policy_id }),
          ),
      },
      { weight: 2, arbitrary: anyPort.map((id) => write("port", id, undefined)) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(anyNetwork, fc.boolean(), fc.constantFrom(1450, 9000), anyPolicy)
          .map(([id, isVlan, mtu, qos_policy_id]) => network(id, { mtu, qos_policy_id, ...(isVlan ? vlan : {}) })),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("q1", "q2"), fc.subarray([bandwidth(1000), bandwidth(7, "ingress")]))
          .map(([id, rules]) => policy(id, ...rules)),
      },
      { weight: 1, arbitrary: fc.constantFrom("q1", "q2").map((id) => write("qos_policy", id, undefined)) },
      { weight: 1, arbitrary: anyNetwork.map((id) => write("network", id, undefined)) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom("s1", "s2"), anyNetwork, fc.constantFrom("10.0.0.0/24", "10.1.0.0/24"))
          .map((row) => subnet(...row)),
      },
      { weight: 1, arbitrary: fc.constantFrom("s1", "s2").map((id) => write("subnet", id, undefined)) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom(...hosts), fc.constantFrom(null, facts(), facts("192.0.2.9", { phys: "eth1" })))
          .map(([id, known]) => host(id, { facts: known as never })),
      },
      { weight: 1, arbitrary: fc.constantFrom("h2", "h3").map((id) => write("host", id, undefined)) },
    );
    const step = fc.record({
      writes: fc.uniqueArray(change, { minLength: 1, maxLength: 4, selector: ({ kind, id }) => `${kind}/${id}` }),
      /** Whether the resuming reader is connected during the step. */
      connected: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const memory = new MemoryTables();
        memory.apply([host("h1"), ...networks.map((id) => network(id)), port("fp", "n3", "")], 1);
        const views = new Views(memory);
        const steady = new Agent();
        const resuming = new Agent();
        views.open("h1", undefined, steady);
        let stop: (() => void) | undefined;
        const connect = () => {
          stop = views.open("h1", resuming.revision, resuming);
          assert.notEqual(stop, undefined);
        };
        steps.forEach(({ writes, connected }, i) => {
          if (connected && stop === undefined) connect();
          if (!connected) {
            stop?.();
            stop = undefined;
          }
          memory.apply(writes, i + 2);
        });
        if (stop === undefined) connect();
        const fresh = new Agent();
        views.open("h1", undefined, fresh);
        const defined = sorted(wholeView(memory, "h1"));
        assert.deepEqual(sorted(fresh.view), defined);
        assert.deepEqual(sorted(steady.view), defined);
        assert.deepEqual(sorted(resuming.view), defined);
        assert.equal(steady.ended, false);
      }),
      { numRuns: 500 },
    );
  });
});
