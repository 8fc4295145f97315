/** Who may say what of routers' ends and of floating IPs. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Id, PortReport } from "../../model/mod.ts";
import { updateRecords } from "../guarded-update.ts";
import { type L3World, makeL3World } from "../networking/l3/l3.fixture.ts";
import { ALICE } from "../networking/networking.fixture.ts";
import { takeStatus } from "./status.ts";

let world: L3World;
let lan: Awaited<ReturnType<L3World["joined"]>>;
const up: PortReport = { up: true, device: "" };
const down: PortReport = { up: false, reason: "because" };

beforeEach(async () => {
  world = await makeL3World();
  lan = await world.joined();
  await updateRecords(world, "router", [lan.router.id], (router) => ({
    ...router,
    gateways: router.gateways.map((gateway) => ({ ...gateway, hosts: ["way", "standby"] })),
  }));
});
afterEach(() => world.close());

const say = (host: string, ports: Record<Id, PortReport>) => takeStatus(world, host, { revision: 1, ports });
const statusOf = (id: Id) => world.memory.get("port", id)?.record.status;
const endOf = (type: "interface" | "gateway") =>
  [...world.memory.all("port")].find(({ record }) => record.router_port?.type === type)?.record.id ?? "";

test("any host says that a router's end works, and that it does not only of a router that is down", async () => {
  const end = endOf("interface");
  await say("anybody", { [end]: up });
  assert.equal(statusOf(end), "ACTIVE");
  await say("somebody", { [end]: down });
  assert.equal(statusOf(end), "ACTIVE", "it works for others");
  await world.set(lan.router, { admin_state_up: false });
  await say("somebody", { [end]: down });
  assert.equal(statusOf(end), "DOWN");
  await say("anybody", { [end]: up });
  assert.equal(statusOf(end), "DOWN", "what it says is older than what it was asked");
});

test("of a gateway only the host that is the way", async () => {
  const end = endOf("gateway");
  await say("standby", { [end]: up });
  assert.equal(statusOf(end), "DOWN");
  await say("way", { [end]: up });
  assert.equal(statusOf(end), "ACTIVE");
  await say("way", { [end]: down });
  assert.equal(statusOf(end), "DOWN");
});

test("of a floating IP only the host whose work it is, until it leads elsewhere", async () => {
  const { id } = await world.floatingIp({ port_id: lan.port.id });
  const status = () => world.memory.get("floatingip", id)?.record.status;
  const sayOf = (host: string, state: "ACTIVE" | "ERROR") =>
    takeStatus(world, host, { revision: 1, ports: {}, floatingips: { [id]: state } });
  await sayOf("standby", "ACTIVE");
  assert.equal(status(), "DOWN");
  await sayOf("way", "ACTIVE");
  assert.equal(status(), "ACTIVE");
  await world.networking.update(ALICE, "floatingip", id, { description: "the same", port_id: lan.port.id });
  assert.equal(status(), "ACTIVE", "it leads where it led");
  await sayOf("way", "ERROR");
  assert.equal(status(), "ERROR");
  await world.networking.update(ALICE, "floatingip", id, { port_id: null });
  assert.equal(status(), "DOWN");
  await sayOf("way", "ACTIVE");
  assert.equal(status(), "DOWN", "it leads nowhere");
});
