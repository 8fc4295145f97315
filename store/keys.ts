/** Every key in the store. A trailing number in the root changes when a stored format does. */
import type { Id, Ip, Kind, Mac } from "../model/mod.ts";

export const ROOT = "/cable/1/";

export const keys = {
  /** A record, as JSON. */
  record: (kind: Kind, id: Id) => `${ROOT}record/${kind}/${id}`,
  records: (kind: Kind) => `${ROOT}record/${kind}/`,
  allRecords: `${ROOT}record/`,
  /** Held by the port that has the address; the value is its id. Empty under a subnet = no address in use there. */
  ip: (subnetId: Id, ip: Ip) => `${ROOT}unique/ip/${subnetId}/${ip}`,
  ipsOf: (subnetId: Id) => `${ROOT}unique/ip/${subnetId}/`,
  /** Held by the port that has the MAC; the value is its id. Empty under a network = no port in it. */
  mac: (networkId: Id, mac: Mac) => `${ROOT}unique/mac/${networkId}/${mac}`,
  macsOf: (networkId: Id) => `${ROOT}unique/mac/${networkId}/`,
  vni: (vni: number) => `${ROOT}unique/vni/${vni}`,
  vnis: `${ROOT}unique/vni/`,
  vlan: (physicalNetwork: string, vlan: number) => `${ROOT}unique/vlan/${physicalNetwork}/${vlan}`,
  vlansOf: (physicalNetwork: string) => `${ROOT}unique/vlan/${physicalNetwork}/`,
  flat: (physicalNetwork: string) => `${ROOT}unique/flat/${physicalNetwork}`,
  /** Held by the port of a physical machine: frames of one attachment are told apart by their source MAC. */
  physical: (host: string, nic: string, vlan: number | null, mac: Mac) =>
    `${ROOT}unique/physical/${host}/${nic}/${vlan ?? "untagged"}/${mac}`,
  /** Held by the trunk that the port is in. */
  trunkPort: (portId: Id) => `${ROOT}unique/trunk-port/${portId}`,
  /** Held by the RBAC policy that lets the target use the object so. */
  rbac: (objectId: Id, action: string, target: string) => `${ROOT}unique/rbac/${objectId}/${action}/${target}`,
  rbacOf: (objectId: Id) => `${ROOT}unique/rbac/${objectId}/`,
  /** Held by a project's default security group. */
  defaultGroup: (projectId: string) => `${ROOT}unique/default-security-group/${projectId}`,
  /** Held by a project's default QoS policy. */
  defaultQosPolicy: (projectId: string) => `${ROOT}unique/default-qos-policy/${projectId}`,
  /** Held by the rule of a group that says this. */
  rule: (groupId: Id, rule: string) => `${ROOT}unique/rule/${groupId}/${rule}`,
  /** Held by the mirror whose packets are in this tunnel. */
  mirrorTunnel: (projectId: string, tunnel: number) => `${ROOT}unique/mirror/${projectId}/${tunnel}`,
  /**
   * Held by the subnet that has this prefix of a pool, written as its bits: what lies in another prefix begins with that
   * one's bits, so a prefix is free when nothing is under its own bits, and none of those that hold it has a key.
   */
  range: (poolId: Id, bits: string) => `${ROOT}unique/range/${poolId}/${bits}.`,
  rangesIn: (poolId: Id, bits: string) => `${ROOT}unique/range/${poolId}/${bits}`,
  /** Held by the subnet pool that is the default of its address family. */
  defaultPool: (family: 4 | 6) => `${ROOT}unique/default-subnetpool/${family}`,
  defaultExternalNetwork: `${ROOT}unique/default-external-network`,
  /** Held by a record that leans on another: an address translation on its port. Who removes that one sees it here. */
  use: (kind: Kind, id: Id, userId: Id) => `${ROOT}use/${kind}/${id}/${userId}`,
  usesOf: (kind: Kind, id: Id) => `${ROOT}use/${kind}/${id}/`,
  /** What Nova is still to be told of a port. */
  novaEvent: (portId: Id, name: string) => `${ROOT}outbox/nova/${portId}/${name}`,
  novaEvents: `${ROOT}outbox/nova/`,
} as const;
