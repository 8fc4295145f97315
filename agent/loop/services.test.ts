import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ip, mac, SERVICE_MAC, type ViewRouter } from "../../model/mod.ts";
import { pseudoChecksum } from "../../wire/mod.ts";
import { aNetwork, aPort, aSubnet, aView, FakeDatapath, fakeLog, networkId, portId, uuid } from "../fake/mod.ts";
import { ADVERTISEMENT_INTERVAL_SECONDS, advertisedIn } from "../services/mod.ts";
import { Advertiser } from "./advertiser.ts";
import { Responder } from "./responder.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** A router solicitation to all routers. */
function solicitation(source: string): Buffer {
  const to = "ff020000000000000000000000000002";
  const [from, target, message] = [source, to, "8500000000000000"].map((text) => Buffer.from(text, "hex"));
  message?.writeUInt16BE(pseudoChecksum(from as Buffer, target as Buffer, 58, message), 2);
  return Buffer.from(`333300000002fa163e00000186dd6000000000083aff${source}${to}${message?.toString("hex")}`, "hex");
}

function setUp() {
  const datapath = new FakeDatapath();
  const view = aView(
    [aNetwork(1), aNetwork(2, { subnets: [aSubnet(2, "10.0.2.0/24")] })],
    [aPort(1, 1), aPort(2, 2)],
    [],
  );
  const log = fakeLog();
  return { datapath, view, log, responder: new Responder(() => view, datapath, log) };
}

test("a solicitor is answered itself, one without an address by way of all nodes", () => {
  const { datapath, responder } = setUp();
  const trap = { vifId: portId(1), reason: "router_solicitation" as const };
  responder.answer({ ...trap, frame: solicitation("fe800000000000000000000000000042") });
  responder.answer({ ...trap, frame: solicitation("00".repeat(16)) });
  const destinations = datapath.injected.map(({ frame }) => hex(frame.subarray(0, 6)));
  assert.deepEqual(destinations, ["fa163e000001", "333300000001"]);
  assert.equal(hex(datapath.injected[0]?.frame.subarray(6, 12) ?? Buffer.alloc(0)), SERVICE_MAC.replaceAll(":", ""));
});

test("what is not for the services is counted and gets no answer", () => {
  const { datapath, responder } = setUp();
  responder.answer({ vifId: portId(9), reason: "dhcp4", frame: Buffer.alloc(60) });
  responder.answer({ vifId: portId(2), reason: "router_solicitation", frame: solicitation("00".repeat(16)) });
  responder.answer({ vifId: portId(1), reason: "router_solicitation", frame: Buffer.alloc(3) });
  for (const length of [0, 14, 60, 400])
    responder.answer({ vifId: portId(1), reason: "dhcp4", frame: Buffer.alloc(length) });
  assert.equal(datapath.injected.length, 0);
  const outcomes = ["port_unknown", "unadvertised", "bad_solicitation"].map((name) => responder.outcomes.get(name));
  assert.deepEqual(outcomes, [1, 1, 1]);
});

test("a port is told at once, then again within the interval, and no more once it is gone", () => {
  const datapath = new FakeDatapath();
  let network: ReturnType<typeof aNetwork> | undefined = aNetwork(1);
  const advertised = () => (network === undefined ? [] : advertisedIn(network, []));
  const advertiser = new Advertiser({ advertised, inject: (id, frame) => datapath.inject(id, frame) });
  advertiser.changed(portId(1));
  assert.equal(datapath.injected.length, 1);
  const nowMs = performance.now();
  advertiser.tick(nowMs + 1000);
  assert.equal(datapath.injected.length, 1);
  advertiser.tick(nowMs + ADVERTISEMENT_INTERVAL_SECONDS * 1000 + 1000);
  assert.equal(datapath.injected.length, 2);
  network = undefined;
  advertiser.tick(nowMs + ADVERTISEMENT_INTERVAL_SECONDS * 3000);
  assert.equal(datapath.injected.length, 3, "what was said is withdrawn");
  network = aNetwork(1);
  advertiser.tick(nowMs + ADVERTISEMENT_INTERVAL_SECONDS * 9000);
  assert.equal(datapath.injected.length, 3);
});

test("a router that goes is withdrawn, with a lifetime of zero, before what holds now; others' routers are no news", () => {
  const datapath = new FakeDatapath();
  const router = (n: number, on: number): ViewRouter => ({
    id: uuid("5", n),
    adminUp: true,
    interfaces: [
      { portId: portId(90 + n), networkId: networkId(on), mac: mac("fa:16:3e:00:99:01"), ips: [`fd00:${on}::1` as Ip] },
    ],
    routes: [],
    gateway: null,
  });
  let routers = [router(1, 1)];
  const advertiser = new Advertiser({
    advertised: () => advertisedIn(aNetwork(1), routers),
    inject: (id, frame) => datapath.inject(id, frame),
  });
  advertiser.changed(portId(1));
  routers = [router(1, 1), router(2, 2)];
  advertiser.routersChanged();
  assert.equal(datapath.injected.length, 1);
  routers = [router(2, 2)];
  advertiser.routersChanged();
  const said = datapath.injected.map(({ frame }) => [hex(frame.subarray(6, 12)), Buffer.from(frame).readUInt16BE(60)]);
  const service = SERVICE_MAC.replaceAll(":", "");
  assert.deepEqual(said, [
    ["fa163e009901", 9000],
    ["fa163e009901", 0],
    [service, 0],
  ]);
});
