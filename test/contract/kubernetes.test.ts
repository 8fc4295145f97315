/** A cluster's objects become ports and groups: the controller over real networking, its world told by hand. Long because all kinds of objects share that world. */
import { deepEqual, equal } from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { NetworkingTypes } from "../../api/mod.ts";
import { caller, makeWorld, silent, type World } from "../../control/networking/networking.fixture.ts";
import { Controller } from "../../proxy/kube/controller.ts";
import { PodFailure } from "../../proxy/kube/failure.ts";
import type { EndpointSlice, NetworkPolicy, Pod, Service } from "../../proxy/kube/objects.ts";

const PROJECT = "5f0c2b1e-0000-4000-8000-000000000001";
const ADMIN = caller(PROJECT, true);
const CONFIG = {
  name: "one",
  project_id: PROJECT,
  network: "pods",
  pod_cidrs: ["10.244.0.0/16", "fd00:244::/64"],
  service_cidrs: ["10.96.0.0/12"],
  agent_service_account: "kube-system/cable-agent",
};

let world: World;
let controller: Controller;
let reports: string[];
/** NetworkAttachmentDefinitions by namespace and name. */
let definitions: Map<string, object>;
let annotated: [string, object][];

beforeEach(async () => {
  world = await makeWorld();
  for (const node of ["n1", "n2"]) await world.host(node);
  reports = [];
  definitions = new Map();
  annotated = [];
  controller = makeController();
});

afterEach(async () => {
  await controller.stop();
  await world.close();
});

function makeController(): Controller {
  return new Controller({
    config: CONFIG,
    networking: world.networking,
    log: silent,
    definition: async ({ namespace, name }) => {
      const config = definitions.get(`${namespace}/${name}`);
      if (config === undefined) throw new PodFailure("NetworkAttachmentNotFound", name);
      return { metadata: { name, namespace, uid: name }, spec: { config: JSON.stringify(config) } };
    },
    annotate: ({ metadata }, patch) => void annotated.push([metadata.name, patch]),
    report: (_kind, { metadata }, { reason }) => void reports.push(`${metadata.name} ${reason}`),
  });
}

let serial = 0;

function pod(
  name: string,
  more: { node?: string; labels?: Record<string, string>; notes?: Record<string, string> } = {},
) {
  const made: Pod = {
    metadata: {
      name,
      namespace: "shop",
      uid: `uid-${name}-${++serial}`,
      labels: more.labels ?? {},
      annotations: more.notes ?? {},
    },
    spec: { nodeName: more.node ?? "n1", containers: [{ ports: [{ name: "http", containerPort: 8080 }] }] },
    status: { phase: "Pending" },
  };
  return made;
}

function policy(name: string, spec: NetworkPolicy["spec"]): NetworkPolicy {
  return { metadata: { name, namespace: "shop", uid: name }, ...(spec && { spec }) };
}

const portsOf = (owner = "kubernetes:pod") => listed("port", ({ device_owner }) => device_owner === owner);
const groupsOf = async () =>
  (await world.networking.list(ADMIN, "security_group", { project_id: [PROJECT] })).filter(({ tags }) =>
    tags.includes("kubernetes=one"),
  );

/** Waits until what is looked at is as expected, and says what it is if it does not become so. */
async function becomes<T>(look: () => Promise<T>, expected: T): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const now = await look();
    if (JSON.stringify(now) === JSON.stringify(expected)) return;
    await sleep(10);
  }
  deepEqual(await look(), expected);
}

async function listed<K extends "port" | "router">(kind: K, is: (row: NetworkingTypes[K]) => boolean) {
  return (await world.networking.list(ADMIN, kind, {})).filter(is);
}

const names = async () => (await portsOf()).map(({ name }) => name).sort();

async function groupNames(podName: string): Promise<string[]> {
  const port = (await portsOf()).find(({ name }) => name === `shop/${podName}`);
  const groups = await groupsOf();
  return (port?.security_groups ?? []).map((id) => groups.find((group) => group.id === id)?.name ?? id).sort();
}

describe("a cluster's pods", () => {
  test("each has a port on its node, with an address of each family, open where no policy isolates it", async () => {
    controller.world.put("pod", pod("web"));
    controller.start();
    await becomes(names, ["shop/web"]);
    const [port] = await portsOf();
    equal(port?.["binding:host_id"], "n1");
    equal(port?.project_id, PROJECT);
    equal(port?.fixed_ips.length, 2);
    deepEqual(await groupNames("web"), ["one/open-egress", "one/open-ingress"]);
  });

  test("those of the host's network, those without a node and those that have ended have none", async () => {
    const onHost = pod("host");
    onHost.spec.hostNetwork = true;
    const waiting = pod("waiting");
    waiting.spec.nodeName = null;
    const ended = pod("ended");
    ended.status = { phase: "Succeeded" };
    for (const one of [onHost, waiting, ended, pod("web")]) controller.world.put("pod", one);
    controller.start();
    await becomes(names, ["shop/web"]);
  });

  test("a port goes with its pod, and when the pod has ended", async () => {
    const [web, job] = [pod("web"), pod("job")];
    controller.world.put("pod", web);
    controller.world.put("pod", job);
    controller.start();
    await becomes(names, ["shop/job", "shop/web"]);
    controller.world.drop("pod", web);
    controller.world.put("pod", { ...job, status: { phase: "Failed" } });
    await becomes(names, []);
  });

  test("a pod of the same name is another pod, with a port of its own", async () => {
    const first = pod("db-0");
    controller.world.put("pod", first);
    controller.start();
    await becomes(names, ["shop/db-0"]);
    const second = pod("db-0");
    controller.world.put("pod", second);
    await becomes(async () => (await portsOf()).map(({ device_id }) => device_id), [second.metadata.uid]);
  });

  test("what a run before left is taken over, and what is gone meanwhile is taken away", async () => {
    const [web, gone] = [pod("web"), pod("gone")];
    for (const one of [web, gone]) controller.world.put("pod", one);
    controller.start();
    await becomes(names, ["shop/gone", "shop/web"]);
    await controller.stop();
    const before = (await portsOf()).find(({ name }) => name === "shop/web");
    const groups = (await groupsOf()).map(({ id }) => id).sort();
    controller = makeController();
    controller.world.put("pod", web);
    controller.start();
    await becomes(names, ["shop/web"]);
    await sleep(50);
    deepEqual((await portsOf())[0], before);
    deepEqual((await groupsOf()).map(({ id }) => id).sort(), groups);
  });

  test("200 at once are given their ports, one that cannot be is told of and harms no other", async () => {
    for (let i = 0; i < 200; i++) controller.world.put("pod", pod(`p${i}`));
    controller.world.put("pod", pod("bad", { notes: { "cable.dev/ip-address": "192.0.2.1" } }));
    controller.start();
    await becomes(async () => [(await portsOf()).length, reports.includes("bad PortRefused")], [200, true]);
  });

  test("a node that is no host of Cable's is told of; the port is bound once it is one", async () => {
    controller.world.put("pod", pod("web", { node: "n9" }));
    controller.start();
    await becomes(async () => reports, ["web NodeUnknown"]);
  });

  test("annotations choose network, groups, address and MAC; what does not exist is told of", async () => {
    const network = await world.network({ name: "db", project_id: PROJECT }, ADMIN);
    await world.subnet(network.id, "10.9.0.0/24", { project_id: PROJECT }, ADMIN);
    const group = await world.group({ name: "mine", project_id: PROJECT }, ADMIN);
    const notes = {
      "cable.dev/network": "db",
      "cable.dev/security-groups": "mine",
      "cable.dev/ip-address": "10.9.0.77",
      "cable.dev/mac-address": "02:00:00:00:00:77",
    };
    controller.world.put("pod", pod("web", { notes }));
    controller.world.put("pod", pod("lost", { notes: { "cable.dev/network": "nowhere" } }));
    controller.start();
    await becomes(names, ["shop/web"]);
    const [port] = await portsOf();
    equal(port?.network_id, network.id);
    deepEqual(port?.security_groups, [group.id]);
    equal(port?.fixed_ips[0]?.ip_address, "10.9.0.77");
    equal(port?.mac_address, "02:00:00:00:00:77");
    deepEqual(reports, ["lost NetworkNotFound"]);
  });

  test("networks of other projects are not there for its pods", async () => {
    await world.network({ name: "theirs" });
    controller.world.put("pod", pod("spy", { notes: { "cable.dev/network": "theirs" } }));
    controller.start();
    await becomes(async () => reports, ["spy NetworkNotFound"]);
    deepEqual(await names(), []);
  });
});

describe("a pod's bandwidth", () => {
  const limited = (name: string, ingress: string, egress?: string) =>
    pod(name, {
      notes: {
        "kubernetes.io/ingress-bandwidth": ingress,
        ...(egress !== undefined && { "kubernetes.io/egress-bandwidth": egress }),
      },
    });
  const policies = () => world.networking.list(ADMIN, "qos_policy", {});
  const limitsIn = async () =>
    (await policies()).map(({ name, rules }) => [
      name,
      ...rules.map((rule) => ("max_kbps" in rule ? `${rule.direction} ${rule.max_kbps}` : "")).sort(),
    ]);

  test("is that of a QoS policy, one for all pods of the same limits, which goes when it is of no use", async () => {
    const [a, b] = [limited("a", "10M", "1.5Mi"), limited("b", "10M", "1.5Mi")];
    for (const one of [a, b]) controller.world.put("pod", one);
    controller.start();
    await becomes(names, ["shop/a", "shop/b"]);
    const [policy] = await policies();
    deepEqual(
      (await portsOf()).map(({ qos_policy_id: id }) => id),
      [policy?.id, policy?.id],
    );
    const expected = [["one/ingress-10000k-egress-1573k", "egress 1573", "ingress 10000"]];
    deepEqual(await limitsIn(), expected);
    await controller.stop();
    const half = policy?.rules.find((rule) => "direction" in rule && rule.direction === "egress");
    await world.networking.delete(ADMIN, "bandwidth_limit_rule", `${policy?.id}/${half?.id}`);
    controller = makeController();
    controller.world.put("pod", a);
    controller.start();
    await becomes(names, ["shop/a"]);
    await becomes(limitsIn, expected);
    await controller.stop();
    controller = makeController();
    controller.start();
    await becomes(names, []);
    await controller.stop();
    controller = makeController();
    controller.start();
    await becomes(limitsIn, []);
  });

  test("that is none keeps it from having a port", async () => {
    for (const [name, text] of [
      ["fast", "10X"],
      ["slow", "10"],
      ["none", ""],
    ] as const)
      controller.world.put("pod", limited(name, text));
    controller.start();
    const expected = ["fast BandwidthInvalid", "none BandwidthInvalid", "slow BandwidthInvalid"];
    await becomes(async () => [...new Set(reports)].sort(), expected);
    deepEqual(await names(), []);
  });
});

describe("a pod of several networks", () => {
  const NETWORKS = "k8s.v1.cni.cncf.io/networks";
  const blue = { type: "cable", kubernetes: true, network: "blue" };

  beforeEach(async () => {
    const [network] = await world.networking.create(ADMIN, "network", [{ name: "blue", project_id: PROJECT }]);
    await world.networking.create(ADMIN, "subnet", [{ network_id: network?.id, ip_version: 4, cidr: "10.7.0.0/24" }]);
    definitions.set("shop/blue", blue).set("shop/other", { type: "macvlan" });
  });

  const places = async () =>
    (await portsOf())
      .map(({ "binding:profile": { interface: ifname, others, default_route: route }, fixed_ips }) => [
        ifname,
        others ?? null,
        route ?? null,
        fixed_ips[0]?.ip_address.replace(/\.\d+\.\d+$/, ""),
      ])
      .sort();

  test("has a port in each, of which the first knows the others", async () => {
    controller.world.put("pod", pod("web", { notes: { [NETWORKS]: "blue,other,blue@fast" } }));
    controller.start();
    await becomes(places, [
      ["eth0", ["net1", "fast"], null, "10.244"],
      ["fast", null, [], "10.7"],
      ["net1", null, [], "10.7"],
    ]);
    const [[name, patch]] = annotated as [[string, { metadata: { annotations: Record<string, string> } }]];
    const told = JSON.parse(patch.metadata.annotations["k8s.v1.cni.cncf.io/network-status"] ?? "");
    deepEqual(
      [name, ...told.map((one: { name: string; interface: string }) => `${one.interface} ${one.name}`).sort()],
      ["web", "eth0 pods", "fast shop/blue", "net1 shop/blue"],
    );
  });

  test("has the addresses, MAC and default route that it names, and loses all of it with the pod", async () => {
    const wish = [{ name: "blue", ips: ["10.7.0.77"], mac: "02:00:00:00:00:77", "default-route": ["10.7.0.1"] }];
    const web = pod("web", { notes: { [NETWORKS]: JSON.stringify(wish) } });
    controller.world.put("pod", web);
    controller.start();
    await becomes(places, [
      ["eth0", ["net1"], [], "10.244"],
      ["net1", null, ["10.7.0.1"], "10.7"],
    ]);
    const further = (await portsOf()).find((port) => port["binding:profile"].interface === "net1");
    deepEqual([further?.fixed_ips[0]?.ip_address, further?.mac_address], ["10.7.0.77", "02:00:00:00:00:77"]);
    await controller.stop();
    controller = makeController();
    controller.world.put("pod", web);
    controller.start();
    await sleep(50);
    equal((await portsOf()).length, 2, "another control node finds them");
    controller.world.drop("pod", web);
    await becomes(names, []);
  });

  test("has no port at all where a definition is missing or says nothing", async () => {
    definitions.set("shop/empty", { type: "cable" });
    controller.world.put("pod", pod("lost", { notes: { [NETWORKS]: "nowhere" } }));
    controller.world.put("pod", pod("vague", { notes: { [NETWORKS]: "empty" } }));
    controller.world.put("pod", pod("wrong", { notes: { [NETWORKS]: "a b" } }));
    controller.start();
    const expected = ["lost NetworkAttachmentNotFound", "vague NetworkAttachmentInvalid", "wrong NetworksInvalid"];
    await becomes(async () => [...new Set(reports)].sort(), expected);
    deepEqual(await names(), []);
  });
});

describe("a cluster's nodes", () => {
  const node = (name: string, uid = name) => ({ metadata: { name, uid } });

  test("are on the pod network themselves, on their own host, trusted; a router is its gateway", async () => {
    controller.world.put("node", node("n1"));
    controller.start();
    const nodePorts = () => portsOf("kubernetes:node");
    await becomes(async () => (await nodePorts()).map(({ name }) => name), ["n1"]);
    const [port] = await nodePorts();
    equal(port?.["binding:host_id"], "n1");
    equal(port?.port_security_enabled, false);
    const interfaces = await portsOf("network:router_interface");
    deepEqual(interfaces.flatMap(({ fixed_ips }) => fixed_ips.map(({ ip_address }) => String(ip_address))).sort(), [
      "10.244.0.1",
      "fd00:244::1",
    ]);
    controller.world.put("node", node("n1", "made anew"));
    await becomes(async () => (await nodePorts()).map(({ device_id }) => device_id), ["made anew"]);
    controller.world.drop("node", node("n1", "made anew"));
    await becomes(async () => (await nodePorts()).length, 0);
  });

  test("a pod network that has a router keeps it", async () => {
    const network = await world.network({ name: "pods", project_id: PROJECT }, ADMIN);
    const subnet = await world.subnet(network.id, "10.244.0.0/24", { project_id: PROJECT }, ADMIN);
    const [router] = await world.networking.create(ADMIN, "router", [{ name: "mine", project_id: PROJECT }]);
    await world.networking.act(ADMIN, "router", String(router?.id), "add_router_interface", { subnet_id: subnet.id });
    controller.world.put("pod", pod("web"));
    controller.start();
    await becomes(names, ["shop/web"]);
    equal((await listed("router", () => true)).length, 1);
  });
});

describe("a cluster's services", () => {
  const service = (name: string, spec: Partial<Service["spec"]> = {}): Service => ({
    metadata: { name, namespace: "shop", uid: name },
    spec: { clusterIP: "10.96.0.10", ports: [{ port: 80 }], ...spec },
  });
  const slice = (name: string, of: string, endpoints: EndpointSlice["endpoints"]): EndpointSlice => ({
    metadata: { name, namespace: "shop", uid: name, labels: { "kubernetes.io/service-name": of } },
    addressType: "IPv4",
    endpoints: endpoints ?? [],
    ports: [{ port: 8080 }],
  });
  const shown = async () => {
    const rows = await world.networking.list(ADMIN, "balancer", {});
    return rows.map(({ name, fronts }) => [name, fronts.map(({ backends }) => backends.map(({ ip }) => String(ip)))]);
  };

  test("are balancers of the pods' gateway, with whoever of their slices is ready", async () => {
    controller.world.put("service", service("web"));
    controller.start();
    await becomes(shown, [["one/shop/web", [[]]]]);
    const routers = (await listed("router", () => true)).map(({ id }) => id);
    const [balancer] = await world.networking.list(ADMIN, "balancer", {});
    deepEqual([balancer?.router_id], routers);
    controller.world.put("slice", slice("web-a", "web", [{ addresses: ["10.244.0.5"] }]));
    controller.world.put("slice", slice("web-b", "web", [{ addresses: ["10.244.0.6"], conditions: { ready: false } }]));
    await becomes(shown, [["one/shop/web", [["10.244.0.5"]]]]);
    controller.world.put("slice", slice("web-b", "web", [{ addresses: ["10.244.0.6"] }]));
    await becomes(shown, [["one/shop/web", [["10.244.0.5", "10.244.0.6"]]]]);
    controller.world.drop("slice", slice("web-a", "web", []));
    await becomes(shown, [["one/shop/web", [["10.244.0.6"]]]]);
    controller.world.drop("service", service("web"));
    await becomes(shown, []);
  });

  test("that are gone when a controller starts are taken away, and those that stay are left as they are", async () => {
    controller.world.put("service", service("web"));
    controller.world.put("service", service("gone", { clusterIP: "10.96.0.11" }));
    controller.start();
    await becomes(async () => (await shown()).length, 2);
    const before = (await world.networking.list(ADMIN, "balancer", {})).find(({ name }) => name === "one/shop/web");
    await controller.stop();
    controller = makeController();
    controller.world.put("service", service("web"));
    controller.start();
    await becomes(shown, [["one/shop/web", [[]]]]);
    deepEqual((await world.networking.list(ADMIN, "balancer", {}))[0], before);
  });
});

describe("a cluster's policies", () => {
  const isolating = policy("web", {
    podSelector: { matchLabels: { app: "web" } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: "db" } } }], ports: [{ port: "http" }] }],
  });

  test("put pods into groups, and out of them when they go", async () => {
    controller.world.put("namespace", { metadata: { name: "shop", uid: "shop" } });
    controller.world.put("pod", pod("web", { labels: { app: "web" } }));
    controller.world.put("pod", pod("db", { labels: { app: "db" } }));
    controller.start();
    await becomes(() => groupNames("web"), ["one/open-egress", "one/open-ingress"]);
    controller.world.put("policy", isolating);
    const own = ["one/open-egress", "one/policy/shop/web", "one/policy/shop/web/TCP:http=8080"];
    await becomes(() => groupNames("web"), own);
    const db = await groupNames("db");
    equal(db.length, 3);
    const rules = (await groupsOf()).find(({ name }) => name === own[2])?.security_group_rules ?? [];
    deepEqual(
      rules.map(({ ethertype, protocol, port_range_min, port_range_max }) => [
        ethertype,
        protocol,
        port_range_min,
        port_range_max,
      ]),
      [
        ["IPv4", "tcp", 8080, 8080],
        ["IPv6", "tcp", 8080, 8080],
      ],
    );
    controller.world.drop("policy", isolating);
    await becomes(() => groupNames("web"), ["one/open-egress", "one/open-ingress"]);
    await becomes(
      async () => (await groupsOf()).map(({ name }) => name).sort(),
      ["one/open-egress", "one/open-ingress"],
    );
  });

  test("a pod that comes after its policy has its groups from the start", async () => {
    controller.world.put("policy", isolating);
    controller.start();
    controller.world.put("pod", pod("web", { labels: { app: "web" } }));
    await becomes(names, ["shop/web"]);
    const [port] = await portsOf();
    equal(port?.revision_number, 1, "as it was created");
    deepEqual(await groupNames("web"), ["one/open-egress", "one/policy/shop/web", "one/policy/shop/web/TCP:http=8080"]);
  });

  test("a rule that changes is changed alone", async () => {
    const withPort = (port: number) =>
      policy("p", { podSelector: {}, ingress: [{ ports: [{ port }, { protocol: "UDP", port: 53 }] }] });
    controller.world.put("policy", withPort(80));
    controller.start();
    const rules = async () =>
      (await groupsOf())
        .find(({ name }) => name === "one/policy/shop/p")
        ?.security_group_rules.map(({ id, port_range_min }) => ({ id, port: port_range_min })) ?? [];
    await becomes(async () => (await rules()).map(({ port }) => port).sort(), [53, 53, 80, 80]);
    const before = (await rules()).filter(({ port }) => port === 53).map(({ id }) => id);
    controller.world.put("policy", withPort(81));
    await becomes(async () => (await rules()).map(({ port }) => port).sort(), [53, 53, 81, 81]);
    deepEqual(
      (await rules()).filter(({ port }) => port === 53).map(({ id }) => id),
      before,
    );
  });
});
