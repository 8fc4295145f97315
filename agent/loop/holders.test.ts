import assert from "node:assert/strict";
import { test } from "node:test";
import type { HoldReport, Mac } from "../../model/mod.ts";
import { ip, mac } from "../../model/mod.ts";
import { announcement } from "../../wire/mod.ts";
import { anEndpoint, aPort, aView, portId } from "../fake/mod.ts";
import { Holders } from "./holders.ts";

const PORT = portId(1);
const AT = mac("02:00:00:00:00:01");

function setUp(held: { ip: ReturnType<typeof ip>; mac: Mac }[] = []) {
  const view = aView([], [aPort(1, 0)], [anEndpoint(1, 0, "h1", { held })]);
  const told: Omit<HoldReport, "since_ms">[] = [];
  const clock = { ms: 0 };
  const holders = new Holders(
    () => view,
    (hold) => told.push(hold),
    () => clock.ms,
  );
  const hear = (address: string, at = AT, vifId = PORT) =>
    holders.heard({ vifId, reason: "holder", frame: announcement({ ip: ip(address), mac: at }) });
  return { told, clock, hear, holders };
}

test("what a port says that it holds is told, under the MAC that it says", () => {
  const { told, hear } = setUp();
  hear("10.0.0.77");
  hear("fd00::77", mac("00:00:5e:00:02:33"));
  assert.deepEqual(told, [
    { port_id: PORT, ip: "10.0.0.77", mac: AT },
    { port_id: PORT, ip: "fd00::77", mac: "00:00:5e:00:02:33" },
  ]);
});

test("what is known, its own, link-local, of no port or no announcement is not told", () => {
  const { told, hear, holders } = setUp([{ ip: ip("10.0.0.77"), mac: AT }]);
  hear("10.0.0.77");
  hear("10.0.0.1");
  hear("fe80::5");
  hear("10.0.0.78", AT, portId(9));
  holders.heard({ vifId: PORT, reason: "holder", frame: Buffer.alloc(60) });
  assert.deepEqual(told, []);
  hear("10.0.0.77", mac("02:00:00:00:00:09"));
  assert.equal(told.length, 1, "at another MAC than is known");
});

test("a port that says too much is not believed for a while", () => {
  const { told, clock, hear } = setUp();
  for (let i = 0; i < 200; i++) hear(`10.0.1.${i}`);
  assert.equal(told.length, 64);
  clock.ms = 1_000;
  for (let i = 0; i < 200; i++) hear(`10.0.2.${i}`);
  assert.equal(told.length, 68);
});
