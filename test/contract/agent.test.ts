/** The agent's real process in a network namespace, with the real data plane and CNI executable; the control node is played. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { aGroup, aNetwork, anEndpoint, aPort, networkId, portId } from "../../agent/fake/mod.ts";
import type { Place } from "../../model/mod.ts";
import {
  askSocket,
  inNetns,
  ipBatch,
  makeNetns,
  makeVeth,
  mustIn,
  netnsPath,
  type Outcome,
  type Running,
  removeNetns,
  run,
  runIn,
  start,
  until,
} from "../kit/mod.ts";
import { PlayedControl } from "./agent-control.ts";

const ROOT = join(import.meta.dirname, "../..");
const EXECUTABLE = join(ROOT, ".build/cni/cable");
const container: Place = { kind: "container" };

let made = 0;

/** A host: a namespace with a card, a control node at the card's other end, and an agent once it is started. */
async function aHost(t: TestContext) {
  const name = `cb6-${process.pid}-${made++}`;
  const directory = await mkdtemp(join(tmpdir(), `${name}-`));
  const prefix = `fdcb:6:${(process.pid & 0xffff).toString(16)}:${made.toString(16)}`;
  const wire = `cb6w${process.pid % 100000}x${made}`;
  const control = new PlayedControl();
  const containers: string[] = [];
  const command = [
    ...[process.execPath, "--max-semi-space-size=2", join(ROOT, "tools/start.ts"), "agent", "--host", "h1"],
    ...["--token-file", join(directory, "token"), "--tunnel-ip", "192.0.2.1", "--nic", "eth0"],
    ...["--state-dir", join(directory, "state"), "--bpf-dir", join(directory, "bpf"), "--listen", "127.0.0.1:9697"],
  ];
  let agent: Running | undefined;
  let url = "";
  t.after(async () => {
    await agent?.stop();
    await control.close();
    for (const netns of [...containers, name]) await removeNetns(netns);
    await run(["umount", "-l", join(directory, "bpf")]);
    await rm(directory, { recursive: true });
  });
  await makeNetns(name);
  await makeVeth({ netns: undefined, name: wire }, { netns: name, name: "eth0" });
  await ipBatch(undefined, [`addr add ${prefix}::1/64 dev ${wire} nodad`, `link set ${wire} up`]);
  await ipBatch(name, [`addr add ${prefix}::2/64 dev eth0 nodad`, "link set eth0 up"]);
  await writeFile(join(directory, "token"), "secret-of-the-host\n");
  url = await control.listen(`${prefix}::1`);
  const socket = join(directory, "state/agent.sock");
  const ask = async (path: string) => (await askSocket(socket, path)) as Record<string, unknown>;
  return {
    name,
    directory,
    control,
    ask,
    logFile: join(directory, "log"),
    agent: () => agent as Running,
    listenAgain: () => control.listen(`${prefix}::1`, Number(new URL(url).port)),
    async startAgent(isReady: (status: Record<string, unknown>) => boolean = ({ synced }) => synced === true) {
      const logFile = join(directory, "log");
      agent = start({ name: "agent", command: [...command, "--control", url], logFile, netns: name });
      await until("the agent", async () => (isReady(await ask("/v1/status")) ? true : undefined), { process: agent });
    },
    clean: () => run(inNetns(name, [...command.slice(0, 4), "clean", ...command.slice(-6, -2)])),
    async aContainer(): Promise<string> {
      const netns = `${name}-c${containers.length}`;
      containers.push(netns);
      await makeNetns(netns);
      return netns;
    },
    cni(verb: string, netns: string, config: object, ifname = "eth0"): Promise<Outcome> {
      const env = { CNI_COMMAND: verb, CNI_CONTAINERID: netns, CNI_NETNS: netnsPath(netns), CNI_IFNAME: ifname };
      const input = JSON.stringify({ cniVersion: "1.1.0", name: "net", type: "cable", socket, ...config });
      return runIn(name, [EXECUTABLE], { env: { ...env, CNI_PATH: "/opt/cni/bin", CNI_ARGS: "" }, input });
    },
    putPort(n: number, place: "tap" | Place = container): string {
      const group = aGroup(1);
      control.put("network", aNetwork(1));
      control.put("group", group);
      control.put("port", aPort(n, 1, place, { securityGroups: [group.id] }));
      control.put("endpoint", anEndpoint(n, 1, "h1", { securityGroups: [group.id] }));
      return portId(n);
    },
    async links(): Promise<string[]> {
      const links = JSON.parse(await mustIn(name, ["ip", "-j", "link"])) as { ifname: string }[];
      return links.map(({ ifname }) => ifname).sort();
    },
  };
}

type ThisHost = Awaited<ReturnType<typeof aHost>>;

/** Two containers on ports 1 and 2 of network 1. */
async function twoContainers(host: ThisHost): Promise<[string, string]> {
  const netns: [string, string] = [await host.aContainer(), await host.aContainer()];
  for (const [index, one] of netns.entries()) {
    const outcome = await host.cni("ADD", one, { port: host.putPort(index + 1) });
    assert.equal(outcome.code, 0, outcome.stdout);
  }
  return netns;
}

const ping = (from: string, to: string, ...more: string[]) =>
  runIn(from, ["busybox", "ping", "-W1", "-c1", ...more, to]);

test("containers are wired by the CNI executable, reach each other, and are gone after DEL", async (t) => {
  const host = await aHost(t);
  await host.startAgent();
  const [a, b] = await twoContainers(host);
  assert.equal((await ping(a, "10.0.1.2")).code, 0);
  assert.equal((await ping(a, "fd00:1::2")).code, 0);
  await until("the report", () => (host.control.reported(portId(2))?.up ? true : undefined));
  assert.equal(host.control.reports[0]?.facts?.tunnel_ip, "192.0.2.1");
  assert.equal(host.control.reports[0]?.facts?.underlay_mtu, 1500);
  const port = await host.ask(`/v1/ports/${portId(1)}`);
  assert.equal(port.up, true);
  assert.ok((port.counters as { rxPackets: number }).rxPackets > 0);
  const withResult = { port: portId(1), prevResult: {} };
  assert.deepEqual(await host.cni("CHECK", a, withResult), { code: 0, stdout: "", stderr: "" });
  for (const [index, one] of [a, b].entries())
    assert.equal((await host.cni("DEL", one, { port: portId(index + 1) })).code, 0);
  await until("the report", () => (host.control.reported(portId(2))?.up === false ? true : undefined));
  assert.deepEqual(await readdir(join(host.directory, "state/attachments")), []);
  assert.deepEqual(await host.links(), [
    "cable-mir0",
    "cable-mir1",
    "cable-pkt0",
    "cable-svc0",
    "cable-svc1",
    "cable-vxlan",
    "eth0",
    "lo",
  ]);
  assert.equal((await host.cni("CHECK", a, withResult)).code, 1);
});

test("a container whose namespace has IPv6 turned off gets its IPv6 address, and no advertisement ages it", async (t) => {
  const host = await aHost(t);
  await host.startAgent();
  const netns = await host.aContainer();
  await mustIn(netns, ["sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1"]);
  const outcome = await host.cni("ADD", netns, { port: host.putPort(1) });
  assert.equal(outcome.code, 0, outcome.stdout);
  const addresses = await mustIn(netns, ["ip", "-6", "addr", "show", "dev", "eth0", "scope", "global"]);
  assert.match(addresses, /fd00:1::1\/64/);
  assert.match(addresses, /valid_lft forever/);
  assert.equal((await mustIn(netns, ["sysctl", "-n", "net.ipv6.conf.eth0.accept_ra"])).trim(), "0");
});

/** Whatever an ADD had done when its agent was killed, DEL undoes. */
test("agents killed in the middle of many ADDs leave nothing that DEL does not find", async (t) => {
  const host = await aHost(t);
  host.control.put("network", aNetwork(1));
  const ids = Array.from({ length: 12 }, (_, n) => n + 1);
  host.control.makePort = (containerId) => host.putPort(Number(containerId.split("-").at(-1)?.slice(1)) + 1);
  await host.startAgent();
  const containers = await Promise.all(ids.map(() => host.aContainer()));
  const config = { network: networkId(1) };
  for (const waitMs of [5, 20, 45]) {
    const adds = containers.map((netns) => host.cni("ADD", netns, config));
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    host.agent().kill("SIGKILL");
    await host.agent().ended();
    await Promise.all(adds);
    await host.startAgent();
    for (const netns of containers) assert.equal((await host.cni("DEL", netns, config)).code, 0);
    assert.deepEqual(await host.links(), [
      "cable-mir0",
      "cable-mir1",
      "cable-pkt0",
      "cable-svc0",
      "cable-svc1",
      "cable-vxlan",
      "eth0",
      "lo",
    ]);
    assert.deepEqual(await readdir(join(host.directory, "state/attachments")), []);
    assert.equal(host.control.made.size, 0);
    assert.deepEqual(
      ((await host.ask("/v1/plan")) as unknown as string[]).filter((line) => line.startsWith("vif")),
      [],
    );
  }
});

test("a container in a network gets a port of its own, and gives it back", async (t) => {
  const host = await aHost(t);
  host.control.put("network", aNetwork(1));
  host.control.makePort = () => host.putPort(7);
  await host.startAgent();
  const netns = await host.aContainer();
  const outcome = await host.cni("ADD", netns, { network: networkId(1) });
  assert.equal(outcome.code, 0, outcome.stdout);
  assert.equal(JSON.parse(outcome.stdout).ips[0].address, "10.0.1.7/24");
  await host.cni("DEL", netns, { network: networkId(1) });
  assert.equal(host.control.made.size, 0);
});

test("a container can ask for its addresses by DHCP and router solicitation, too", async (t) => {
  const host = await aHost(t);
  await host.startAgent();
  const [a] = await twoContainers(host);
  await mustIn(a, ["sysctl", "-qw", "net.ipv6.conf.eth0.accept_ra=1"]);
  await mustIn(a, ["ip", "addr", "flush", "dev", "eth0"]);
  await mustIn(a, ["ip", "link", "set", "eth0", "down"]);
  await mustIn(a, ["ip", "link", "set", "eth0", "up"]);
  const { stderr: lease } = await runIn(a, [
    "busybox",
    "udhcpc",
    "-i",
    "eth0",
    "-n",
    "-q",
    "-f",
    "-s",
    "/bin/true",
    "-t",
    "3",
    "-T",
    "1",
  ]);
  assert.match(lease, /10\.0\.1\.1/);
  await until("a SLAAC address", async () =>
    (await mustIn(a, ["ip", "-6", "addr", "show", "dev", "eth0"])).includes("fd00:1::f816:3eff:fe00:1/64")
      ? true
      : undefined,
  );
});

test("a tap that a virtual machine brings is up within a moment", async (t) => {
  const host = await aHost(t);
  await host.startAgent();
  const port = aPort(3, 1);
  host.putPort(3, "tap");
  await until("the report", () => host.control.reported(port.id));
  const device = port.place.kind === "tap" ? port.place.device : "";
  await mustIn(host.name, ["ip", "tuntap", "add", device, "mode", "tap"]);
  const startMs = performance.now();
  await until("the report", () => (host.control.reported(port.id)?.up ? true : undefined), { everyMs: 1 });
  t.diagnostic(`tap there to reported up: ${(performance.now() - startMs).toFixed(1)} ms at most`);
  const [link] = JSON.parse(await mustIn(host.name, ["ip", "-j", "link", "show", device]));
  assert.equal(link.mtu, 1450);
  assert.ok(link.flags.includes("UP"));
  await mustIn(host.name, ["ip", "link", "del", device]);
  await until("the report", () => (host.control.reported(port.id)?.up === false ? true : undefined));
});

test("an agent that is killed and starts while the control node is away loses nothing", async (t) => {
  const host = await aHost(t);
  await host.startAgent();
  const [a] = await twoContainers(host);
  const before = await host.ask("/v1/dump");
  await until("the view on disk", () => readFile(join(host.directory, "state/view.ndjson")), { everyMs: 100 });
  const pinging = ping(a, "10.0.1.2", "-c300", "-i", "0.01");
  await host.control.close();
  host.agent().kill("SIGKILL");
  await host.agent().ended();
  await host.startAgent(() => true);
  assert.deepEqual(await host.ask("/v1/dump"), before);
  const netns = await host.aContainer();
  const late = await host.cni("STATUS", netns, { port: portId(1) });
  assert.equal(late.code, 0, late.stdout);
  const outcome = await pinging;
  assert.match(outcome.stdout, / 300 packets received/);
  const watches = host.control.watches.length;
  await host.listenAgain();
  await until("the agent to be in step", async () => ((await host.ask("/v1/status")).synced ? true : undefined));
  assert.equal(typeof host.control.watches[watches], "number");
  assert.deepEqual(await host.ask("/v1/dump"), before);
});

test("a stream that cannot be resumed is begun anew, and what is gone meanwhile is removed", async (t) => {
  const host = await aHost(t);
  await host.startAgent();
  await twoContainers(host);
  const known = host.control.watches.length;
  host.control.forgottenUpTo = 1000;
  host.control.cutStreams();
  host.control.remove("port", portId(2));
  host.control.remove("endpoint", portId(2));
  await until("a new snapshot", () => (host.control.watches.length >= known + 2 ? true : undefined));
  assert.deepEqual(host.control.watches.slice(known + 1), [null]);
  await until("the port to be gone", async () =>
    JSON.stringify(await host.ask("/v1/ports")).includes(portId(2)) ? undefined : true,
  );
  assert.ok(JSON.stringify(await host.ask("/v1/plan")).includes(portId(1)));
  assert.ok(!JSON.stringify(await host.ask("/v1/plan")).includes(portId(2)));
});

test("a control node that does not know the host is told of in the log, and the agent waits", async (t) => {
  const host = await aHost(t);
  await writeFile(join(host.directory, "token"), "another\n");
  await host.startAgent(({ connected }) => connected === false);
  await until("the log", async () =>
    (await readFile(host.logFile, "utf8")).includes("view stream lost") ? true : undefined,
  );
  const status = await host.cni("STATUS", host.name, { port: portId(1) });
  assert.equal(JSON.parse(status.stdout).code, 50);
});

test("metrics are served, a second agent is refused, and clean leaves nothing", async (t) => {
  const host = await aHost(t);
  await host.startAgent();
  await twoContainers(host);
  const metrics = await mustIn(host.name, ["busybox", "wget", "-qO-", "http://127.0.0.1:9697/metrics"]);
  assert.match(metrics, /cable_agent_ports\{state="up"\} 2/);
  const refused = await host.clean();
  assert.match(refused.stderr, /another agent answers/);
  await host.agent().stop();
  assert.ok((await host.links()).includes("cable-vxlan"));
  const cleaned = await host.clean();
  assert.equal(cleaned.code, 0, cleaned.stderr);
  assert.deepEqual(await host.links(), ["eth0", "lo"]);
  const pins = await readdir(join(host.directory, "bpf"));
  assert.deepEqual(
    pins.filter((name) => !name.endsWith(".debug")),
    [],
  ); // those are the kernel's own
  assert.deepEqual(await readdir(join(host.directory, "state")), []);
});
