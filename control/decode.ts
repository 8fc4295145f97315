/** From a store entry to a record. The store is text written by this and older versions of Cable, so it is checked. */
import type { Id, Kind, RecordTypes } from "../model/mod.ts";
import { keys } from "../store/mod.ts";
import { interned } from "./intern.ts";

/** The name field by which a record of a kind is known; the last part of its key. */
const NAMED_BY: Record<Kind, "id" | "name"> = {
  host: "name",
  host_beat: "name",
  network: "id",
  subnet: "id",
  segment: "id",
  network_segment_range: "id",
  port: "id",
  security_group: "id",
  security_group_change: "id",
  security_group_rule: "id",
  default_security_group_rule: "id",
  address_group: "id",
  router: "id",
  floatingip: "id",
  port_forwarding: "id",
  conntrack_helper: "id",
  ndp_proxy: "id",
  local_ip: "id",
  local_ip_association: "id",
  address_scope: "id",
  subnetpool: "id",
  rbac_policy: "id",
  quota: "id",
  quota_count: "id",
  auto_allocated_topology: "id",
  qos_policy: "id",
  trunk: "id",
  metering_label: "id",
  metering_label_rule: "id",
  flavor: "id",
  service_profile: "id",
  log: "id",
  tap_service: "id",
  tap_flow: "id",
  tap_mirror: "id",
  balancer: "id",
};

export const KINDS = Object.keys(NAMED_BY) as Kind[];

/** The kind and id that a key under {@link keys.allRecords} stands for; undefined for a kind of another version. */
export function decodeKey(key: string): { kind: Kind; id: Id } | undefined {
  const slash = key.indexOf("/", keys.allRecords.length);
  const kind = key.slice(keys.allRecords.length, slash) as Kind;
  const id = key.slice(slash + 1);
  return slash > 0 && id !== "" && Object.hasOwn(NAMED_BY, kind) ? { kind, id } : undefined;
}

/** @throws Error saying why the value is no record of that kind and id */
export function decodeRecord<K extends Kind>(kind: K, id: Id, value: string): RecordTypes[K] {
  const record: unknown = JSON.parse(value);
  if (typeof record !== "object" || record === null) throw new TypeError("not an object");
  const name = (record as Record<string, unknown>)[NAMED_BY[kind]];
  if (name !== id) throw new TypeError(`its ${NAMED_BY[kind]} is ${JSON.stringify(name)}`);
  return interned(record) as RecordTypes[K];
}
