/** Trunks and bindings of ports through the Neutron door: paths, statuses and bodies as Neutron's. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RealDoor, realDoor } from "./neutron-door.ts";

let door: RealDoor;
const ports: string[] = [];

before(async () => {
  door = await realDoor();
  await door.host("host-1");
  const { body } = await door.ask("POST", "/v2.0/networks", { network: {} }, "alice");
  for (const device_owner of ["", "", "", "compute:nova"]) {
    const port = { network_id: body.network.id, device_owner };
    ports.push((await door.ask("POST", "/v2.0/ports", { port }, "alice")).body.port.id);
  }
});
after(() => door.close());

const vlan = (port: number, segmentation_id: number) => ({
  port_id: ports[port],
  segmentation_type: "vlan",
  segmentation_id,
});

test("a trunk is made, and its subports come and go by calls whose bodies have no name around them", async () => {
  const made = await door.ask(
    "POST",
    "/v2.0/trunks",
    { trunk: { port_id: ports[0], sub_ports: [vlan(1, 5)] } },
    "alice",
  );
  const { id, created_at, updated_at, ...rest } = made.body.trunk;
  assert.deepEqual([made.status, created_at], [201, updated_at]);
  assert.deepEqual(rest, {
    name: "",
    admin_state_up: true,
    tenant_id: "alice",
    project_id: "alice",
    port_id: ports[0],
    status: "DOWN",
    sub_ports: [vlan(1, 5)],
    description: "",
    revision_number: 0,
    tags: [],
  });
  const added = await door.ask("PUT", `/v2.0/trunks/${id}/add_subports`, { sub_ports: [vlan(2, 6)] }, "alice");
  assert.deepEqual([added.status, added.body.id, added.body.sub_ports.length], [200, id, 2]);
  const listed = await door.ask("GET", `/v2.0/trunks/${id}/get_subports`, undefined, "alice");
  assert.deepEqual([listed.status, listed.body], [200, { sub_ports: [vlan(1, 5), vlan(2, 6)] }]);
  const parent = await door.ask("GET", `/v2.0/ports/${ports[0]}`, undefined, "alice");
  assert.equal(parent.body.port.trunk_details.trunk_id, id);
  const bad = await door.ask("PUT", `/v2.0/trunks/${id}/add_subports`, { sub_ports: [{ port_id: ports[3] }] }, "alice");
  assert.deepEqual(
    [bad.status, bad.body.NeutronError.message],
    [
      400,
      `Invalid input for operation: Invalid subport details '{'port_id': '${ports[3]}'}': missing segmentation ` +
        "information. Must specify both segmentation_id and segmentation_type.",
    ],
  );
  const kept = await door.ask("DELETE", `/v2.0/ports/${ports[1]}`, undefined, "alice");
  assert.deepEqual([kept.status, kept.body.NeutronError.type], [409, "PortInUseAsSubPort"]);
  assert.equal((await door.ask("GET", `/v2.0/trunks/${id}`, undefined, "bob")).status, 404);
  const removed = await door.ask("PUT", `/v2.0/trunks/${id}/remove_subports`, { sub_ports: [vlan(1, 5)] }, "alice");
  assert.deepEqual([removed.status, removed.body.sub_ports], [200, [vlan(2, 6)]]);
  assert.equal((await door.ask("DELETE", `/v2.0/trunks/${id}`, undefined, "alice")).status, 204);
});

test("a binding for another host is made, shown, activated and deleted", async () => {
  const path = `/v2.0/ports/${ports[3]}/bindings`;
  const refused = await door.ask("POST", path, { binding: { host: "host-1" } }, "alice");
  assert.equal(refused.status, 403);
  const made = await door.ask("POST", path, { binding: { host: "host-1" } }, "service");
  assert.equal(made.status, 201);
  const { vif_details, ...rest } = made.body.binding;
  assert.deepEqual(rest, { host: "host-1", vif_type: "tap", vnic_type: "normal", profile: {}, status: "INACTIVE" });
  const listed = await door.ask("GET", path);
  assert.deepEqual(
    listed.body.bindings.map(({ host, status }: { host: string; status: string }) => [host, status]),
    [
      ["", "ACTIVE"],
      ["host-1", "INACTIVE"],
    ],
  );
  assert.deepEqual((await door.ask("GET", `${path}/host-1`)).body.binding, { ...rest, vif_details });
  const active = await door.ask("PUT", `${path}/host-1/activate`, undefined, "service");
  assert.deepEqual([active.status, active.body.status], [200, "ACTIVE"]);
  const { body } = await door.ask("GET", `/v2.0/ports/${ports[3]}`);
  assert.equal(body.port["binding:host_id"], "host-1");
  const missing = await door.ask("DELETE", `${path}/host-2`, undefined, "service");
  assert.deepEqual([missing.status, missing.body.NeutronError.type], [404, "PortBindingNotFound"]);
});
