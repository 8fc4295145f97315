/** Metering, flavors, logs and mirrors through the door: what is shown, and how refusals look. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type RealDoor, realDoor } from "./neutron-door.ts";

let door: RealDoor;
before(async () => {
  door = await realDoor();
});
after(() => door.close());

async function made(path: string, name: string, attributes: object) {
  const { status, body, text } = await door.ask("POST", `/v2.0/${path}`, { [name]: attributes });
  assert.equal(status, 201, text);
  return body[name];
}
const refusal = async (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown) => {
  const answer = await door.ask(method, `/v2.0/${path}`, body);
  return [answer.status, answer.body?.NeutronError?.type];
};
const NOWHERE = "11111111-1111-4111-8111-111111111111";

test("a metering label and its rules show what Neutron shows, and nothing else", async () => {
  const label = await made("metering/metering-labels", "metering_label", { name: "l" });
  assert.deepEqual(Object.keys(label).sort(), ["description", "id", "name", "project_id", "shared", "tenant_id"]);
  const rule = { metering_label_id: label.id, direction: "ingress", remote_ip_prefix: "10.0.0.7/24" };
  const { id, ...shown } = await made("metering/metering-label-rules", "metering_label_rule", rule);
  const others = { excluded: false, source_ip_prefix: null, destination_ip_prefix: null };
  assert.deepEqual(shown, { ...rule, ...others });
  const again = { metering_label_rule: rule };
  assert.deepEqual(await refusal("POST", "metering/metering-label-rules", again), [409, "MeteringLabelRuleOverlaps"]);
  assert.equal((await door.ask("DELETE", `/v2.0/metering/metering-label-rules/${id}`)).status, 204);
});

test("a flavor's profiles are parts of it; neither is made in bulk", async () => {
  const flavor = await made("flavors", "flavor", { service_type: "L3_ROUTER_NAT", description: null, enabled: null });
  assert.deepEqual([flavor.description, flavor.enabled], ["", true]);
  const driver = "neutron.services.l3_router.service_providers.dvrha.DvrHaDriver";
  const profile = await made("service_profiles", "service_profile", { driver });
  const bound = await made(`flavors/${flavor.id}/service_profiles`, "service_profile", { id: profile.id });
  assert.deepEqual(bound, { id: flavor.id });
  const { body } = await door.ask("GET", `/v2.0/flavors/${flavor.id}/next_providers`);
  assert.deepEqual(body.next_providers, [{ provider: "dvrha", driver }]);
  const router = await made("routers", "router", { flavor_id: flavor.id });
  assert.equal(router.flavor_id, flavor.id);
  assert.deepEqual(await refusal("DELETE", `flavors/${flavor.id}`), [409, "FlavorInUse"]);
  assert.deepEqual(await refusal("POST", "flavors", { flavors: [{ service_type: "CORE" }] }), [400, "HTTPBadRequest"]);
  assert.equal((await door.ask("DELETE", `/v2.0/routers/${router.id}`)).status, 204);
  assert.equal((await door.ask("DELETE", `/v2.0/flavors/${flavor.id}/service_profiles/${profile.id}`)).status, 204);
  const gone = await refusal("GET", `flavors/${flavor.id}/service_profiles/${profile.id}`);
  assert.deepEqual(gone, [404, "FlavorServiceProfileBindingNotFound"]);
  assert.equal((await door.ask("DELETE", `/v2.0/flavors/${flavor.id}`)).status, 204);
  assert.deepEqual(await refusal("POST", "flavors", { flavor: { service_type: "X" } }), [400, "InvalidServiceType"]);
});

test("providers are filtered by their own code, by names that are not shown as well", async () => {
  const list = async (query: string) => (await door.ask("GET", `/v2.0/service-providers${query}`)).body;
  const one = { service_type: "L3_ROUTER_NAT", name: "dvrha", default: false };
  assert.equal((await list("")).service_providers.length, 4);
  assert.deepEqual(await list("?name=dvrha"), { service_providers: [one] });
  assert.deepEqual(await list("?service_type=X"), { service_providers: [] });
  assert.deepEqual(await list("?driver=X"), { service_providers: [] });
});

test("a log of a security group goes with it", async () => {
  const group = await made("security-groups", "security_group", { name: "g" });
  const log = await made("log/logs", "log", { resource_type: "security_group", resource_id: group.id });
  assert.deepEqual([log.event, log.enabled, log.target_id], ["ALL", true, null]);
  const { body } = await door.ask("GET", "/v2.0/log/loggable-resources");
  assert.deepEqual(body, { loggable_resources: [{ type: "security_group" }] });
  await door.ask("DELETE", `/v2.0/security-groups/${group.id}`);
  assert.deepEqual(await refusal("GET", `log/logs/${log.id}`), [404, "LogResourceNotFound"]);
  const wrong = { log: { resource_type: "security_group", target_id: NOWHERE } };
  assert.deepEqual(await refusal("POST", "log/logs", wrong), [404, "TargetResourceNotFound"]);
});

test("mirrors of a port go with it", async () => {
  const net = await made("networks", "network", {});
  const port = await made("ports", "port", { network_id: net.id });
  const service = await made("taas/tap_services", "tap_service", { port_id: port.id });
  const about = { tap_service_id: service.id, source_port: port.id, direction: "IN", vlan_filter: "1-5" };
  const flow = await made("taas/tap_flows", "tap_flow", about);
  assert.deepEqual([service.status, flow.status, flow.vlan_filter], ["DOWN", "DOWN", "1-5"]);
  const mirror = { port_id: port.id, directions: { BOTH: 5 }, remote_ip: "192.0.2.1", mirror_type: "gre" };
  const made1 = await made("taas/tap_mirrors", "tap_mirror", mirror);
  assert.deepEqual(made1.directions, { BOTH: 5 });
  const again = { tap_mirror: { ...mirror, directions: { IN: 5 } } };
  assert.deepEqual(await refusal("POST", "taas/tap_mirrors", again), [409, "TapMirrorTunnelConflict"]);
  assert.equal((await door.ask("DELETE", `/v2.0/ports/${port.id}`)).status, 204);
  for (const path of [`tap_services/${service.id}`, `tap_flows/${flow.id}`, `tap_mirrors/${made1.id}`]) {
    assert.equal((await refusal("GET", `taas/${path}`))[0], 404);
  }
});
