/** What there is before the first request of a run: a little of what requests would rarely make by chance. */
import { ADMIN, type Asker, ONE, TWO } from "./callers.ts";

/** Makes one thing; its id, or undefined when it is refused. */
type Make = (asker: Asker, kind: string, body: Record<string, unknown>) => Promise<string | undefined>;
type Send = (asker: Asker, method: string, url: string, body: unknown) => Promise<unknown>;

export async function sow(make: Make, send: Send): Promise<void> {
  const outside = await make(ADMIN, "network", { name: "outside", "router:external": true });
  await make(ADMIN, "subnet", { network_id: outside, ip_version: 4, cidr: "172.24.0.0/24", enable_dhcp: false });
  const common = await make(ADMIN, "network", { name: "common", shared: true });
  await make(ADMIN, "subnet", { network_id: common, ip_version: 4, cidr: "10.9.0.0/24" });
  await make(ADMIN, "port", { network_id: common, device_owner: "compute:nova", "binding:host_id": "h1" });
  await make(ADMIN, "qos_policy", { name: "common", shared: true });
  await make(ADMIN, "address_scope", { name: "common", ip_version: 4, shared: true });
  await make(ADMIN, "metering_label", { name: "common", shared: true });
  const flavor = await make(ADMIN, "flavor", { name: "f", service_type: "L3_ROUTER_NAT" });
  const profile = await make(ADMIN, "service_profile", { driver: "d" });
  await send(ADMIN, "POST", `/v2.0/flavors/${flavor}/service_profiles`, { service_profile: { id: profile } });
  await make(ADMIN, "network_segment_range", { name: "r", network_type: "vxlan", minimum: 5_000, maximum: 5_100 });
  for (const [asker, octet] of [
    [ONE, 1],
    [TWO, 2],
    [ADMIN, 3],
  ] as const) {
    const network_id = await make(asker, "network", { name: `net${octet}` });
    const subnet_id = await make(asker, "subnet", { network_id, ip_version: 4, cidr: `10.${octet}.0.0/24` });
    await make(asker, "subnet", {
      network_id,
      ip_version: 6,
      cidr: `2001:db8:${octet}::/64`,
      ipv6_ra_mode: "slaac",
      ipv6_address_mode: "slaac",
    });
    const port_id = await make(asker, "port", { network_id, name: "server" });
    const parent = await make(asker, "port", { network_id, name: "trunk" });
    await make(asker, "trunk", { port_id: parent });
    const place = { device_owner: "compute:nova", "binding:host_id": "h1" };
    await make(ADMIN, "port", { network_id, project_id: asker.project, name: "instance", ...place });
    const group = await make(asker, "security_group", { name: "g" });
    await make(asker, "security_group_rule", { security_group_id: group, direction: "ingress", protocol: "tcp" });
    const router = await make(asker, "router", { external_gateway_info: { network_id: outside } });
    await send(asker, "PUT", `/v2.0/routers/${router}/add_router_interface`, { subnet_id });
    await make(asker, "floatingip", { floating_network_id: outside, port_id });
    await make(asker, "floatingip", { floating_network_id: outside });
    const forwarding = await make(asker, "floatingip", { floating_network_id: outside });
    await send(asker, "POST", `/v2.0/floatingips/${forwarding}/port_forwardings`, {
      port_forwarding: { internal_port_id: parent, internal_port: 80, external_port: 8080, protocol: "tcp" },
    });
    await make(asker, "subnetpool", { name: "p", prefixes: ["10.64.0.0/16"], default_prefixlen: 26 });
    await make(asker, "address_scope", { name: "s", ip_version: 4 });
    await make(asker, "address_group", { name: "a", addresses: ["10.0.0.0/24"] });
    await make(asker, "rbac_policy", {
      object_type: "network",
      object_id: network_id,
      action: "access_as_shared",
      target_tenant: TWO.project,
    });
    await make(ADMIN, "qos_policy", { name: "q", project_id: asker.project });
  }
}
