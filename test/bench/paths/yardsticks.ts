/** What Cable is measured against: the same namespaces joined by what the kernel has of its own. */
import { ipBatch, makeNetns, makeSwitch, makeVeth, mustIn, removeNetns } from "../../kit/mod.ts";
import type { Path } from "../netload.ts";

/** The MTU of workloads on every path, so that packets are equally many. */
const WORKLOAD_MTU = 1450;
const UNDERLAY_A = "198.18.30.1";
const UNDERLAY_B = "198.18.30.2";
const IP1 = "10.9.0.1";
const IP2 = "10.9.0.2";
const IP3 = "10.9.0.3";

export interface Setup {
  sameHost?: Path;
  crossHost?: Path;
  remove(): Promise<void>;
}

interface Names {
  wire: string;
  hostA: string;
  hostB: string;
  w1: string;
  w2: string;
  w3: string;
}

async function makeAll(tag: string): Promise<Names & { remove(): Promise<void> }> {
  const names: Names = {
    wire: `${tag}S`,
    hostA: `${tag}A`,
    hostB: `${tag}B`,
    w1: `${tag}1`,
    w2: `${tag}2`,
    w3: `${tag}3`,
  };
  const all = Object.values(names) as string[];
  for (const name of all) if (name !== names.wire) await makeNetns(name);
  return {
    ...names,
    remove: async () => {
      for (const name of all) await removeNetns(name);
    },
  };
}

/** Two workloads on one host and one on another; the hosts' cards on the same kind of switch as Cable's lab has. */
async function twoHosts(tag: string): Promise<Names & { remove(): Promise<void> }> {
  const names = await makeAll(tag);
  const wire = await makeSwitch(names.wire);
  for (const [host, ip] of [
    [names.hostA, UNDERLAY_A],
    [names.hostB, UNDERLAY_B],
  ] as const) {
    await wire.plug({ netns: host, name: "eth0" });
    await ipBatch(host, [`addr add ${ip}/24 dev eth0`]);
  }
  for (const [host, veth, workload] of [
    [names.hostA, "v1", names.w1],
    [names.hostA, "v2", names.w2],
    [names.hostB, "v3", names.w3],
  ] as const) {
    await makeVeth({ netns: host, name: veth }, { netns: workload, name: "eth0" });
    await ipBatch(host, [`link set ${veth} mtu ${WORKLOAD_MTU} up`]);
    await ipBatch(workload, [`link set eth0 mtu ${WORKLOAD_MTU} up`]);
  }
  return names;
}

const addresses = (names: Names) =>
  [
    [names.w1, IP1],
    [names.w2, IP2],
    [names.w3, IP3],
  ] as const;

/** Two namespaces and nothing between them but one veth pair: the most that one host can give. */
export async function bareVeth(tag: string): Promise<Setup> {
  const w1 = `${tag}1`;
  const w2 = `${tag}2`;
  for (const name of [w1, w2]) await makeNetns(name);
  await makeVeth({ netns: w1, name: "eth0" }, { netns: w2, name: "eth0" });
  for (const [name, ip] of [
    [w1, IP1],
    [w2, IP2],
  ] as const) {
    await ipBatch(name, [`addr add ${ip}/24 dev eth0`, `link set eth0 mtu ${WORKLOAD_MTU} up`]);
  }
  return {
    sameHost: { name: "bare veth", clientNetns: w1, serverNetns: w2, serverIp: IP2 },
    remove: async () => {
      for (const name of [w1, w2]) await removeNetns(name);
    },
  };
}

/** Workload, host, host, workload by plain kernel routing: the most that two hosts can give without an overlay. */
export async function routed(tag: string): Promise<Setup> {
  const names = await twoHosts(tag);
  const GATEWAY = "169.254.1.1";
  for (const [host, veth, ip] of [
    [names.hostA, "v1", IP1],
    [names.hostA, "v2", IP2],
    [names.hostB, "v3", IP3],
  ] as const) {
    await mustIn(host, ["sysctl", "-qw", "net.ipv4.ip_forward=1", `net.ipv4.conf.${veth}.proxy_arp=1`]);
    await ipBatch(host, [`route add ${ip}/32 dev ${veth}`]);
  }
  // The default route makes proxy ARP answer for the workloads' gateway.
  await ipBatch(names.hostA, [`route add ${IP3}/32 via ${UNDERLAY_B}`, `route add default via ${UNDERLAY_B}`]);
  await ipBatch(names.hostB, [`route add ${IP1}/32 via ${UNDERLAY_A}`, `route add default via ${UNDERLAY_A}`]);
  for (const [workload, ip] of addresses(names)) {
    await ipBatch(workload, [
      `addr add ${ip}/32 dev eth0`,
      `route add ${GATEWAY} dev eth0 scope link`,
      `route add default via ${GATEWAY}`,
    ]);
  }
  return {
    crossHost: { name: "routed underlay", clientNetns: names.w1, serverNetns: names.w3, serverIp: IP3 },
    remove: names.remove,
  };
}

/** A security group as Neutron's iptables driver writes it: state first, ten rules, the tested ports, then drop. */
async function securityGroup(host: string, veth: string): Promise<void> {
  const chain = `sg-${veth}`;
  const rules = [
    "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
    ...Array.from({ length: 10 }, (_, i) => `-p tcp --dport ${1000 + i} -j RETURN`),
    "-p tcp --dport 7000:7001 -j RETURN",
    "-p udp --dport 7000 -j RETURN",
    "-p icmp -j RETURN",
    "-m conntrack --ctstate INVALID -j DROP",
    "-j DROP",
  ];
  await mustIn(host, ["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1"]);
  await mustIn(host, ["iptables", "-N", chain]);
  for (const rule of rules) await mustIn(host, ["iptables", "-A", chain, ...rule.split(" ")]);
  const out = `-m physdev --physdev-out ${veth} --physdev-is-bridged -j ${chain}`;
  await mustIn(host, ["iptables", "-A", "FORWARD", ...out.split(" ")]);
}

/** Linux bridge, kernel VXLAN, iptables security groups: what Neutron's Linux bridge agent and Flannel make. */
export async function bridgeWithGroups(tag: string): Promise<Setup> {
  const names = await twoHosts(tag);
  for (const [host, local, remote, veths] of [
    [names.hostA, UNDERLAY_A, UNDERLAY_B, ["v1", "v2"]],
    [names.hostB, UNDERLAY_B, UNDERLAY_A, ["v3"]],
  ] as const) {
    await ipBatch(host, [
      "link add br0 type bridge",
      "link set br0 up",
      `link add vx0 type vxlan id 100 local ${local} remote ${remote} dstport 4789 dev eth0`,
      "link set vx0 master br0 up",
      ...veths.map((veth) => `link set ${veth} master br0`),
    ]);
    for (const veth of veths) await securityGroup(host, veth);
  }
  for (const [workload, ip] of addresses(names)) await ipBatch(workload, [`addr add ${ip}/24 dev eth0`]);
  return {
    sameHost: { name: "bridge + iptables", clientNetns: names.w1, serverNetns: names.w2, serverIp: IP2 },
    crossHost: { name: "bridge + iptables + VXLAN", clientNetns: names.w1, serverNetns: names.w3, serverIp: IP3 },
    remove: names.remove,
  };
}
