/** What every {@link Datapath} driver does with real workloads: two hosts, workloads on both, who reaches whom. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type FlowFacts, type Ip, ip, mac } from "../model/mod.ts";
import { encodeProbe } from "../wire/mod.ts";
import { type Datapath, noChange, type Trap, type Wanted, type WantedEndpoint, type WantedVif } from "./datapath.ts";

/** One host of the lab. Calls of its data plane run in its network namespace. */
export interface LabHost {
  tunnelIp: Ip;
  datapath: Datapath;
  /** A new driver over what the old one left. */
  restart(): Promise<void>;
  /** Names of devices, filters and pins of the driver's making. */
  leftovers(): string[];
}

/** A workload: a namespace whose only device is plugged into a host. */
export interface LabWorkload {
  n: number;
  device: WantedVif["device"];
  /** How many of `count` (3) were answered. */
  ping(address: string, options?: { count?: number; intervalSeconds?: number; sizeBytes?: number }): Promise<number>;
  /** Asks for an address by DHCP once, in vain. */
  askForLease(): Promise<void>;
  /** Listens from when this resolves; what it resolves with waits for a frame of that EtherType, in hex. */
  listen(ethertype: number): Promise<() => Promise<string>>;
}

export interface DatapathLab {
  a: LabHost;
  b: LabHost;
  /** Plugs workload `n` (10.0.0.n and fd00::n, MAC 02:00:00:00:00:n in hex) into a host. */
  plug(host: LabHost, n: number): Promise<LabWorkload>;
  /** A physical machine without a tag behind a card of the host. */
  plugMachine(host: LabHost, n: number): Promise<LabWorkload>;
  vif(workload: LabWorkload, changes?: Partial<WantedVif>): WantedVif;
  endpoint(n: number, location: WantedEndpoint["location"], changes?: Partial<WantedEndpoint>): WantedEndpoint;
  wanted(vifs: WantedVif[], endpoints: WantedEndpoint[]): Wanted;
}

const FAMILIES = [
  { family: "IPv4", address: (n: number) => `10.0.0.${n}` },
  { family: "IPv6", address: (n: number) => `fd00::${n}` },
];

const here = (n: number): WantedEndpoint["location"] => ({ kind: "local", vifId: `p${n}` });
const at = (host: LabHost): WantedEndpoint["location"] => ({ kind: "remote", tunnelIp: host.tunnelIp });
const none = noChange;

/** Workload 1 on host a, 2 on host b, known to each other. */
async function acrossHosts(lab: DatapathLab): Promise<[LabWorkload, LabWorkload]> {
  const [one, two] = [await lab.plug(lab.a, 1), await lab.plug(lab.b, 2)];
  lab.a.datapath.apply(lab.wanted([lab.vif(one)], [lab.endpoint(1, here(1)), lab.endpoint(2, at(lab.b))]));
  lab.b.datapath.apply(lab.wanted([lab.vif(two)], [lab.endpoint(1, at(lab.a)), lab.endpoint(2, here(2))]));
  return [one, two];
}

/** Workloads 1 and 2 on host a. */
async function onOneHost(lab: DatapathLab): Promise<[LabWorkload, LabWorkload, Wanted]> {
  const [one, two] = [await lab.plug(lab.a, 1), await lab.plug(lab.a, 2)];
  const wanted = lab.wanted([lab.vif(one), lab.vif(two)], [lab.endpoint(1, here(1)), lab.endpoint(2, here(2))]);
  const { up, failed } = lab.a.datapath.apply(wanted);
  assert.deepEqual([[...up].sort(), [...failed]], [["p1", "p2"], []]);
  return [one, two, wanted];
}

const macOf = (n: number) => mac(`02:00:00:00:00:${n.toString(16).padStart(2, "0")}`);

/** From one workload to another, as the first would send it. */
const echoRequest = (from: number, to: number): Buffer =>
  encodeProbe({
    fromMac: macOf(from),
    toMac: macOf(to),
    from: ip(`10.0.0.${from}`),
    to: ip(`10.0.0.${to}`),
    ...{ protocol: 1, fromPort: 7, toPort: 0, flags: 0, ttl: 64, bytes: 0 },
  });

/** Those of ICMP: the kernels of workloads say more by themselves. */
async function connections(datapath: Datapath): Promise<FlowFacts[]> {
  const all: FlowFacts[] = [];
  for await (const page of datapath.flows()) all.push(...page.filter(({ protocol }) => protocol === 1));
  return all;
}

/** Makes a lab, runs one test in it and clears up. */
export type WithLab = (work: (lab: DatapathLab) => Promise<void>) => Promise<void>;

const testIn = (withLab: WithLab) => (sentence: string, work: (lab: DatapathLab) => Promise<void>) =>
  test(sentence, () => withLab(work));

/** What depends on the underlay. */
export function reachContract(name: string, withLab: WithLab): void {
  const it = testIn(withLab);

  describe(`${name}: who reaches whom`, () => {
    it("two workloads of one host reach each other, once they are programmed", async (lab) => {
      const [one, two] = [await lab.plug(lab.a, 1), await lab.plug(lab.a, 2)];
      lab.a.datapath.apply(lab.wanted([lab.vif(one)], [lab.endpoint(1, here(1))]));
      assert.equal(await one.ping("10.0.0.2", { count: 1 }), 0);
      const wanted = lab.wanted([lab.vif(one), lab.vif(two)], [lab.endpoint(1, here(1)), lab.endpoint(2, here(2))]);
      lab.a.datapath.apply(wanted, { ...none(), vifs: new Set(["p2"]), endpoints: new Set(["p2"]) });
      for (const { address } of FAMILIES) assert.equal(await one.ping(address(2)), 3);
    });

    it("two workloads reach each other across hosts, also with packets as large as the MTU", async (lab) => {
      const [one, two] = await acrossHosts(lab);
      for (const { address } of FAMILIES) {
        assert.equal(await one.ping(address(2)), 3);
        assert.equal(await two.ping(address(1)), 3);
      }
      assert.equal(await one.ping("10.0.0.2", { sizeBytes: 1450 - 28 }), 3);
    });

    it("a physical machine without a tag reaches the others in its network", async (lab) => {
      const [machine, other, far] = [
        await lab.plugMachine(lab.a, 3),
        await lab.plug(lab.a, 1),
        await lab.plug(lab.b, 2),
      ];
      const endpoints = (host: LabHost) => [
        lab.endpoint(1, host === lab.a ? here(1) : at(lab.a)),
        lab.endpoint(2, host === lab.b ? here(2) : at(lab.b)),
        lab.endpoint(3, host === lab.a ? here(3) : at(lab.a)),
      ];
      const { failed } = lab.a.datapath.apply(lab.wanted([lab.vif(machine), lab.vif(other)], endpoints(lab.a)));
      assert.deepEqual([...failed], []);
      lab.b.datapath.apply(lab.wanted([lab.vif(far)], endpoints(lab.b)));
      for (const { address } of FAMILIES) {
        assert.equal(await machine.ping(address(1)), 3);
        assert.equal(await machine.ping(address(2)), 3);
        assert.equal(await far.ping(address(3)), 3);
      }
    });

    it("a host that has no part in the network is not listened to", async (lab) => {
      const [one, two] = await acrossHosts(lab);
      const wanted = lab.wanted([lab.vif(two)], [lab.endpoint(2, here(2))]);
      lab.b.datapath.apply(wanted, { ...none(), endpoints: new Set(["p1"]) });
      assert.equal(await one.ping("10.0.0.2", { count: 2 }), 0);
      assert.ok((lab.b.datapath.hostDrops().tunnel_stranger ?? 0n) > 0n);
    });
  });
}

/** All the rest. */
export function datapathContract(name: string, withLab: WithLab): void {
  const it = testIn(withLab);

  describe(`${name}: what it explains`, () => {
    it("a packet goes as it was explained, on both hosts, and is told of as a connection", async (lab) => {
      const [one] = await acrossHosts(lab);
      const [a, b] = [lab.a.datapath, lab.b.datapath];
      await Promise.all([a.openTrace(), b.openTrace()]);
      const there = a.trace({ vifId: "p1" }, echoRequest(1, 2));
      const tunnel = there.steps.find((step) => step.kind === "encapsulated");
      assert.ok(tunnel?.kind === "encapsulated", JSON.stringify(there));
      assert.deepEqual([tunnel.host, there.end], [lab.b.tunnelIp, "sent"]);
      const arrived = b.trace({ vni: tunnel.vni, peer: lab.a.tunnelIp }, Buffer.from(there.frame, "hex"));
      assert.deepEqual(
        arrived.steps.flatMap((step) => (step.kind === "local" ? [step.port] : [])),
        ["p2"],
      );
      const spoofed = a.trace({ vifId: "p1" }, echoRequest(3, 2));
      assert.deepEqual(spoofed.steps.at(-1), { kind: "dropped", port: "p1", reason: "spoofed_mac" });
      assert.match(a.dropText("spoofed_mac").meaning, /MAC/);
      assert.deepEqual(await connections(a), [], "no trace leaves one");
      assert.deepEqual(a.counters("p1")?.drops, {});

      assert.equal(await one.ping("10.0.0.2"), 3);
      const [ping, ...others] = await connections(a);
      assert.deepEqual(others, []);
      assert.deepEqual(
        [ping?.from.ip, ping?.to.ip, ping?.state, ping?.there.packets, ping?.back?.packets, ping?.came],
        ["10.0.0.1", "10.0.0.2", "answered", 3, 3, { kind: "port", port: "p1" }],
      );
    });

    it("what is in force for a port is told, and nothing of a port that is not here", async (lab) => {
      await onOneHost(lab);
      const [vif, ...others] = await lab.a.datapath.describeVifs(["p1", "p9"]);
      assert.deepEqual([vif?.port, vif?.mac, vif?.policy], ["p1", macOf(1), null]);
      assert.ok(
        vif?.sources?.some(({ cidr }) => cidr === "10.0.0.1/32"),
        JSON.stringify(vif),
      );
      assert.deepEqual(others, []);
      assert.throws(() => lab.a.datapath.trace({ vifId: "p1" }, echoRequest(1, 2)), /openTrace/);
    });
  });

  describe(`${name}: changes`, () => {
    it("a workload that moves to another host is reached there at once", async (lab) => {
      const [one] = await acrossHosts(lab);
      assert.equal(await one.ping("10.0.0.2"), 3);
      const moved = await lab.plug(lab.a, 2);
      const wanted = lab.wanted([lab.vif(one), lab.vif(moved)], [lab.endpoint(1, here(1)), lab.endpoint(2, here(2))]);
      lab.a.datapath.apply(wanted, { ...none(), vifs: new Set(["p2"]), endpoints: new Set(["p2"]) });
      assert.equal(await one.ping("10.0.0.2"), 3);
    });

    it("a port that is set down is reached no more, and up again it is", async (lab) => {
      const [one, two] = await onOneHost(lab);
      const endpoints = [lab.endpoint(1, here(1)), lab.endpoint(2, here(2))];
      assert.equal(await one.ping("10.0.0.2"), 3);
      const change = { ...none(), vifs: new Set(["p2"]) };
      lab.a.datapath.apply(lab.wanted([lab.vif(one), lab.vif(two, { adminUp: false })], endpoints), change);
      assert.equal(await one.ping("10.0.0.2", { count: 2 }), 0);
      assert.ok((lab.a.datapath.counters("p2")?.drops.vif_down ?? 0n) > 0n);
      lab.a.datapath.apply(lab.wanted([lab.vif(one), lab.vif(two)], endpoints), change);
      assert.equal(await one.ping("10.0.0.2"), 3);
    });

    it("tightened port security holds for flows that are under way", async (lab) => {
      const [one, two] = await onOneHost(lab);
      const endpoints = [lab.endpoint(1, here(1)), lab.endpoint(2, here(2))];
      assert.equal(await one.ping("10.0.0.2"), 3);
      lab.a.datapath.apply(lab.wanted([lab.vif(one, { ips: [] }), lab.vif(two)], endpoints), {
        ...none(),
        vifs: new Set(["p1"]),
      });
      assert.equal(await one.ping("10.0.0.2", { count: 2 }), 0);
      const drops = lab.a.datapath.counters("p1")?.drops ?? {};
      assert.ok((drops.spoofed_ip ?? 0n) + (drops.spoofed_arp ?? 0n) > 0n, JSON.stringify(Object.keys(drops)));
    });

    it("what is wanted no more leaves nothing of itself behind", async (lab) => {
      const [one, two, wanted] = await onOneHost(lab);
      const before = lab.a.datapath.dump();
      const third = await lab.plug(lab.a, 3);
      lab.a.datapath.apply(
        lab.wanted(
          [lab.vif(one), lab.vif(two), lab.vif(third)],
          [...wanted.endpoints.values(), lab.endpoint(3, here(3))],
        ),
        { ...none(), vifs: new Set(["p3"]), endpoints: new Set(["p3"]) },
      );
      assert.notDeepEqual(lab.a.datapath.dump(), before);
      lab.a.datapath.apply(wanted, { ...none(), vifs: new Set(["p3"]), endpoints: new Set(["p3"]) });
      // A device without a port keeps its program, which drops all that comes from it.
      const entries = lab.a.datapath.dump().filter((line) => line !== `attached ${third.device.name}`);
      assert.deepEqual(entries, before);
      assert.equal(await third.ping("10.0.0.1", { count: 1 }), 0);
    });
  });

  describe(`${name}: restart`, () => {
    it("loses no packet, keeps ports' numbers and changes nothing", async (lab) => {
      const [one, two, wanted] = await onOneHost(lab);
      const far = await lab.plug(lab.b, 3);
      const all = [...wanted.endpoints.values(), lab.endpoint(3, at(lab.b))];
      lab.a.datapath.apply(lab.wanted([lab.vif(one), lab.vif(two)], all));
      lab.b.datapath.apply(
        lab.wanted([lab.vif(far)], [lab.endpoint(1, at(lab.a)), lab.endpoint(2, at(lab.a)), lab.endpoint(3, here(3))]),
      );
      const before = lab.a.datapath.dump();
      // The ping's own receive buffer holds some seconds of answers at this rate, however busy the machine is.
      const pings = ["10.0.0.2", "fd00::3"].map((to) => one.ping(to, { count: 100, intervalSeconds: 0.05 }));
      await lab.a.restart();
      assert.deepEqual(lab.a.datapath.dump(), before);
      // In another order than before, so that kept numbers are no accident.
      lab.a.datapath.apply(lab.wanted([lab.vif(two), lab.vif(one)], all.toReversed()));
      assert.deepEqual(lab.a.datapath.dump(), before);
      assert.deepEqual(await Promise.all(pings), [100, 100]);
      assert.deepEqual(lab.a.datapath.counters("p1")?.drops, {});
    });

    it("deletes nothing before the first full comparison, and then what nobody wants", async (lab) => {
      const [one] = await onOneHost(lab);
      await lab.a.restart();
      const change = { ...none(), vifs: new Set(["p1"]), endpoints: new Set(["p1"]), networks: new Set(["n1"]) };
      lab.a.datapath.apply(lab.wanted([lab.vif(one)], [lab.endpoint(1, here(1))]), change);
      assert.equal(await one.ping("10.0.0.2"), 3);
      lab.a.datapath.apply(lab.wanted([lab.vif(one)], [lab.endpoint(1, here(1))]));
      assert.equal(await one.ping("10.0.0.2", { count: 1 }), 0);
      const drops = lab.a.datapath.counters("p1")?.drops ?? {};
      assert.ok((drops.arp_unknown ?? 0n) + (drops.dst_unknown ?? 0n) > 0n, Object.keys(drops).join());
    });
  });

  describe(`${name}: services and end`, () => {
    it("a DHCP request comes to the agent with its port, and an injected frame goes to the workload", async (lab) => {
      const [one] = await onOneHost(lab);
      const traps: Trap[] = [];
      lab.a.datapath.onTrap((trap) => traps.push(trap));
      await one.askForLease();
      assert.ok(
        traps.some(({ vifId, reason }) => vifId === "p1" && reason === "dhcp4"),
        `${traps.length} traps`,
      );
      const request = traps[0]?.frame ?? Buffer.alloc(0);
      assert.equal(request.subarray(0, 14).toString("hex"), "ffffffffffff0200000000010800");

      const arrived = await one.listen(0x0800);
      // IPv4 of protocol 253 (RFC 3692: for experiments) from 10.0.0.9 to 10.0.0.1.
      const header = "450000440000400040fd0000" + "0a000009" + "0a000001";
      const frame = Buffer.from(`02000000000102cab1e000010800${header}${"cab1e0".repeat(16)}`, "hex");
      lab.a.datapath.inject("p1", frame);
      assert.ok((await arrived()).includes("cab1e0cab1e0"));
      assert.equal(lab.a.datapath.counters("none"), undefined);
    });

    it("destroying leaves nothing, and may be done twice", async (lab) => {
      await onOneHost(lab);
      assert.notDeepEqual(lab.a.leftovers(), []);
      await lab.a.datapath.destroy();
      await lab.a.datapath.destroy();
      assert.deepEqual(lab.a.leftovers(), []);
    });
  });
}
