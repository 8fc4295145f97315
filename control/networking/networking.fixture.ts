/** For tests: networking over a store in memory, callers, and short ways to make what a test needs. */
import assert from "node:assert/strict";
import type { Attributes, Caller, Networking, NetworkingTypes, QuotaLimits } from "../../api/mod.ts";
import { QUOTA_RESOURCES, UNLIMITED } from "../../api/mod.ts";
import {
  Fault,
  type FaultCode,
  type HostFacts,
  type HostRecord,
  ip,
  type LogRecord,
  type NetworkRecord,
  type PortRecord,
  prefix,
  type RbacPolicyRecord,
  type SecurityGroupRecord,
  type SecurityGroupRuleRecord,
  type SegmentRecord,
  type SubnetPoolRecord,
  type SubnetRecord,
  type TapFlowRecord,
  type TapMirrorRecord,
  type TapServiceRecord,
  type TrunkRecord,
} from "../../model/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { keys, ROOT, type Store } from "../../store/mod.ts";
import { MemoryCache } from "../memory-cache.ts";
import { physicalAttachment } from "./binding.ts";
import type { NetworkingOptions } from "./env.ts";
import { ruleKey } from "./groups/mod.ts";
import { makeNetworking } from "./mod.ts";
import { rangeKey } from "./pools/mod.ts";

const nothing = () => {};
export const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export const caller = (projectId: string, isAdmin = false): Caller => ({
  requestId: "req-test",
  userId: "user",
  projectId,
  roles: isAdmin ? ["admin"] : ["member"],
  isAdmin,
});

export const ADMIN = caller("admin", true);
export const ALICE = caller("alice");
export const BOB = caller("bob");

/** Tests make as many as they please. */
export const NO_QUOTAS = Object.fromEntries(QUOTA_RESOURCES.map((resource) => [resource, UNLIMITED])) as QuotaLimits;

export interface World {
  store: Store;
  memory: MemoryCache;
  networking: Networking;
  network(attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["network"]>;
  subnet(networkId: string, cidr: string, attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["subnet"]>;
  port(networkId: string, attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["port"]>;
  group(attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["security_group"]>;
  rule(groupId: string, attributes?: Attributes, by?: Caller): Promise<NetworkingTypes["security_group_rule"]>;
  host(name: string, facts?: Partial<HostFacts> | null): Promise<void>;
  close(): Promise<void>;
}

export async function makeWorld(
  options: Partial<NetworkingOptions> = {},
  store: Store = new MemoryStore(),
): Promise<World> {
  const memory = await MemoryCache.start(store, silent);
  const networking = makeNetworking({ store, memory, log: silent, options: { quotas: NO_QUOTAS, ...options } });
  const one = async <T>(rows: Promise<T[]>): Promise<T> => {
    const [row] = await rows;
    assert.ok(row);
    return row;
  };
  return {
    store,
    memory,
    networking,
    network: (attributes = {}, by = ALICE) => one(networking.create(by, "network", [{ name: "net", ...attributes }])),
    subnet: (network_id, cidr, attributes = {}, by = ALICE) =>
      one(networking.create(by, "subnet", [{ network_id, cidr, ...attributes }])),
    port: (network_id, attributes = {}, by = ALICE) =>
      one(networking.create(by, "port", [{ network_id, ...attributes }])),
    group: (attributes = {}, by = ALICE) => one(networking.create(by, "security_group", [attributes])),
    rule: (security_group_id, attributes = {}, by = ALICE) =>
      one(networking.create(by, "security_group_rule", [{ security_group_id, direction: "ingress", ...attributes }])),
    host: (name, facts = {}) => putHost(store, memory, name, facts),
    close: () => memory.close(),
  };
}

async function putHost(store: Store, memory: MemoryCache, name: string, facts: Partial<HostFacts> | null) {
  const reported: HostFacts = {
    tunnel_ip: ip("192.0.2.1"),
    physical_networks: { physnet1: "eth0" },
    underlay_mtu: 1500,
    agent_version: "test",
    datapath: "ebpf",
    ...facts,
  };
  const record: HostRecord = {
    name,
    token_sha256: "",
    container_projects: [],
    created_at: "2026-01-01T00:00:00Z",
    facts: facts === null ? null : reported,
  };
  const put = { kind: "put", key: keys.record("host", name), value: JSON.stringify(record) } as const;
  const commit = await store.commit({ guards: [], writes: [put] });
  await memory.reached(commit.revision);
}

/** What is in the store besides what came with each project's first touch: its default group and the built-in rules. */
export async function madeOnPurpose(store: Store): Promise<string[]> {
  const { entries } = await store.list(keys.records("security_group"));
  const defaults = entries.filter(({ value }) => JSON.parse(value).is_default).map(({ value }) => JSON.parse(value).id);
  const templates = [keys.records("default_security_group_rule"), keys.records("security_group_change")];
  return (await contents(store)).filter(
    (line) => !templates.some((prefix) => line.startsWith(prefix)) && !defaults.some((id) => line.includes(id)),
  );
}

/** Everything in the store but the hosts: a request that was refused must leave it as it was. */
export async function contents(store: Store): Promise<string[]> {
  const { entries } = await store.list("/cable/");
  return entries.map(({ key, value }) => `${key} ${value}`).sort();
}

type AnyRecord = NetworkRecord &
  PortRecord &
  RbacPolicyRecord &
  SecurityGroupRecord &
  SecurityGroupRuleRecord &
  Pick<TapFlowRecord, "tap_service_id" | "source_port"> &
  Pick<TapServiceRecord, "vni"> &
  Pick<TapMirrorRecord, "directions" | "mirror_type" | "port_id"> &
  Pick<LogRecord, "target_id" | "resource_id"> &
  SubnetRecord &
  Pick<SubnetPoolRecord, "address_scope_id"> &
  Pick<SegmentRecord, "physical_network" | "segmentation_id"> &
  Pick<TrunkRecord, "sub_ports">;

/** The unique keys that a record must have. */
function keysOf(key: string, record: AnyRecord): string[] {
  if (key.startsWith(keys.records("qos_policy"))) {
    return record.is_default ? [keys.defaultQosPolicy(record.project_id)] : [];
  }
  if (key.startsWith(keys.records("security_group"))) {
    return record.is_default ? [keys.defaultGroup(record.project_id)] : [];
  }
  if (key.startsWith(keys.records("security_group_rule"))) {
    return [keys.rule(record.security_group_id, ruleKey(record))];
  }
  if (key.startsWith(keys.records("subnetpool"))) {
    return record.is_default ? [keys.defaultPool(record.ip_version)] : [];
  }
  if (key.startsWith(keys.records("subnet"))) {
    return record.subnetpool_id === null ? [] : [rangeKey(record.subnetpool_id, prefix(record.cidr))];
  }
  if (key.startsWith(keys.records("rbac_policy"))) {
    return [keys.rbac(record.object_id, record.action, record.target_project)];
  }
  if (key.startsWith(keys.records("network"))) return record.is_default ? [keys.defaultExternalNetwork] : [];
  if (key.startsWith(keys.records("trunk"))) {
    const { port_id, sub_ports } = record;
    return [port_id, ...sub_ports.map((subport) => subport.port_id)].map(keys.trunkPort);
  }
  if (key.startsWith(keys.records("segment"))) {
    const { physical_network: physicalNetwork, segmentation_id: id } = record;
    if (physicalNetwork === null) return [keys.vni(id ?? 0)];
    return [id === null ? keys.flat(physicalNetwork) : keys.vlan(physicalNetwork, id)];
  }
  if (key.startsWith(keys.records("tap_service"))) return record.vni ? [keys.vni(record.vni)] : [];
  if (key.startsWith(keys.records("tap_mirror"))) {
    const tunnels = [...new Set(Object.values(record.directions))];
    const vnis = record.mirror_type === "vxlan" ? tunnels.map((tunnel) => keys.vni(tunnel)) : [];
    return [...tunnels.map((tunnel) => keys.mirrorTunnel(record.project_id, tunnel)), ...vnis];
  }
  if (!key.startsWith(keys.records("port"))) return [];
  const held = [keys.mac(record.network_id, record.mac_address)];
  for (const { subnet_id, ip_address } of record.fixed_ips) held.push(keys.ip(subnet_id, ip_address));
  const place = record["binding:vif_type"] === "other" && physicalAttachment(record["binding:profile"]);
  if (place) held.push(keys.physical(record["binding:host_id"], place.nic, place.vlan, record.mac_address));
  return held;
}

/** Demands that each unique key is of the record that it names, each record has its keys, and none lacks its parents. */
export async function audit(store: Store): Promise<void> {
  const { entries } = await store.list(ROOT);
  const there = new Set(entries.map(({ key }) => key));
  const expected: string[] = [];
  for (const { key, value } of entries) {
    if (!key.startsWith(keys.allRecords)) continue;
    // Templates of rules name anything, as in Neutron; the rules made of them do not.
    if (key.startsWith(keys.records("default_security_group_rule"))) continue;
    const record: AnyRecord = JSON.parse(value);
    for (const held of keysOf(key, record))
      expected.push(`${held} ${key.startsWith(keys.records("segment")) ? record.network_id : record.id}`);
    for (const [kind, id] of [
      ["subnetpool", record.subnetpool_id],
      ["address_scope", record.address_scope_id],
    ] as const) {
      assert.ok(!id || there.has(keys.record(kind, id)), `no ${kind} of ${value}`);
    }
    const object = record.object_id ? keys.record(record.object_type, record.object_id) : key;
    assert.ok(there.has(object), `no object of ${value}`);
    for (const port of [record.port_id, record.source_port, record.target_id]) {
      assert.ok(!port || there.has(keys.record("port", port)), `no port of ${value}`);
    }
    const { tap_service_id: tap, resource_id: logged } = record;
    assert.ok(!tap || there.has(keys.record("tap_service", tap)), `no tap service of ${value}`);
    assert.ok(!logged || there.has(keys.record("security_group", logged)), `no group of ${value}`);
    if (record.network_id) assert.ok(there.has(keys.record("network", record.network_id)), `no network of ${value}`);
    const groups = [record.security_group_id, record.remote_group_id, ...(record.security_groups ?? [])];
    for (const id of groups) {
      assert.ok(!id || id === "PARENT" || there.has(keys.record("security_group", id)), `no group of ${value}`);
    }
    const policy = record.qos_policy_id;
    assert.ok(!policy || there.has(keys.record("qos_policy", policy)), `no QoS policy of ${value}`);
    const addresses = record.remote_address_group_id;
    assert.ok(!addresses || there.has(keys.record("address_group", addresses)), `no address group of ${value}`);
    for (const { subnet_id } of record.fixed_ips ?? []) {
      assert.ok(there.has(keys.record("subnet", subnet_id)), `no subnet of ${value}`);
    }
  }
  const unique = entries.filter(({ key }) => key.startsWith(`${ROOT}unique/`));
  assert.deepEqual(unique.map(({ key, value }) => `${key} ${value}`).sort(), expected.sort());
}

/** Demands that `attempt` is refused with this fault, and that nothing was written. */
export async function refuses(
  world: Pick<World, "store">,
  code: FaultCode,
  attempt: () => Promise<unknown>,
  message?: RegExp,
): Promise<void> {
  const before = await contents(world.store);
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(await contents(world.store), before);
}
