/** The tests of `bench api`: the tasks that clients run, and what must be true of every reply, whoever answered. */
import { type ApiRequest, FIRST_ID, type Outcome, type Task } from "./api-load.ts";
import { CLIENTS, type World } from "./api-world.ts";

/** How long and how often: tasks are begun for so many seconds, and no more than so many. */
export interface Effort {
  seconds: number;
  most: number;
}

export interface ApiTest {
  name: string;
  clients: readonly number[];
  /** Of clients whose ratio is promised: at least so many times Neutron's rate. */
  ratio: (clients: number) => number;
  cable: Effort;
  /** Absent: only Cable is measured. */
  neutron: (clients: number) => Effort | undefined;
  /** The task number `index`; client index % clients runs it. */
  task(world: World, index: number, clients: number): Task;
  /** Throws when a task's replies are not as they must be, and notes what later tests need. */
  check(world: World, outcome: Outcome): void;
  /** Operations in one task: ports in a bulk. */
  size?: number;
  /** How many tasks there can be, where each takes something that others made. */
  available?: (world: World) => number;
  /** What else is to be known of Neutron's figure. */
  neutronNote?: string;
}

type Resource = Record<string, unknown> & { id: string };

const BULK = 100;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function demand(condition: boolean, what: string, resource: unknown): void {
  if (!condition) throw new Error(`${what} is not as it must be: ${JSON.stringify(resource).slice(0, 1000)}`);
}

const read = (outcome: Outcome, step: number) => JSON.parse(outcome.replies[step]?.body ?? "null");
const sent = (outcome: Outcome, step: number) => outcome.task[step]?.body as Record<string, Resource>;

function checkPort(world: World, port: Resource, name: string, at: { networkId: string; subnetId: string }): void {
  const [address, ...others] = port.fixed_ips as { subnet_id: string; ip_address: string }[];
  const isRight =
    UUID.test(port.id) &&
    port.name === name &&
    port.network_id === at.networkId &&
    port.project_id === world.projectId &&
    port.admin_state_up === true &&
    port.status === "DOWN" &&
    /^fa:16:3e(:[0-9a-f]{2}){3}$/.test(String(port.mac_address)) &&
    address?.subnet_id === at.subnetId &&
    /^172\.\d+\.\d+\.\d+$/.test(address.ip_address) &&
    others.length === 0 &&
    (port.security_groups as string[]).length === 1 &&
    typeof port.revision_number === "number";
  demand(isRight, "a port", port);
}

function checkList(world: World, outcome: Outcome, at: World["small"]): void {
  const { ports } = read(outcome, 0) as { ports: Resource[] };
  demand(ports.length === at.size, "the length of a list", ports.length);
  demand(new Set(ports.map(({ id }) => id)).size === at.size, "a list, whose ids repeat,", ports.length);
  const addresses = new Set(ports.map((port) => (port.fixed_ips as { ip_address: string }[])[0]?.ip_address));
  demand(addresses.size === at.size, "a list, whose addresses repeat,", ports.length);
  for (const port of ports) checkPort(world, port, "listed", at);
}

const get = (world: World, path: string): ApiRequest => ({ method: "GET", path, token: world.server.member });
const post = (world: World, path: string, body: unknown): ApiRequest => ({
  method: "POST",
  path,
  token: world.server.member,
  body,
});

const newPort = (world: World, name: string) => ({ network_id: world.busy.networkId, name });

/** Throws unless every reply of the outcome has this status. */
function demandStatus(outcome: Outcome, status: number): void {
  const wrong = outcome.replies.find((reply) => reply.status !== status);
  demand(wrong === undefined && outcome.replies.length === outcome.task.length, "a reply", wrong ?? outcome.replies);
}

const both = [1, CLIENTS];
/** One port was made over the API, the others are copies of its rows (api-fill.ts). */
const COPIED = "its ports copied by SQL";

function rulesTest(
  name: string,
  clients: readonly number[],
  groupOf: (index: number, clients: number) => number,
): ApiTest {
  return {
    name,
    clients,
    ratio: () => 50,
    cable: { seconds: 3, most: 8000 },
    neutron: () => ({ seconds: 6, most: 1000 }),
    task: (world, index, clients) => {
      const number = world.next();
      const port = 1 + ((number >> 1) % 65535);
      const security_group_rule = {
        security_group_id: world.groupIds[groupOf(index, clients)],
        direction: "ingress",
        protocol: number & 1 ? "tcp" : "udp",
        port_range_min: port,
        port_range_max: port,
        remote_ip_prefix: "192.0.2.0/24",
      };
      return [post(world, "/v2.0/security-group-rules", { security_group_rule })];
    },
    check: (_world, outcome) => {
      demandStatus(outcome, 201);
      const rule = read(outcome, 0).security_group_rule;
      const wanted = sent(outcome, 0).security_group_rule!;
      const isSame = Object.entries(wanted).every(([name, value]) => rule[name] === value);
      demand(isSame && rule.ethertype === "IPv4" && UUID.test(rule.id), "a rule", rule);
    },
  };
}

export const TESTS: readonly ApiTest[] = [
  {
    name: "networks with a subnet",
    clients: both,
    ratio: () => 50,
    cable: { seconds: 4, most: 4000 },
    neutron: (clients) => ({ seconds: clients === 1 ? 10 : 15, most: 200 }),
    task: (world) => {
      const number = world.next();
      const cidr = `10.${(number >> 8) & 255}.${number & 255}.0/24`;
      return [
        post(world, "/v2.0/networks", { network: { name: `network-${number}` } }),
        post(world, "/v2.0/subnets", { subnet: { network_id: FIRST_ID, ip_version: 4, cidr } }),
      ];
    },
    check: (world, outcome) => {
      demandStatus(outcome, 201);
      const { network } = read(outcome, 0);
      const { subnet } = read(outcome, 1);
      demand(network.name === sent(outcome, 0).network!.name && network.status === "ACTIVE", "a network", network);
      const { cidr } = sent(outcome, 1).subnet!;
      const isRight = subnet.network_id === network.id && subnet.cidr === cidr && subnet.gateway_ip.endsWith(".1");
      demand(isRight, "a subnet", subnet);
      world.freeSubnetIds.push(subnet.id);
    },
  },
  {
    name: "ports one by one",
    clients: both,
    ratio: (clients) => (clients === 1 ? 50 : 100),
    cable: { seconds: 4, most: 6000 },
    neutron: (clients) => ({ seconds: clients === 1 ? 10 : 16, most: 200 }),
    task: (world, index) => [post(world, "/v2.0/ports", { port: newPort(world, `port-${index}`) })],
    check: (world, outcome) => {
      demandStatus(outcome, 201);
      checkPort(world, read(outcome, 0).port, String(sent(outcome, 0).port!.name), world.busy);
    },
  },
  {
    name: "ports in bulks of 100",
    clients: both,
    ratio: () => 100,
    cable: { seconds: 4, most: 100 },
    neutron: (clients) => (clients === 1 ? { seconds: 20, most: 2 } : undefined),
    task: (world, index) => {
      const ports = Array.from({ length: BULK }, (_, i) => newPort(world, `bulk-${index}-${i}`));
      return [post(world, "/v2.0/ports", { ports })];
    },
    check: (world, outcome) => {
      demandStatus(outcome, 201);
      const { ports } = read(outcome, 0) as { ports: Resource[] };
      const wanted = (outcome.task[0]!.body as { ports: Resource[] }).ports;
      demand(ports.length === wanted.length, "the length of a bulk", ports.length);
      for (const [i, port] of ports.entries()) checkPort(world, port, String(wanted[i]!.name), world.busy);
    },
    size: BULK,
  },
  {
    name: "port show",
    neutronNote: COPIED,
    clients: both,
    ratio: () => 100,
    cable: { seconds: 4, most: 60_000 },
    neutron: () => ({ seconds: 5, most: 1000 }),
    task: (world, index) => [get(world, `/v2.0/ports/${world.small.ids[(index * 7) % world.small.ids.length]}`)],
    check: (world, outcome) => {
      demandStatus(outcome, 200);
      const { port } = read(outcome, 0);
      demand(outcome.task[0]!.path.endsWith(port.id), "the id of a port", port);
      checkPort(world, port, "listed", world.small);
    },
  },
  rulesTest("security group rules, a group for each client", both, (index, clients) => index % clients),
  rulesTest("security group rules, all into one group", [CLIENTS], () => 0),
  {
    name: "router interfaces",
    available: ({ freeSubnetIds }) => freeSubnetIds.length,
    clients: both,
    ratio: () => 50,
    cable: { seconds: 4, most: 400 },
    neutron: () => ({ seconds: 12, most: 10 }),
    task: (world, index, clients) => {
      const subnet_id = world.freeSubnetIds.pop();
      const path = `/v2.0/routers/${world.routerIds[index % clients]}/add_router_interface`;
      return [{ method: "PUT", path, token: world.server.member, body: { subnet_id } }];
    },
    check: (_world, outcome) => {
      demandStatus(outcome, 200);
      const reply = read(outcome, 0);
      const { subnet_id } = outcome.task[0]!.body as { subnet_id: string };
      demand(reply.subnet_id === subnet_id && UUID.test(reply.port_id), "an interface", reply);
    },
  },
  {
    name: "floating IPs",
    clients: both,
    ratio: () => 50,
    cable: { seconds: 4, most: 4000 },
    neutron: () => ({ seconds: 10, most: 200 }),
    task: (world) => [post(world, "/v2.0/floatingips", { floatingip: { floating_network_id: world.externalId } })],
    check: (world, outcome) => {
      demandStatus(outcome, 201);
      const { floatingip } = read(outcome, 0);
      const isRight =
        floatingip.floating_network_id === world.externalId &&
        /^198\.1[89]\.\d+\.\d+$/.test(floatingip.floating_ip_address) &&
        floatingip.status === "DOWN" &&
        floatingip.port_id === null;
      demand(isRight, "a floating IP", floatingip);
    },
  },
  {
    name: "list of 1,000 ports",
    neutronNote: COPIED,
    clients: both,
    ratio: () => 50,
    cable: { seconds: 3, most: 400 },
    neutron: (clients) => ({ seconds: 1, most: 2 * clients }),
    task: (world) => [get(world, `/v2.0/ports?network_id=${world.small.networkId}`)],
    check: (world, outcome) => {
      demandStatus(outcome, 200);
      checkList(world, outcome, world.small);
    },
  },
  {
    name: "list of 10,000 ports",
    neutronNote: COPIED,
    clients: [1],
    ratio: () => 200,
    cable: { seconds: 4, most: 40 },
    neutron: () => ({ seconds: 1, most: 1 }),
    task: (world) => [get(world, `/v2.0/ports?network_id=${world.large.networkId}`)],
    check: (world, outcome) => {
      demandStatus(outcome, 200);
      checkList(world, outcome, world.large);
    },
  },
];
