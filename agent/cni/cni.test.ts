/** The verbs over a real loop, with the host and the control node faked. Long because each is tried in every state that the others leave. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { FakeHost } from "../../host/fake/host.ts";
import type { Cidr, Ip, ViewMessage, ViewPort } from "../../model/mod.ts";
import {
  AWAY,
  aNetwork,
  anEndpoint,
  aPort,
  aSubnet,
  FakeControl,
  FakeDatapath,
  fakeLog,
  networkId,
  portId,
} from "../fake/mod.ts";
import { LocalLinks, Loop, PortWires } from "../loop/mod.ts";
import { Attachments, deviceOf } from "./attachments.ts";
import { Cni } from "./cni.ts";
import { type CniCall, parseRequest } from "./request.ts";

const NETNS = "/run/netns/pod";
const KEY = { containerId: "c1", ifname: "eth0" };
const DEVICE = deviceOf(KEY);
const container = { kind: "container" } as const;
const network = aNetwork(1, {
  dnsDomain: "example.org.",
  subnets: [
    aSubnet(1, "10.0.1.0/24", {
      dnsServers: ["10.0.1.2" as Ip],
      routes: [{ destination: "10.9.0.0/16" as Cidr, nextHop: "10.0.1.9" as Ip }],
    }),
    aSubnet(1, "fd00:1::/64"),
  ],
});

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

function newState(): string {
  const directory = mkdtempSync(join(tmpdir(), "cable-cni-"));
  cleanUps.push(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** An agent around a host and a state directory; a second one on the same is that agent after a restart. */
function anAgent(host = new FakeHost(), state = newState(), control = new FakeControl()) {
  if (host.links.list().length === 1) host.addNamespace(NETNS);
  const attachments = new Attachments(state);
  const datapath = new FakeDatapath();
  const localLinks = new LocalLinks(host.links);
  const containerDevice = (id: string) => attachments.deviceOfPort(id);
  const here = { host: "h1", physicalNetworks: {} };
  const loop = new Loop({ here, links: host.links, localLinks, datapath, containerDevice, log: fakeLog() });
  localLinks.start(() => loop.nudge());
  const wires = new PortWires(loop, localLinks, () => true);
  const cni = new Cni({ host, attachments, wires, control, log: fakeLog(), viewTimeoutMs: 30 });
  cleanUps.push(() => {
    for (const part of [loop, cni, localLinks]) part.stop();
  });
  const feed = (...messages: ViewMessage[]) => {
    for (const message of messages) loop.receive(message);
    loop.applyNow();
  };
  const putPort = (port: ViewPort) => feed({ type: "put", kind: "port", value: port });
  control.onCreated = (id, _network, containerId) =>
    putPort({ ...aPort(2, 1, container, { deviceId: containerId, deviceOwner: "cable:container" }), id });
  feed({ type: "snapshot" }, { type: "put", kind: "network", value: network });
  for (const id of control.ports.values()) control.onCreated(id, networkId(1), "c1");
  putPort(aPort(1, 1, container));
  feed({ type: "put", kind: "endpoint", value: anEndpoint(1, 1, "h1") }, { type: "synced", revision: 1 });
  host.takeLog();
  const run = (command: string, changes: Partial<CniCall> = {}, config: object = {}) =>
    cni.run(
      parseRequest({
        ...{ command, ...KEY, netns: NETNS, args: "", path: "/opt/cni/bin" },
        ...changes,
        config: JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "cable", port: portId(1), ...config }),
      }),
    );
  return { host, state, control, attachments, datapath, loop, cni, run, feed, putPort };
}

const byNetwork = { port: undefined, network: networkId(1) };
const withPrevious = { prevResult: {} };
/** Nothing of an attachment is left anywhere. */
function assertClean({ host, attachments, state, datapath }: ReturnType<typeof anAgent>) {
  assert.deepEqual(attachments.all(), []);
  assert.deepEqual(readdirSync(state), []);
  assert.deepEqual(
    host.links.list().map(({ name }) => name),
    ["lo"],
  );
  assert.deepEqual([...datapath.inForce.vifs.keys()], []);
}

test("ADD makes the pair, gives the container its addresses and routes, and returns with the port in force", async () => {
  const { host, datapath, run } = anAgent();
  const result = await run("ADD");
  assert.deepEqual(host.takeLog(), [
    `link add veth ${DEVICE} mtu 1450 peer eth0 mac fa:16:3e:00:00:01 in ${NETNS}`,
    `link set ${DEVICE} up`,
    `ipv6 static on eth0 in ${NETNS}`,
    `link set eth0 up in ${NETNS}`,
    `address add 10.0.1.1/24 dev eth0 nodad in ${NETNS}`,
    `address add fd00:1::1/64 dev eth0 nodad in ${NETNS}`,
    `route add 169.254.169.254/32 dev eth0 in ${NETNS}`,
    `route add 10.9.0.0/16 via 10.0.1.9 dev eth0 in ${NETNS}`,
    `route add 0.0.0.0/0 via 10.0.1.1 dev eth0 in ${NETNS}`,
    `route add ::/0 via fd00:1::1 dev eth0 in ${NETNS}`,
  ]);
  assert.equal(datapath.inForce.vifs.get(portId(1))?.device.name, DEVICE);
  assert.deepEqual(result, {
    cniVersion: "1.1.0",
    interfaces: [
      { name: DEVICE, mac: host.links.byName(DEVICE)?.mac, mtu: 1450, sandbox: "" },
      { name: "eth0", mac: "fa:16:3e:00:00:01", mtu: 1450, sandbox: NETNS },
    ],
    ips: [
      { address: "10.0.1.1/24", gateway: "10.0.1.1", interface: 1 },
      { address: "fd00:1::1/64", gateway: "fd00:1::1", interface: 1 },
    ],
    routes: [
      { dst: "169.254.169.254/32" },
      { dst: "10.9.0.0/16", gw: "10.0.1.9" },
      { dst: "0.0.0.0/0", gw: "10.0.1.1" },
      { dst: "::/0", gw: "fd00:1::1" },
    ],
    dns: { nameservers: ["10.0.1.2"], domain: "example.org" },
  });
});

test("ADD, CHECK and DEL may come twice", async () => {
  const agent = anAgent();
  const { host, run } = agent;
  const first = await run("ADD");
  host.takeLog();
  assert.deepEqual(await run("ADD"), first);
  assert.deepEqual(host.takeLog(), []);
  assert.equal(await run("CHECK", {}, withPrevious), "");
  assert.equal(await run("DEL", { netns: "" }), "");
  assert.equal(await run("DEL"), "");
  assertClean(agent);
});

test("calls for one interface are done in turn", async () => {
  const agent = anAgent();
  const calls = await Promise.allSettled([agent.run("ADD"), agent.run("DEL"), agent.run("ADD"), agent.run("DEL")]);
  assert.deepEqual(
    calls.map(({ status }) => status),
    Array(4).fill("fulfilled"),
  );
  assertClean(agent);
});

test("a configuration with a network makes a port for the container, and DEL deletes it", async () => {
  const agent = anAgent();
  const args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web";
  const result = (await agent.run("ADD", { args }, byNetwork)) as { interfaces: { mac: string }[] };
  assert.equal(result.interfaces[1]?.mac, "fa:16:3e:00:00:02");
  assert.equal(agent.control.ports.size, 1);
  await agent.run("DEL", {}, byNetwork);
  assert.equal(agent.control.ports.size, 0);
  assertClean(agent);
});

test("DEL is done although the control node is away, and the port is given back later", async () => {
  const agent = anAgent();
  await agent.run("ADD", {}, byNetwork);
  agent.control.failure = AWAY;
  await agent.run("DEL", {}, byNetwork);
  assert.deepEqual(
    agent.host.links.list().map(({ name }) => name),
    ["lo"],
  );
  await assert.rejects(agent.run("ADD", {}, byNetwork), { code: 11 });
  agent.control.failure = undefined;
  await new Promise((resolve) => setTimeout(resolve, 1100));
  assert.equal(agent.control.ports.size, 0);
  assertClean(agent);
});

test("a failed ADD leaves nothing", async (t) => {
  type Agent = ReturnType<typeof anAgent>;
  const rows: [string, number, (agent: Agent) => Promise<unknown>][] = [
    ["its namespace is gone", 3, ({ run }) => run("ADD", { netns: "/run/netns/none" })],
    ["its interface exists", 4, ({ run }) => run("ADD", { ifname: "lo" })],
    ["its port is not on this host", 11, ({ run }) => run("ADD", {}, { port: portId(77) })],
    [
      "its port is for a machine",
      7,
      ({ run, putPort }) => {
        putPort(aPort(1, 1));
        return run("ADD");
      },
    ],
    [
      "the data plane refuses",
      11,
      ({ run, datapath }) => {
        datapath.refused.set(portId(1), "no room");
        return run("ADD");
      },
    ],
    [
      "the control node cannot make its port",
      11,
      async ({ run, control }) => {
        control.failure = AWAY;
        await run("ADD", {}, byNetwork).finally(() => {
          control.failure = undefined;
        });
      },
    ],
    ["its port has another address than is asked for", 7, ({ run }) => run("ADD", { args: "IP=10.0.1.77" })],
    ["its port has another MAC than is asked for", 7, ({ run }) => run("ADD", { args: "MAC=02:00:00:00:00:77" })],
    [
      "its pod has been deleted",
      11,
      ({ run }) =>
        run(
          "ADD",
          { args: "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_UID=u" },
          { port: undefined, kubernetes: true },
        ),
    ],
    [
      "the namespace of a container with its own port is gone",
      3,
      ({ run }) => run("ADD", { netns: "/none" }, byNetwork),
    ],
  ];
  for (const [title, code, work] of rows)
    await t.test(`when ${title}`, async () => {
      const agent = anAgent();
      await assert.rejects(work(agent), (error: { code?: number }) => error.code === code);
      if (agent.attachments.all().length > 0) await agent.run("DEL", {}, byNetwork);
      assertClean(agent);
      assert.equal(agent.control.ports.size, 0);
    });
});

test("ADD waits for a port that is on its way", async () => {
  const { run, putPort } = anAgent();
  setTimeout(() => putPort(aPort(5, 1, container)), 10);
  assert.ok(await run("ADD", {}, { port: portId(5) }));
});

test("a port that another container has is not taken from it, unless that has gone", async () => {
  const { host, run } = anAgent();
  host.addNamespace("/run/netns/other");
  await run("ADD");
  const other = { containerId: "c2", netns: "/run/netns/other" };
  await assert.rejects(run("ADD", other), { code: 11, message: /container c1/ });
  host.links.remove(host.links.byName(DEVICE)?.index ?? 0);
  assert.ok(await run("ADD", other));
});

test("a restart finds its way", async (t) => {
  const states = ["adding", "added", "removing"] as const;
  for (const state of states)
    for (const isDeviceThere of [true, false])
      await t.test(`from "${state}", ${isDeviceThere ? "with" : "without"} a device`, async () => {
        const before = anAgent();
        await before.run("ADD", {}, byNetwork);
        const record = before.attachments.get(KEY);
        assert.ok(record);
        before.attachments.put({ ...record, state, portId: state === "adding" ? null : record.portId });
        if (!isDeviceThere) before.host.links.remove(before.host.links.byName(DEVICE)?.index ?? 0);
        const after = anAgent(before.host, before.state, before.control);
        after.cni.sweep();
        await after.run("STATUS");
        if (state === "added" && isDeviceThere) {
          assert.equal(after.datapath.inForce.vifs.size, 1);
          assert.equal(await after.run("CHECK", {}, { ...byNetwork, ...withPrevious }), "");
        } else {
          await after.run("DEL", {}, byNetwork);
          assertClean(after);
          assert.equal(after.control.ports.size, 0);
        }
      });
  await t.test("from a device without a record", async () => {
    const before = anAgent();
    await before.run("ADD");
    before.attachments.remove(KEY);
    const after = anAgent(before.host, before.state);
    after.cni.sweep();
    assertClean(after);
  });
});

test("CHECK finds what is not as ADD made it", async (t) => {
  const rows: [string, RegExp, (agent: ReturnType<typeof anAgent>) => void][] = [
    [
      "an address",
      /10.0.1.8\/24 is missing/,
      ({ putPort }) => {
        const port = aPort(1, 1, container);
        putPort({
          ...port,
          fixedIps: [...port.fixedIps, { ip: "10.0.1.8" as Ip, subnetId: port.fixedIps[0]?.subnetId ?? "" }],
        });
      },
    ],
    [
      "the link",
      /is down/,
      ({ host }) => host.inNamespace(NETNS, (links) => links.set(links.byName("eth0")?.index ?? 0, { up: false })),
    ],
    [
      "the MAC",
      /instead of/,
      ({ host }) =>
        host.inNamespace(NETNS, (links) =>
          links.set(links.byName("eth0")?.index ?? 0, { mac: "02:00:00:00:00:01" as never }),
        ),
    ],
    ["the interface", /is gone/, ({ host }) => host.links.remove(host.links.byName(DEVICE)?.index ?? 0)],
  ];
  for (const [title, message, spoil] of rows)
    await t.test(title, async () => {
      const agent = anAgent();
      await agent.run("ADD");
      spoil(agent);
      await assert.rejects(agent.run("CHECK", {}, withPrevious), { code: 101, message });
    });
});

test("GC removes what is not in the list, of its own network only, and ports of which nothing is known", async () => {
  const agent = anAgent();
  agent.host.addNamespace("/run/netns/b");
  agent.host.addNamespace("/run/netns/c");
  agent.putPort(aPort(3, 1, container));
  await agent.run("ADD", {}, byNetwork);
  await agent.run("ADD", { containerId: "c2", netns: "/run/netns/b" });
  await agent.run("ADD", { containerId: "c3", netns: "/run/netns/c" }, { name: "other", port: portId(3) });
  await agent.control.createPort({ network_id: networkId(1), container_id: "lost", interface_name: "eth0" });
  const valid = { ...byNetwork, "cni.dev/valid-attachments": [{ containerID: "c1", ifname: "eth0" }] };
  await agent.run("GC", {}, valid);
  assert.deepEqual(
    agent.attachments
      .all()
      .map(({ containerId }) => containerId)
      .sort(),
    ["c1", "c3"],
  );
  assert.deepEqual([...agent.control.ports.keys()], ["c1/eth0"]);
});

test("addresses and MAC that are asked for are those of the port that is made", async () => {
  const agent = anAgent();
  await agent.run("ADD", { args: "IP=10.0.1.2;MAC=fa:16:3e:00:00:02" }, byNetwork);
  assert.deepEqual(agent.control.asked, [{ ips: ["10.0.1.2"], mac_address: "fa:16:3e:00:00:02" }]);
});

test("DEL takes a device away of which the record is lost", async () => {
  const agent = anAgent();
  await agent.run("ADD");
  agent.attachments.remove(KEY);
  await agent.run("DEL", { netns: "" }, { port: undefined, kubernetes: true });
  assert.deepEqual(
    agent.host.links.list().map(({ name }) => name),
    ["lo"],
  );
});

/** A pod of two networks, whose ports have come. */
function aPodOfTwo() {
  const agent = anAgent();
  const of = { deviceOwner: "kubernetes:pod", deviceId: "u", name: "shop/web" };
  agent.putPort(aPort(5, 1, { kind: "container", interface: "eth0", others: ["net1"] }, of));
  agent.putPort(aPort(6, 1, { kind: "container", interface: "net1", defaultRoute: [] }, of));
  const args = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_UID=u";
  const call = (command: string, changes: Partial<CniCall> = {}) =>
    agent.run(command, { args, ...changes }, { port: undefined, kubernetes: true });
  const interfaces = () =>
    agent.attachments
      .all()
      .map(({ ifname, portId: id }) => `${ifname} ${id}`)
      .sort();
  return { ...agent, call, interfaces };
}
const ETH0 = `eth0 ${portId(5)}`;
const NET1 = `net1 ${portId(6)}`;

test("ADD of a pod's first interface makes the others, which then are there for whoever asks for them", async () => {
  const agent = aPodOfTwo();
  const first = (await agent.call("ADD")) as { interfaces: { name: string }[] };
  assert.deepEqual(first.interfaces.map(({ name }) => name).slice(1), ["eth0"]);
  assert.deepEqual(agent.interfaces(), [ETH0, NET1]);
  agent.host.takeLog();
  const further = (await agent.call("ADD", { ifname: "net1" })) as { interfaces: { name: string }[]; routes: object[] };
  assert.deepEqual(further.interfaces.map(({ name }) => name).slice(1), ["net1"]);
  assert.deepEqual(further.routes, [{ dst: "10.9.0.0/16", gw: "10.0.1.9" }], "no default route, no services");
  await agent.call("ADD");
  assert.deepEqual(agent.host.takeLog(), [], "nothing was made again");
  await agent.call("DEL");
  assert.deepEqual(agent.interfaces(), []);
});

test("interfaces of a pod are taken away one by one, too, and kept by GC with the first", async () => {
  const agent = aPodOfTwo();
  await agent.call("ADD");
  const valid = (...ifnames: string[]) => ({
    ...{ port: undefined, kubernetes: true },
    "cni.dev/valid-attachments": ifnames.map((ifname) => ({ containerID: "c1", ifname })),
  });
  await agent.run("GC", {}, valid("eth0"));
  assert.deepEqual(agent.interfaces(), [ETH0, NET1]);
  await agent.call("DEL", { ifname: "net1" });
  assert.deepEqual(agent.interfaces(), [ETH0]);
  await agent.call("ADD");
  await agent.run("GC", {}, valid());
  assert.deepEqual(agent.interfaces(), []);
});

test("a pod with an interface that cannot be has none", async () => {
  const agent = aPodOfTwo();
  agent.datapath.refused.set(portId(6), "no room");
  await assert.rejects(agent.call("ADD"), { code: 11 });
  assert.deepEqual(agent.interfaces(), []);
});

test("STATUS of a node's agent fails until it has its view", async () => {
  const pods = { port: undefined, kubernetes: true };
  assert.equal(await anAgent().run("STATUS", {}, pods), "");
  const host = new FakeHost();
  const wires = { notReady: () => "no view yet" } as unknown as PortWires;
  const cni = new Cni({
    host,
    attachments: new Attachments(newState()),
    wires,
    control: new FakeControl(),
    log: fakeLog(),
  });
  const config = JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "cable", kubernetes: true });
  const call = { command: "STATUS", containerId: "", netns: "", ifname: "", args: "", path: "", config };
  await assert.rejects(cni.run(parseRequest(call)), { code: 50, message: "no view yet" });
});
