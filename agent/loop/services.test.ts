import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVICE_MAC } from "../../model/mod.ts";
import { aNetwork, aPort, aSubnet, aView, FakeDatapath, fakeLog, portId } from "../fake/mod.ts";
import { ADVERTISEMENT_INTERVAL_SECONDS } from "../services/mod.ts";
import { Advertiser } from "./advertiser.ts";
import { Responder } from "./responder.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** A router solicitation, as far as the responder reads it: Ethernet and IPv6 headers. */
function solicitation(source: string): Buffer {
  return Buffer.from(`333300000002fa163e00000186dd6000000000083aff${source}${"00".repeat(24)}`, "hex");
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
  assert.equal(datapath.injected.length, 1);
  assert.deepEqual([responder.outcomes.get("port_unknown"), responder.outcomes.get("unadvertised")], [1, 1]);
});

test("a port is told at once, then again within the interval, and no more once it is gone", () => {
  const datapath = new FakeDatapath();
  let network: ReturnType<typeof aNetwork> | undefined = aNetwork(1);
  const advertiser = new Advertiser({ advertised: () => network, inject: (id, frame) => datapath.inject(id, frame) });
  advertiser.changed(portId(1));
  assert.equal(datapath.injected.length, 1);
  const nowMs = performance.now();
  advertiser.tick(nowMs + 1000);
  assert.equal(datapath.injected.length, 1);
  advertiser.tick(nowMs + ADVERTISEMENT_INTERVAL_SECONDS * 1000 + 1000);
  assert.equal(datapath.injected.length, 2);
  network = undefined;
  advertiser.tick(nowMs + ADVERTISEMENT_INTERVAL_SECONDS * 3000);
  network = aNetwork(1);
  advertiser.tick(nowMs + ADVERTISEMENT_INTERVAL_SECONDS * 9000);
  assert.equal(datapath.injected.length, 2);
});
