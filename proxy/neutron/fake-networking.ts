/** A networking interface for the door's tests: records in a map, no allocation, no rules but visibility and If-Match. */
import { randomUUID } from "node:crypto";
import type { Attributes, Caller, ListHint, Networking, NetworkingTypes, ResourceKind } from "../../api/mod.ts";
import { fault, type Ip, type Mac } from "../../model/mod.ts";

type Stored = NetworkingTypes[ResourceKind];

const STANDARD = { name: "", description: "", tags: [], created_at: "2026-01-31T12:00:00Z" };

/** What the control node would have chosen. */
const CHOSEN: { [K in ResourceKind]: Partial<NetworkingTypes[K]> } = {
  network: {
    status: "ACTIVE",
    subnets: [],
    vlan_transparent: null,
    "provider:network_type": "vxlan",
    "provider:physical_network": null,
    "provider:segmentation_id": 7,
  },
  subnet: {
    gateway_ip: "10.0.0.1" as Ip,
    allocation_pools: [],
    dns_nameservers: [],
    host_routes: [],
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
    subnetpool_id: null,
    segment_id: null,
    service_types: [],
  },
  port: {
    status: "DOWN",
    mac_address: "fa:16:3e:00:00:01" as Mac,
    fixed_ips: [],
    security_groups: [],
    port_security_enabled: true,
    allowed_address_pairs: [],
    "binding:host_id": "",
    "binding:vif_type": "unbound",
    "binding:vif_details": {},
    "binding:profile": {},
  },
};

const NOT_FOUND = {
  network: (net_id: string) => fault("NetworkNotFound", { net_id }),
  subnet: (subnet_id: string) => fault("SubnetNotFound", { subnet_id }),
  port: (port_id: string) => fault("PortNotFound", { port_id }),
};

export class FakeNetworking implements Networking {
  readonly records = { network: new Map(), subnet: new Map(), port: new Map() } as {
    [K in ResourceKind]: Map<string, NetworkingTypes[K]>;
  };
  /** What was asked last, for tests that look at what the door hands on. */
  lastBodies: Attributes[] = [];
  lastHint: ListHint | undefined;

  async create<K extends ResourceKind>(_caller: Caller, kind: K, bodies: Attributes[]): Promise<NetworkingTypes[K][]> {
    this.lastBodies = bodies;
    return bodies.map((body) => this.put(kind, { ...CHOSEN[kind], ...body, ...addresses(body) }));
  }

  /** Puts a record there, with members for those left out. */
  put<K extends ResourceKind>(kind: K, record: object): NetworkingTypes[K] {
    const whole = { id: randomUUID(), ...STANDARD, updated_at: STANDARD.created_at, revision_number: 1, ...record };
    const stored = whole as unknown as NetworkingTypes[K];
    this.records[kind].set(stored.id, stored);
    return stored;
  }

  async get<K extends ResourceKind>(caller: Caller, kind: K, id: string): Promise<NetworkingTypes[K]> {
    const record = this.records[kind].get(id);
    if (record === undefined || !this.#sees(caller, record)) throw NOT_FOUND[kind](id);
    return record;
  }

  async list<K extends ResourceKind>(caller: Caller, kind: K, hint: ListHint): Promise<NetworkingTypes[K][]> {
    this.lastHint = hint;
    return [...this.records[kind].values()].filter((record) => this.#sees(caller, record));
  }

  async update<K extends ResourceKind>(
    caller: Caller,
    kind: K,
    id: string,
    changes: Attributes,
    ifRevision?: number,
  ): Promise<NetworkingTypes[K]> {
    await this.get(caller, kind, id);
    const record = this.records[kind].get(id) as NetworkingTypes[K];
    this.lastBodies = [changes];
    checkRevision(record, ifRevision);
    return this.put(kind, { ...record, ...changes, revision_number: record.revision_number + 1 });
  }

  async delete(caller: Caller, kind: ResourceKind, id: string, ifRevision?: number): Promise<void> {
    checkRevision(await this.get(caller, kind, id), ifRevision);
    this.records[kind].delete(id);
  }

  #sees(caller: Caller, record: Stored): boolean {
    if (caller.isAdmin || record.project_id === caller.projectId) return true;
    return "shared" in record && record.shared;
  }
}

/** Addresses for the requests that name only a subnet. */
function addresses({ fixed_ips }: Attributes): object {
  return Array.isArray(fixed_ips)
    ? { fixed_ips: fixed_ips.map((fixed) => ({ ip_address: "10.0.0.9", ...fixed })) }
    : {};
}

function checkRevision(record: Stored, expected: number | undefined): void {
  const current = record.revision_number;
  if (expected !== undefined && expected !== current) {
    throw fault("RevisionNumberConstraintFailed", { expected, current });
  }
}
