import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../../api/mod.ts";
import { type FaultCode, mac, prefix, slaacAddress } from "../../model/mod.ts";
import { DEFAULT_OPTIONS, type Env, makeEnv } from "./env.ts";
import { ADMIN, ALICE, contents, makeWorld, refuses, silent, type World } from "./networking.fixture.ts";
import { portPlan } from "./port.ts";
import { Transactor } from "./transact.ts";

const SLAAC = { ipv6_ra_mode: "slaac", ipv6_address_mode: "slaac" };
const MAC = "02:00:00:00:00:0a";
const SLAAC_IP = slaacAddress(prefix("2001:db8:5::/64"), mac(MAC));

/** A network with an IPv4, a stateful IPv6 and a SLAAC subnet. */
async function threeSubnets() {
  const world = await makeWorld();
  const network = await world.network();
  const v4 = await world.subnet(network.id, "10.0.0.0/24");
  const v6 = await world.subnet(network.id, "2001:db8:4::/64", {
    ipv6_ra_mode: "dhcpv6-stateful",
    ipv6_address_mode: "dhcpv6-stateful",
  });
  const slaac = await world.subnet(network.id, "2001:db8:5::/64", SLAAC);
  const name = new Map([
    [v4.id, "v4"],
    [v6.id, "v6"],
    [slaac.id, "slaac"],
  ]);
  const kinds = (port: { fixed_ips: { subnet_id: string; ip_address: string }[] }) =>
    port.fixed_ips.map((entry) => name.get(entry.subnet_id)).join(" ");
  return { world, network, v4, v6, slaac, kinds };
}

const addresses = (port: { fixed_ips: { ip_address: string }[] }) => port.fixed_ips.map((entry) => entry.ip_address);

test("a port without attributes has Neutron's defaults, one address of each family and every SLAAC address", async () => {
  const { world, network, kinds } = await threeSubnets();
  const port = await world.port(network.id);
  assert.match(port.mac_address, /^fa:16:3e(:[0-9a-f]{2}){3}$/);
  assert.equal(kinds(port), "v4 v6 slaac");
  const { id, mac_address, fixed_ips, security_groups, created_at, updated_at, ...rest } = port;
  assert.deepEqual(rest, {
    project_id: "alice",
    name: "",
    description: "",
    revision_number: 1,
    tags: [],
    network_id: network.id,
    admin_state_up: true,
    status: "DOWN",
    device_id: "",
    device_owner: "",
    port_security_enabled: true,
    allowed_address_pairs: [],
    extra_dhcp_opts: [],
    dns_name: "",
    dns_domain: "",
    "binding:host_id": "",
    "binding:vnic_type": "normal",
    "binding:profile": {},
    "binding:vif_type": "unbound",
    "binding:vif_details": {},
  });
  await world.networking.delete(ALICE, "port", id);
  assert.ok(!(await contents(world.store)).some((line) => line.includes(id)), "a key of the port is left");
});

type Ids = { v4: string; v6: string; slaac: string };
/** [what is asked for, the addresses or their kinds, or the refusal] */
const requests: [string, (ids: Ids) => Attributes, string | { refused: FaultCode }][] = [
  ["none", () => ({ fixed_ips: [] }), "slaac"],
  ["a certain address", () => ({ fixed_ips: [{ ip_address: "10.0.0.77" }] }), "10.0.0.77 slaac"],
  ["the gateway's address", () => ({ fixed_ips: [{ ip_address: "10.0.0.1" }] }), "10.0.0.1 slaac"],
  [
    "an address not in canonical form",
    () => ({ fixed_ips: [{ ip_address: "2001:DB8:4:0::7" }] }),
    "2001:db8:4::7 slaac",
  ],
  ["any of a subnet", ({ v4 }) => ({ fixed_ips: [{ subnet_id: v4 }] }), "v4 slaac"],
  ["two of a subnet", ({ v4 }) => ({ fixed_ips: [{ subnet_id: v4 }, { subnet_id: v4 }] }), "v4 v4 slaac"],
  [
    "an address in its subnet",
    ({ v4 }) => ({ fixed_ips: [{ subnet_id: v4, ip_address: "10.0.0.9" }] }),
    "10.0.0.9 slaac",
  ],
  ["its SLAAC subnet", ({ slaac }) => ({ fixed_ips: [{ subnet_id: slaac }] }), "slaac"],
  ["its SLAAC address", () => ({ mac_address: MAC, fixed_ips: [{ ip_address: SLAAC_IP }] }), SLAAC_IP],
  [
    "another address of a SLAAC subnet",
    () => ({ fixed_ips: [{ ip_address: "2001:db8:5::7" }] }),
    { refused: "AllocationOnAutoAddressSubnet" },
  ],
  ["the network address", () => ({ fixed_ips: [{ ip_address: "10.0.0.0" }] }), { refused: "InvalidIpForNetwork" }],
  ["the broadcast address", () => ({ fixed_ips: [{ ip_address: "10.0.0.255" }] }), { refused: "InvalidIpForNetwork" }],
  ["an address outside", () => ({ fixed_ips: [{ ip_address: "10.0.1.1" }] }), { refused: "InvalidIpForNetwork" }],
  [
    "an address of another subnet",
    ({ v6 }) => ({ fixed_ips: [{ subnet_id: v6, ip_address: "10.0.0.9" }] }),
    { refused: "InvalidIpForSubnet" },
  ],
  ["an unknown subnet", () => ({ fixed_ips: [{ subnet_id: "nowhere" }] }), { refused: "SubnetNotFound" }],
  ["neither", () => ({ fixed_ips: [{}] }), { refused: "InvalidInput" }],
  [
    "an address twice",
    () => ({ fixed_ips: [{ ip_address: "10.0.0.9" }, { ip_address: "10.0.0.9" }] }),
    { refused: "IpAddressAlreadyAllocated" },
  ],
  ["too many", ({ v4 }) => ({ fixed_ips: Array(101).fill({ subnet_id: v4 }) }), { refused: "InvalidInput" }],
  ["rubbish", () => ({ fixed_ips: [{ ip_address: "10.0.0.300" }] }), { refused: "InvalidInput" }],
];
for (const [what, body, expected] of requests) {
  test(`asking for ${what} gives ${JSON.stringify(expected)}`, async () => {
    const { world, network, v4, v6, slaac, kinds } = await threeSubnets();
    const attributes = body({ v4: v4.id, v6: v6.id, slaac: slaac.id });
    if (typeof expected !== "string") {
      await refuses(world, expected.refused, () => world.port(network.id, attributes));
      return;
    }
    const port = await world.port(network.id, attributes);
    const named = kinds(port).split(" ");
    const text = expected.split(" ").map((part, i) => (part === named[i] ? part : (addresses(port)[i] ?? "none")));
    assert.equal(text.join(" "), expected);
    assert.equal(port.fixed_ips.length, text.length);
  });
}

test("a subnet of another network is no subnet of the port's", async () => {
  const { world, network } = await threeSubnets();
  const other = await world.subnet((await world.network()).id, "10.9.0.0/24");
  const attempt = () => world.port(network.id, { fixed_ips: [{ subnet_id: other.id }] });
  await refuses(world, "InvalidInput", attempt, /included invalid subnet/);
});

test("an address and a MAC in use are refused, and free again after their port is deleted", async () => {
  const { world, network } = await threeSubnets();
  const body = { mac_address: MAC, fixed_ips: [{ ip_address: "10.0.0.9" }] };
  const port = await world.port(network.id, body);
  await refuses(world, "IpAddressAlreadyAllocated", () => world.port(network.id, { fixed_ips: body.fixed_ips }));
  await refuses(world, "MacAddressInUse", () => world.port(network.id, { mac_address: MAC }));
  await world.port((await world.network()).id, { mac_address: MAC });
  await world.networking.delete(ALICE, "port", port.id);
  await world.port(network.id, body);
});

test("in one request, an address that one port names is not given to another that takes any", async () => {
  const world = await makeWorld();
  const network = await world.network();
  await world.subnet(network.id, "10.0.0.0/29");
  const bodies = [{}, {}, {}, {}, { fixed_ips: [{ ip_address: "10.0.0.2" }] }];
  const ports = await world.networking.create(
    ALICE,
    "port",
    bodies.map((body) => ({ network_id: network.id, ...body })),
  );
  assert.deepEqual(addresses(ports[4] ?? { fixed_ips: [] }), ["10.0.0.2"]);
  assert.equal(new Set(ports.flatMap(addresses)).size, 5);
  await refuses(world, "IpAddressGenerationFailure", () => world.port(network.id));
});

test("the next subnet of a family is used when the first is full", async () => {
  const world = await makeWorld();
  const network = await world.network();
  await world.subnet(network.id, "10.0.0.0/30");
  await world.subnet(network.id, "10.0.1.0/30");
  const ports = [await world.port(network.id), await world.port(network.id)];
  assert.deepEqual(ports.flatMap(addresses).sort(), ["10.0.0.2", "10.0.1.2"]);
  await refuses(world, "IpAddressGenerationFailure", () => world.port(network.id));
});

test("service subnets are for their owners' ports", async () => {
  const world = await makeWorld();
  const network = await world.network();
  await world.subnet(network.id, "10.0.0.0/24", { service_types: ["compute:nova"] });
  assert.deepEqual((await world.port(network.id, { device_owner: "compute:nova" })).fixed_ips.length, 1);
  await refuses(world, "IpAddressGenerationFailureNoMatchingSubnet", () => world.port(network.id));
});

test("addresses of an update: those named stay, others go, new ones come, SLAAC's stays unnamed", async () => {
  const { world, network, v4, kinds } = await threeSubnets();
  const port = await world.port(network.id, { fixed_ips: [{ ip_address: "10.0.0.9" }, { ip_address: "10.0.0.8" }] });
  const update = (fixed_ips: object[]) => world.networking.update(ALICE, "port", port.id, { fixed_ips });
  const swapped = await update([{ ip_address: "10.0.0.8" }, { ip_address: "10.0.0.7" }]);
  assert.deepEqual(new Set(addresses(swapped)), new Set([...addresses(port).slice(1), "10.0.0.7"]));
  await world.port(network.id, { fixed_ips: [{ ip_address: "10.0.0.9" }] });
  await refuses(world, "IpAddressAlreadyAllocated", () => update([{ ip_address: "10.0.0.9" }]));
  const kept = await update([{ subnet_id: v4.id }]);
  assert.equal(kinds(kept), "v4 slaac");
  assert.ok(addresses(swapped).includes(addresses(kept)[0] ?? ""));
  assert.equal(kinds(await update([])), "slaac");
});

test("a new MAC moves the SLAAC address along, and a bound port keeps its MAC", async () => {
  const { world, network, slaac } = await threeSubnets();
  await world.host("h");
  const port = await world.port(network.id);
  const update = (changes: Attributes) => world.networking.update(ADMIN, "port", port.id, changes);
  const moved = await update({ mac_address: MAC });
  assert.deepEqual(addresses(moved).slice(0, 2), addresses(port).slice(0, 2));
  assert.deepEqual(moved.fixed_ips[2], { subnet_id: slaac.id, ip_address: SLAAC_IP });
  await world.port(network.id, { mac_address: port.mac_address });
  await refuses(world, "MacAddressInUse", () => update({ mac_address: port.mac_address }));
  await update({ "binding:host_id": "h" });
  await refuses(world, "PortBound", () => update({ mac_address: "02:00:00:00:00:0b" }));
});

const BOUND = { port_filter: true, connectivity: "l2", bound_drivers: { "0": "cable" } };
const physical = (nic: unknown, vlan: unknown) => ({
  "binding:vnic_type": "baremetal",
  "binding:profile": { physical: { nic, vlan } },
});
/** [attributes, vif_type or refusal] on hosts "h" (with physnet1), "silent" (never reported) */
const bindings: [string, Attributes, string, Attributes?][] = [
  ["no host", {}, "unbound"],
  ["a known host", { "binding:host_id": "h" }, "tap"],
  ["an unknown host", { "binding:host_id": "nowhere" }, "binding_failed"],
  ["a host not heard of yet", { "binding:host_id": "silent" }, "tap"],
  ["a kind of card that Cable has not", { "binding:host_id": "h", "binding:vnic_type": "direct" }, "binding_failed"],
  ["an inherited property as kind", { "binding:host_id": "h", "binding:vnic_type": "valueOf" }, "binding_failed"],
  ["a physical machine", { "binding:host_id": "h", ...physical("eth1", 100) }, "other"],
  ["an untagged physical machine", { "binding:host_id": "h", ...physical("eth1", null) }, "other"],
  ["a physical machine nowhere", { "binding:host_id": "h", "binding:vnic_type": "baremetal" }, "binding_failed"],
  [
    "a VLAN that the host has",
    { "binding:host_id": "h" },
    "tap",
    { "provider:network_type": "vlan", "provider:physical_network": "physnet1", "provider:segmentation_id": 5 },
  ],
  [
    "a VLAN that the host has not",
    { "binding:host_id": "h" },
    "binding_failed",
    { "provider:network_type": "flat", "provider:physical_network": "physnet2" },
  ],
];
for (const [what, attributes, vifType, network = {}] of bindings) {
  test(`a port with ${what} is ${vifType}`, async () => {
    const world = await makeWorld();
    await world.host("h");
    await world.host("silent", null);
    const port = await world.port((await world.network(network, ADMIN)).id, attributes, ADMIN);
    assert.equal(port["binding:vif_type"], vifType);
    assert.deepEqual(port["binding:vif_details"], vifType === "tap" || vifType === "other" ? BOUND : {});
    assert.equal(port.status, "DOWN");
  });
}

for (const [nic, vlan] of [
  ["eth1", 0],
  ["eth1", 4095],
  ["eth1", "5"],
  ["", 5],
  ["a/b", 5],
  ["x".repeat(16), 5],
  [7, 5],
]) {
  test(`a physical machine at ${JSON.stringify(nic)} ${JSON.stringify(vlan)} is refused clearly`, async () => {
    const world = await makeWorld();
    const network = await world.network();
    const attempt = () => world.port(network.id, physical(nic, vlan), ADMIN);
    await refuses(world, "InvalidInput", attempt, /binding:profile must be like \{"physical"/);
  });
}

test("one MAC is on an attachment once, and free there when its port moves away or is deleted", async () => {
  const world = await makeWorld();
  await world.host("h");
  const there = { "binding:host_id": "h", mac_address: MAC, ...physical("eth1", 100) };
  const [a, b] = [await world.network(), await world.network()];
  const first = await world.port(a.id, there, ADMIN);
  await refuses(world, "Conflict", () => world.port(b.id, there, ADMIN), /VLAN 100, of host h/);
  const second = await world.port(b.id, { ...there, ...physical("eth1", 101) }, ADMIN);
  await world.networking.update(ADMIN, "port", first.id, { "binding:host_id": "" });
  const moved = await world.networking.update(ADMIN, "port", second.id, physical("eth1", 100));
  assert.equal(moved["binding:vif_type"], "other");
  await world.networking.delete(ADMIN, "port", second.id);
  assert.ok(!(await contents(world.store)).some((line) => line.includes("/unique/physical/")));
});

async function setStatus(world: World, portId: string, status: "ACTIVE") {
  const held = world.memory.get("port", portId);
  assert.ok(held);
  const { keys } = await import("../../store/mod.ts");
  const value = JSON.stringify({ ...held.record, status });
  const commit = await world.store.commit({
    guards: [],
    writes: [{ kind: "put", key: keys.record("port", portId), value }],
  });
  await world.memory.reached(commit.revision);
}

test("a port that changes hosts goes down, one that changes its name does not; a failed binding is tried again", async () => {
  const world = await makeWorld();
  await world.host("h1");
  const network = await world.network();
  const port = await world.port(network.id, { "binding:host_id": "h1" }, ADMIN);
  const update = (changes: Attributes) => world.networking.update(ADMIN, "port", port.id, changes);
  await setStatus(world, port.id, "ACTIVE");
  assert.equal((await update({ name: "x", "binding:host_id": "h1" })).status, "ACTIVE");
  const failed = await update({ "binding:host_id": "h2" });
  assert.deepEqual([failed.status, failed["binding:vif_type"]], ["DOWN", "binding_failed"]);
  await world.host("h2");
  const mended = await update({ name: "y" });
  assert.equal(mended["binding:vif_type"], "tap");
  assert.equal((await update({ "binding:host_id": null, device_id: "" }))["binding:vif_type"], "unbound");
});

test("the kind of card changes only while the port is unbound", async () => {
  const world = await makeWorld();
  await world.host("h");
  const port = await world.port((await world.network()).id, { "binding:host_id": "h" }, ADMIN);
  const change = () => world.networking.update(ADMIN, "port", port.id, { "binding:vnic_type": "direct" });
  await refuses(world, "PortInUse", change);
  await world.networking.update(ADMIN, "port", port.id, { "binding:host_id": "" });
  assert.equal((await change())["binding:vnic_type"], "direct");
});

const pair = { ip_address: "10.0.0.0/24" };
/** [network's port security, create body, refusal] */
const security: [boolean, Attributes, FaultCode | undefined][] = [
  [true, { allowed_address_pairs: [pair], security_groups: ["g"] }, undefined],
  [false, { security_groups: ["g"] }, "PortSecurityAndIPRequiredForSecurityGroups"],
  [false, { allowed_address_pairs: [pair] }, "AddressPairAndPortSecurityRequired"],
  [false, { port_security_enabled: true, security_groups: ["g"] }, undefined],
  [true, { port_security_enabled: false, allowed_address_pairs: [pair] }, "AddressPairAndPortSecurityRequired"],
  [true, { allowed_address_pairs: [pair, pair] }, "DuplicateAddressPairInRequest"],
  [true, { allowed_address_pairs: [{ mac_address: MAC }] }, "AllowedAddressPairsMissingIP"],
  [
    true,
    { allowed_address_pairs: Array.from({ length: 11 }, (_, i) => ({ ip_address: `10.0.0.${i}` })) },
    "AllowedAddressPairExhausted",
  ],
  [true, { device_owner: "network:dhcp", allowed_address_pairs: [pair] }, "AddressPairAndPortSecurityRequired"],
];
for (const [enabled, attributes, refusal] of security) {
  test(`port security ${enabled ? "on" : "off"} in the network, and ${JSON.stringify(attributes)}: ${refusal ?? "fine"}`, async () => {
    const world = await makeWorld();
    const network = await world.network({ port_security_enabled: enabled });
    if (refusal !== undefined) return refuses(world, refusal, () => world.port(network.id, attributes));
    const named = attributes.security_groups !== undefined && { security_groups: [(await world.group()).id] };
    const port = await world.port(network.id, { ...attributes, ...named });
    assert.equal(port.port_security_enabled, true);
    const pairs = (attributes.allowed_address_pairs as object[] | undefined) ?? [];
    assert.deepEqual(
      port.allowed_address_pairs,
      pairs.map((entry) => ({ ...entry, mac_address: port.mac_address })),
    );
  });
}

test("port security is switched off only together with what needs it", async () => {
  const world = await makeWorld();
  const network = await world.network();
  const port = await world.port(network.id, { allowed_address_pairs: [pair] });
  const update = (changes: Attributes) => () => world.networking.update(ALICE, "port", port.id, changes);
  await refuses(world, "AddressPairAndPortSecurityRequired", update({ port_security_enabled: false }));
  const bare = { port_security_enabled: false, allowed_address_pairs: [] };
  await refuses(world, "PortSecurityPortHasSecurityGroup", update(bare));
  await refuses(world, "PortSecurityAndIPRequiredForSecurityGroups", update({ ...bare, security_groups: ["h"] }));
  assert.equal((await update({ ...bare, security_groups: [] })()).port_security_enabled, false);
});

test("DHCP options of an update replace, add and remove by name and family", async () => {
  const world = await makeWorld();
  const network = await world.network();
  const option = (opt_name: string, opt_value: string | null, ip_version = 4) => ({ opt_name, opt_value, ip_version });
  const port = await world.port(network.id, {
    extra_dhcp_opts: [option("a", "1"), option("b", "2"), option("b", "6", 6), option("router", ""), option("c", "")],
  });
  const names = (list: { opt_name: string; opt_value: string; ip_version: number }[]) =>
    list.map((entry) => `${entry.opt_name}${entry.ip_version}=${entry.opt_value}`).join(" ");
  assert.equal(names(port.extra_dhcp_opts), "a4=1 b4=2 b6=6 router4=");
  const changes = { extra_dhcp_opts: [option("a", null), option("b", "3"), option("d", "4")] };
  const after = await world.networking.update(ALICE, "port", port.id, changes);
  assert.equal(names(after.extra_dhcp_opts), "b4=3 b6=6 router4= d4=4");
});

test("the MAC of one of the network's own ports stays", async () => {
  const world = await makeWorld();
  const port = await world.port((await world.network()).id, { device_owner: "network:dhcp" });
  await refuses(world, "UnsupportedPortDeviceOwner", () =>
    world.networking.update(ADMIN, "port", port.id, { mac_address: MAC }),
  );
});

test("a MAC chosen by chance that another port has is chosen anew, with the address that it forms", async () => {
  const { world, network } = await threeSubnets();
  const { baseMac } = DEFAULT_OPTIONS;
  const rolls = [0, 0, 1];
  const tail = (roll: number) => `${baseMac}:00:00:0${roll}`;
  await world.port(network.id, { mac_address: tail(0) });
  const env: Env = { ...makeEnv(world.memory, {}), random: () => 0 };
  const transactor = new Transactor(world.store, env, silent);
  const port = await transactor.run((draft) => {
    let count = 0;
    const roll = rolls.shift() ?? 1;
    const random = () => (count++ === 2 ? roll / 256 : 0);
    return portPlan({ ...env, random }).create?.(draft, ALICE, { network_id: network.id });
  });
  assert.equal(port?.mac_address, tail(1));
});
