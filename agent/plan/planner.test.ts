import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { noChange } from "../../datapath/mod.ts";
import type { HostView, Id, Mac } from "../../model/mod.ts";
import { aBalancer, aNetwork, anEndpoint, aPort, aSubnet, aView, networkId, portId } from "../fake/mod.ts";
import { Planner } from "./planner.ts";
import { planText } from "./text.ts";
import type { Here } from "./vif.ts";

const HERE: Here = { host: "h1", physicalNetworks: { physnet1: "eth1" } };

/** A moment of a host: its view, its links by name with their index, and the device of each attached container. */
interface State {
  view: HostView;
  links: Record<string, number>;
  containers: Record<Id, string>;
}

const container = { kind: "container" } as const;
const provider = { kind: "vlan", physicalNetwork: "physnet1", vlan: 7 } as const;
const physical = (nic: string, vlan: number | null) => ({ kind: "physical", attachment: { nic, vlan } }) as const;
const pair = { mac_address: "02:00:00:00:00:09" as Mac, ip_address: "10.0.1.99" as never };

const tap1 = "tapbbbbbbbb-00";
const bothPorts = [aPort(1, 1), aPort(2, 1, container)];
const bothEndpoints = [anEndpoint(1, 1, "h1"), anEndpoint(2, 1, "h1")];
const state = (view: HostView, links: Record<string, number> = {}, containers: Record<Id, string> = {}): State => ({
  view,
  links,
  containers,
});

const MODE = "dhcpv6-stateful" as const;
const STATES = {
  nothing: state(aView([], [], [])),
  "a tap port whose machine is not started": state(aView([aNetwork(1)], [aPort(1, 1)], [anEndpoint(1, 1, "h1")])),
  "the machine is started": state(aView([aNetwork(1)], [aPort(1, 1)], [anEndpoint(1, 1, "h1")]), { [tap1]: 5 }),
  "its device has another index": state(aView([aNetwork(1)], [aPort(1, 1)], [anEndpoint(1, 1, "h1")]), { [tap1]: 6 }),
  "a container beside it, attached": state(
    aView([aNetwork(1)], bothPorts, bothEndpoints),
    { [tap1]: 5, cab1: 7 },
    { [portId(2)]: "cab1" },
  ),
  "the container's device is gone": state(
    aView([aNetwork(1)], bothPorts, bothEndpoints),
    { [tap1]: 5 },
    { [portId(2)]: "cab1" },
  ),
  "a port elsewhere, with an address pair": state(
    aView(
      [aNetwork(1)],
      [aPort(1, 1, "tap", { addressPairs: [pair] })],
      [anEndpoint(1, 1, "h1", { addressPairs: [pair] }), anEndpoint(3, 1, "h2")],
    ),
    { [tap1]: 5 },
  ),
  "a port elsewhere whose host has no tunnel": state(
    aView([aNetwork(1)], [aPort(1, 1)], [anEndpoint(1, 1, "h1"), anEndpoint(3, 1, "h2", { tunnelIp: null })]),
    { [tap1]: 5 },
  ),
  "a provider network and a machine": state(
    aView(
      [
        aNetwork(1),
        aNetwork(2, { segment: provider, mtu: 1500, subnets: [aSubnet(2, "10.0.2.0/24", { dhcp: false })] }),
      ],
      [aPort(4, 2, container, { portSecurity: false }), aPort(5, 1, physical("eth0", 100))],
      [anEndpoint(4, 2, "h1"), anEndpoint(5, 1, "h1"), anEndpoint(6, 2, "h2")],
    ),
    { eth0: 2, cab4: 8 },
    { [portId(4)]: "cab4" },
  ),
  "a physical network that this host lacks": state(
    aView(
      [aNetwork(2, { segment: { ...provider, physicalNetwork: "other" } })],
      [aPort(4, 2, container)],
      [anEndpoint(4, 2, "h1")],
    ),
    { cab4: 8 },
    { [portId(4)]: "cab4" },
  ),
  "a balancer of whose backends one is here": state(
    aView([aNetwork(1)], [aPort(1, 1)], [anEndpoint(1, 1, "h1"), anEndpoint(2, 1, "h2")], {
      balancers: [aBalancer(1, ["10.0.1.1", "10.0.1.2"])],
    }),
    { [tap1]: 5 },
  ),
  "the balancer, without anybody here": state(
    aView([aNetwork(1)], [], [anEndpoint(1, 1, "h1"), anEndpoint(2, 1, "h2")], {
      balancers: [aBalancer(1, ["10.0.1.1", "10.0.1.2"])],
    }),
  ),
  "a port without its network": state(aView([], [aPort(1, 1)], [anEndpoint(1, 1, "h1")]), { [tap1]: 5 }),
  "a network with stateful DHCPv6": state(
    aView(
      [aNetwork(1, { subnets: [aSubnet(1, "fd00:1::/64", { raMode: MODE, addressMode: MODE })] })],
      [aPort(1, 1)],
      [anEndpoint(1, 1, "h1")],
    ),
    { [tap1]: 5 },
  ),
  "a network that is down": state(aView([aNetwork(1, { adminUp: false })], [aPort(1, 1)], [anEndpoint(1, 1, "h1")]), {
    [tap1]: 5,
  }),
} satisfies Record<string, State>;

type Name = keyof typeof STATES;
const NAMES = Object.keys(STATES) as Name[];

/** Plays states one after the other into one planner, telling it of what differs only. */
function play(names: Name[]): string[] {
  let now: State = STATES.nothing;
  const planner = new Planner(HERE, {
    linkIndex: (name) => now.links[name],
    containerDevice: (port) => now.containers[port],
  });
  for (const name of names) {
    const before = now;
    now = STATES[name];
    planner.update(now.view, {
      networks: differing(before.view.networks, now.view.networks),
      ports: [
        ...differing(before.view.ports, now.view.ports),
        ...differing(new Map(Object.entries(before.containers)), new Map(Object.entries(now.containers))),
      ],
      endpoints: differing(before.view.endpoints, now.view.endpoints),
      groups: differing(before.view.groups, now.view.groups),
      routers: differing(before.view.routers, now.view.routers),
      balancers: differing(before.view.balancers, now.view.balancers),
      devices: differing(new Map(Object.entries(before.links)), new Map(Object.entries(now.links))),
    });
  }
  return planText(planner.wanted, planner.down);
}

function differing<V>(before: Map<string, V>, after: Map<string, V>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((id) => before.get(id) !== after.get(id));
}

const network1 = `network ${networkId(1)} vxlan 1 mtu 1450`;
const vif1 = (ifindex: number, more = "") =>
  `vif ${portId(1)} on ${tap1}(${ifindex}) fa:16:3e:00:00:01 10.0.1.1 fd00:1::1 up dhcp ra${more}`;
const here = (n: number) => `endpoint ${portId(n)} fa:16:3e:00:00:0${n} 10.0.1.${n} fd00:1::${n} local`;

const EXPECTED: Record<Name, string[]> = {
  nothing: [],
  "a tap port whose machine is not started": [
    network1,
    `down ${portId(1)}: device ${tap1} is not there: it appears when the virtual machine starts`,
  ],
  "the machine is started": [network1, vif1(5), here(1)],
  "its device has another index": [network1, vif1(6), here(1)],
  "a container beside it, attached": [
    network1,
    vif1(5),
    `vif ${portId(2)} on cab1(7) fa:16:3e:00:00:02 10.0.1.2 fd00:1::2 up dhcp ra`,
    here(1),
    here(2),
  ],
  "the container's device is gone": [
    network1,
    vif1(5),
    here(1),
    `down ${portId(2)}: device cab1 is gone: the container's namespace was removed`,
  ],
  "a port elsewhere, with an address pair": [
    network1,
    vif1(5, " also 02:00:00:00:00:09 10.0.1.99/32"),
    `${here(1)} macs 02:00:00:00:00:09 may hold 10.0.1.99/32`,
    `endpoint ${portId(3)} fa:16:3e:00:00:03 10.0.1.3 fd00:1::3 remote 192.0.2.2`,
  ],
  "a port elsewhere whose host has no tunnel": [network1, vif1(5), here(1)],
  "a provider network and a machine": [
    network1,
    `network ${networkId(2)} vlan physnet1 7 mtu 1500`,
    `vif ${portId(4)} on cab4(8) fa:16:3e:00:00:04 10.0.2.4 fd00:2::4 up unchecked`,
    `vif ${portId(5)} on eth0(2) vlan 100 fa:16:3e:00:00:05 10.0.1.5 fd00:1::5 up dhcp ra`,
    `endpoint ${portId(4)} fa:16:3e:00:00:04 10.0.2.4 fd00:2::4 local`,
    here(5),
    `endpoint ${portId(6)} fa:16:3e:00:00:06 10.0.2.6 fd00:2::6 wire`,
  ],
  "a physical network that this host lacks": [
    `down ${portId(4)}: this host has no card for physical network other: start its agent with --physical-network other=NIC`,
  ],
  "a balancer of whose backends one is here": [
    "network aaaaaaaa-0000-4000-8000-000000000001 vxlan 1 mtu 1450",
    "vif bbbbbbbb-0000-4000-8000-000000000001 on tapbbbbbbbb-00(5) fa:16:3e:00:00:01 10.0.1.1 fd00:1::1 up dhcp ra",
    "endpoint bbbbbbbb-0000-4000-8000-000000000001 fa:16:3e:00:00:01 10.0.1.1 fd00:1::1 local",
    "endpoint bbbbbbbb-0000-4000-8000-000000000002 fa:16:3e:00:00:02 10.0.1.2 fd00:1::2 remote 192.0.2.2",
    "balancer cccccccc-0000-4000-8000-000000000001 router dddddddd-0000-4000-8000-000000000001 10.96.0.1 6/80 to 10.0.1.1/8080*,10.0.1.2/8080",
  ],
  "the balancer, without anybody here": [
    "network aaaaaaaa-0000-4000-8000-000000000001 vxlan 1 mtu 1450",
    "endpoint bbbbbbbb-0000-4000-8000-000000000002 fa:16:3e:00:00:02 10.0.1.2 fd00:1::2 remote 192.0.2.2",
    "balancer cccccccc-0000-4000-8000-000000000001 router dddddddd-0000-4000-8000-000000000001 10.96.0.1 6/80 to 10.0.1.1/8080,10.0.1.2/8080",
  ],
  "a port without its network": [`down ${portId(1)}: network ${networkId(1)} has not reached this host`],
  "a network with stateful DHCPv6": [network1, vif1(5).replace(" dhcp ", " dhcp6 "), here(1)],
  "a network that is down": [network1, vif1(5).replace(" up ", " admin-down "), here(1)],
};

describe("the plan of", () => {
  for (const name of NAMES) test(name, () => assert.deepEqual(play([name]), EXPECTED[name]));
});

describe("planning change by change ends where planning at once does", () => {
  const orders: Record<string, Name[]> = {
    forward: NAMES,
    reversed: NAMES.toReversed(),
    duplicated: NAMES.flatMap((name) => [name, name]),
    squashed: NAMES.filter((_, i) => i % 3 === 0),
  };
  for (const [title, order] of Object.entries(orders))
    test(`with the states ${title}`, () => {
      for (let length = 1; length <= order.length; length++)
        assert.deepEqual(play(order.slice(0, length)), EXPECTED[order[length - 1] as Name]);
    });

  test("in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 12 }), (names) => {
        assert.deepEqual(play(names), EXPECTED[names.at(-1) as Name]);
      }),
    );
  });
});

test("a change set names what became other, and nothing else", () => {
  const { view } = STATES["a container beside it, attached"];
  const links: Record<string, number> = { [tap1]: 5 };
  const planner = new Planner(HERE, { linkIndex: (name) => links[name], containerDevice: () => undefined });
  const all = {
    networks: view.networks.keys(),
    ports: view.ports.keys(),
    endpoints: view.endpoints.keys(),
    groups: [],
    routers: [],
    balancers: [],
    devices: [],
  };
  planner.update(view, all);
  const none = { networks: [], ports: [], endpoints: [], groups: [], routers: [], balancers: [], devices: [] };
  assert.deepEqual(planner.update(view, { ...none, networks: [networkId(1)], devices: [tap1] }).changed, noChange());
  links[tap1] = 9;
  assert.deepEqual(planner.update(view, { ...none, devices: [tap1, "eth0"] }).changed, {
    ...noChange(),
    vifs: new Set([portId(1)]),
  });
});

test("of a network's segments this host is on the first that it has a card for", () => {
  const other = { kind: "vlan", physicalNetwork: "elsewhere", vlan: 3 } as const;
  const plan = (changes: Parameters<typeof aNetwork>[1]) => {
    const view = aView([aNetwork(1, changes)], [aPort(1, 1)], [anEndpoint(1, 1, "h1"), anEndpoint(2, 1, "h2")]);
    const planner = new Planner(HERE, { linkIndex: () => 5, containerDevice: () => undefined });
    planner.update(view, {
      networks: view.networks.keys(),
      ports: view.ports.keys(),
      endpoints: view.endpoints.keys(),
      devices: [],
      groups: [],
      routers: [],
      balancers: [],
    });
    const { networks, endpoints } = planner.wanted;
    return [networks.get(networkId(1))?.segment.kind, endpoints.get(portId(2))?.location.kind];
  };
  assert.deepEqual(plan({ segment: other }), [undefined, undefined]);
  assert.deepEqual(plan({ segment: other, otherSegments: [provider] }), ["vlan", "wire"]);
  assert.deepEqual(plan({ segment: other, otherSegments: [{ kind: "vxlan", vni: 9 }, provider] }), ["vxlan", "remote"]);
});

test("a port whose DHCP this host does not answer is planned without", () => {
  const planned = (changes: Parameters<typeof aPort>[3]) => {
    const view = aView([aNetwork(1)], [aPort(1, 1, "tap", changes)], []);
    const planner = new Planner(HERE, { linkIndex: () => 5, containerDevice: () => undefined });
    planner.update(view, {
      networks: view.networks.keys(),
      ports: view.ports.keys(),
      endpoints: [],
      devices: [],
      groups: [],
      routers: [],
      balancers: [],
    });
    return planner.wanted.vifs.get(portId(1))?.dhcp;
  };
  assert.deepEqual([planned({}), planned({ noDhcp: true })], [true, false]);
});

test("what QoS policies make of a port's packets is planned as it comes", () => {
  const qos = { egress: { kbps: { max: 1000, burst: 800 } }, ingress: { kpps: { max: 5, burst: 4 } }, dscp: 46 };
  const view = aView([aNetwork(1)], [aPort(1, 1, "tap", { qos }), aPort(2, 1)], []);
  const planner = new Planner(HERE, { linkIndex: () => 5, containerDevice: () => undefined });
  planner.update(view, { ...noChange(), devices: [], networks: view.networks.keys(), ports: view.ports.keys() });
  assert.deepEqual(planner.wanted.vifs.get(portId(1))?.qos, qos);
  assert.equal(planner.wanted.vifs.get(portId(2))?.qos, undefined);
  const [line] = planText(planner.wanted, new Map()).filter((each) => each.includes(portId(1)));
  assert.match(line ?? "", / egress 1000\+800 kbps ingress 5\+4 kpps dscp 46/);
});
