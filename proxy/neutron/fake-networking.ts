/** A networking interface for the door's tests: records in a map, no allocation, no rules but visibility and If-Match. */
import { randomUUID } from "node:crypto";
import type {
  Attributes,
  Caller,
  DerivedRow,
  ListHint,
  Networking,
  NetworkingTypes,
  ResourceKind,
} from "../../api/mod.ts";
import { fault, type ResourceRecordKind } from "../../model/mod.ts";

/** A record of any kind. */
type Stored = Record<string, unknown> & { id: string; project_id: string; revision_number: number };

const STANDARD = { name: "", description: "", tags: [], created_at: "2026-01-31T12:00:00Z" };

/** What the control node would have chosen. */
const CHOSEN: Partial<Record<ResourceKind, object>> = {
  network: {
    status: "ACTIVE",
    subnets: [],
    vlan_transparent: null,
    "provider:network_type": "vxlan",
    "provider:physical_network": null,
    "provider:segmentation_id": 7,
  },
  subnet: {
    gateway_ip: "10.0.0.1",
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
    mac_address: "fa:16:3e:00:00:01",
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

function notFound(kind: ResourceKind, id: string) {
  if (kind === "network") return fault("NetworkNotFound", { net_id: id });
  if (kind === "subnet") return fault("SubnetNotFound", { subnet_id: id });
  if (kind === "port") return fault("PortNotFound", { port_id: id });
  return fault("ObjectNotFound", { id });
}

export class FakeNetworking implements Networking {
  readonly #records = new Map<ResourceKind, Map<string, Stored>>();
  /** What was asked last, for tests that look at what the door hands on. */
  lastBodies: Attributes[] = [];
  lastHint: ListHint | undefined;
  /** Actions by name, for tests of the door's way to them. */
  readonly acts: Record<string, (record: DerivedRow, body: Attributes) => DerivedRow> = {};

  async create<K extends ResourceKind>(_caller: Caller, kind: K, bodies: Attributes[]): Promise<NetworkingTypes[K][]> {
    this.lastBodies = bodies;
    return bodies.map((body) => this.put(kind, { ...CHOSEN[kind], ...body, ...addresses(body) }));
  }

  /** Puts a record there, with members for those left out. */
  put<K extends ResourceKind>(kind: K, record: object): NetworkingTypes[K] {
    const whole = { id: randomUUID(), ...STANDARD, updated_at: STANDARD.created_at, revision_number: 1, ...record };
    const stored = whole as unknown as Stored;
    this.table(kind).set(stored.id, stored);
    return stored as unknown as NetworkingTypes[K];
  }

  async get<K extends ResourceKind>(caller: Caller, kind: K, id: string): Promise<NetworkingTypes[K]> {
    return this.#visible(caller, kind, id) as unknown as NetworkingTypes[K];
  }

  async list<K extends ResourceKind>(caller: Caller, kind: K, hint: ListHint): Promise<NetworkingTypes[K][]> {
    this.lastHint = hint;
    const rows = [...this.table(kind).values()].filter((record) => sees(caller, record));
    return rows as unknown as NetworkingTypes[K][];
  }

  async update<K extends ResourceKind>(
    caller: Caller,
    kind: K,
    id: string,
    changes: Attributes,
    ifRevision?: number,
  ): Promise<NetworkingTypes[K]> {
    const record = this.#visible(caller, kind, id);
    this.lastBodies = [changes];
    checkRevision(record, ifRevision);
    return this.put(kind, { ...record, ...changes, revision_number: record.revision_number + 1 });
  }

  async delete(caller: Caller, kind: ResourceKind, id: string, ifRevision?: number): Promise<void> {
    checkRevision(this.#visible(caller, kind, id), ifRevision);
    this.table(kind).delete(id);
  }

  async act(caller: Caller, kind: ResourceKind, id: string, action: string, body: Attributes): Promise<DerivedRow> {
    const act = this.acts[action];
    if (act === undefined) throw fault("HTTPNotFound");
    return act(this.#visible(caller, kind, id), body);
  }

  requireVisible(caller: Caller, kind: ResourceKind, id: string): void {
    this.#visible(caller, kind, id);
  }

  peek<K extends ResourceRecordKind>(_caller: Caller, kind: K, id: string): NetworkingTypes[K] | undefined {
    return this.table(kind).get(id) as unknown as NetworkingTypes[K] | undefined;
  }

  /** The records of a kind, by id. */
  table(kind: ResourceKind): Map<string, Stored> {
    const found = this.#records.get(kind) ?? new Map<string, Stored>();
    this.#records.set(kind, found);
    return found;
  }

  #visible(caller: Caller, kind: ResourceKind, id: string): Stored {
    const record = this.table(kind).get(id);
    if (record === undefined || !sees(caller, record)) throw notFound(kind, id);
    return record;
  }
}

function sees(caller: Caller, record: Stored): boolean {
  return caller.isAdmin || record.project_id === caller.projectId || record.shared === true;
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
