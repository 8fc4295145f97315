/** Values for attributes: by their schema, by their name where that says more, and wild ones. */
import type { Schema } from "../../proxy/neutron/json-schema.ts";
import { ASKERS, type Asker } from "./callers.ts";
import type { Pool } from "./pool.ts";
import type { Random } from "./random.ts";

/** Of one request. */
export interface Setting {
  readonly random: Random;
  readonly pool: Pool;
  readonly asker: Asker;
  /** The schemas that others refer to. */
  readonly schemas: Readonly<Record<string, Schema>>;
}

const ADDRESSES = ["10.0.0.5", "10.1.0.7", "10.2.0.9", "172.24.0.20", "2001:db8::5", "2001:db8:1::7"];
const ODD_ADDRESSES = ["::", "0.0.0.0", "10.0.0.05", "::ffff:1.2.3.4", "fe80::1%eth0", "255.255.255.255", "224.0.0.1"];
const PREFIXES = ["10.0.0.0/24", "10.1.0.0/24", "10.2.0.0/25", "2001:db8::/64", "2001:db8:1::/64", "172.24.0.0/16"];
const ODD_PREFIXES = ["10.0.0.9/30", "10.1.0.0/8", "::/0", "0.0.0.0/0", "10.0.0.0/33", "10/8", "10.0.0.1", "fe80::/64"];
const WILD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  1e300,
  2 ** 53,
  -(2 ** 31) - 1,
  "",
  " ",
  "True",
  "no",
  "a".repeat(300),
  "\u0000",
  "\ud800",
  "é\u2028",
  "example.org.",
  "' OR 1=1 --",
  "__proto__",
  "constructor",
  [],
  {},
  [[]],
  [null],
  [{}],
  { __proto__: null, constructor: 1 },
  ["a", "a"],
  { a: { a: { a: [] } } },
];

export const wild = ({ random }: Setting): unknown =>
  random.weighted<() => unknown>([
    [6, () => random.pick(WILD)],
    [2, () => random.pick([...ADDRESSES, ...ODD_ADDRESSES, ...PREFIXES, ...ODD_PREFIXES])],
    [1, () => random.uuid()],
    [1, () => String.fromCodePoint(...Array.from({ length: random.integer(1, 8) }, () => random.integer(1, 0xd7ff)))],
  ])();

/** What is named by a field whose name does not end in the kind's. */
const NAMED: Readonly<Record<string, string>> = {
  remote_group_id: "security_group",
  target_id: "port",
  source_port: "port",
  device_id: "router",
  security_groups: "security_group",
  service_profiles: "service_profile",
  subnets: "subnet",
  ports: "port",
  project_id: "project",
  tenant_id: "project",
  target_tenant: "project",
  target_project: "project",
  floating_network_id: "external_network",
  gateway_network: "network",
};

/** The kind that a field names: "network_id" and "internal_port_id" say it themselves. */
export function kindOf(name: string, pool: Pool): string | undefined {
  const known = NAMED[name];
  if (known !== undefined || !name.endsWith("_id")) return known;
  const words = name.slice(0, -"_id".length);
  return pool.kinds.find((kind) => words === kind || words.endsWith(`_${kind}`));
}

/** An id that exists, mostly. */
export function idFor(setting: Setting, name: string): string {
  const { random, pool, asker } = setting;
  const kind = kindOf(name, pool);
  if (kind === "project") return random.pick([...ASKERS.map(({ project }) => project), "*"]);
  const wanted = kind !== undefined && random.chance(0.95) ? kind : random.pick(["network", "port", ...pool.kinds]);
  return pool.pick(random, wanted, asker)?.id ?? random.uuid();
}

type Make = (setting: Setting) => unknown;

const address: Make = ({ random }) =>
  random.weighted([
    [5, random.pick(ADDRESSES)],
    [1, random.pick(ODD_ADDRESSES)],
  ]);
const prefix: Make = ({ random }) =>
  random.weighted([
    [4, `10.${random.integer(0, 255)}.${random.integer(0, 3)}.0/24`],
    [2, random.pick(PREFIXES)],
    [1, `2001:db8:${random.hex(4)}::/64`],
    [1, random.pick(ODD_PREFIXES)],
  ]);

/** Where the schema allows much more than is ever meant. */
const BY_NAME: Readonly<Record<string, Make>> = {
  name: ({ random }) => random.pick(["", "a", "b", "net", "default", "é", "x y"]),
  description: ({ random }) => random.pick(["", "d", "e".repeat(255)]),
  tags: ({ random }) => random.pick([[], ["a"], ["a", "b"], ["red", "blue", "a"], ["a,b"], [""]]),
  project_id: ({ random, asker }) => (random.chance(0.85) ? asker.project : random.pick(ASKERS).project),
  tenant_id: ({ random, asker }) => (random.chance(0.85) ? asker.project : random.pick(ASKERS).project),
  subnetpool_id: (setting) => setting.random.pick([null, "prefix_delegation", idFor(setting, "subnetpool_id")]),
  ip_version: ({ random }) => random.pick([4, 4, 4, 6, "4", 6]),
  device_owner: ({ random }) =>
    random.pick(["", "compute:nova", "network:dhcp", "network:router_interface", "network:router_gateway", "x"]),
  device_id: ({ random }) => random.pick(["", "a", "b"]),
  "binding:host_id": ({ random }) => random.pick(["", "h1", "nowhere", null]),
  "binding:profile": ({ random }) =>
    random.pick([{}, { physical: { nic: "eth1", vlan: 5 } }, { physical: {} }, { allocation: "x" }, null]),
  // Only a service profile is put somewhere by its id.
  id: (setting) => idFor(setting, "service_profile_id"),
  helper: ({ random }) => random.pick(["ftp", "tftp", "sip", "x"]),
  host: ({ random }) => random.pick(["h1", "h2", ""]),
  "provider:network_type": ({ random }) => random.pick(["vxlan", "vlan", "flat", "gre"]),
  network_type: ({ random }) => random.pick(["vxlan", "vlan", "flat", "gre"]),
  "provider:physical_network": ({ random }) => random.pick(["physnet1", "", "x", null]),
  physical_network: ({ random }) => random.pick(["physnet1", "", "x"]),
  "provider:segmentation_id": ({ random }) => random.pick([1, 2, 100, 4095, 0, 16777216, "7"]),
  segmentation_id: ({ random }) => random.pick([1, 2, 3, 100, 4095, 0]),
  segmentation_type: ({ random }) => random.pick(["vlan", "vlan", "inherit", "x"]),
  object_type: ({ random }) =>
    random.pick(["network", "qos_policy", "security_group", "address_scope", "subnetpool", "address_group"]),
  action: ({ random }) => random.pick(["access_as_shared", "access_as_shared", "access_as_external", "x"]),
  protocol: ({ random }) => random.pick(["tcp", "udp", "icmp", "tcp", null, 6, "1", "ipv6-icmp", "x"]),
  external_port: ({ random }) => random.integer(1, 40),
  internal_port: ({ random }) => random.integer(1, 40),
  minimum: ({ random }) => random.integer(1, 300),
  maximum: ({ random }) => random.integer(100, 400),
  resource_type: ({ random }) => random.pick(["security_group", "x"]),
  prefixes: (setting) => Array.from({ length: setting.random.integer(0, 2) }, () => prefix(setting)),
  addresses: (setting) => Array.from({ length: setting.random.integer(0, 3) }, () => prefix(setting)),
};

/** Of several types seldom null. */
function typeOf({ type }: Schema, random: Random): string | undefined {
  if (type === undefined || typeof type === "string") return type;
  const others = type.filter((candidate) => candidate !== "null");
  return others.length === 0 || random.chance(0.15) ? random.pick(type) : random.pick(others);
}

const number = (setting: Setting, { minimum = -2, maximum = 70_000 }: Schema): number =>
  setting.random.weighted([
    [4, setting.random.integer(Math.max(0, minimum), Math.min(maximum, 64))],
    [1, minimum],
    [1, maximum],
    [1, setting.random.pick([minimum - 1, maximum + 1])],
  ]);

function text(setting: Setting, name: string, { format, maxLength }: Schema): unknown {
  const { random } = setting;
  if (format === "uuid" || name.endsWith("_id") || NAMED[name]) return idFor(setting, name);
  if (format === "ip") return address(setting);
  if (format === "cidr") return prefix(setting);
  if (format === "mac")
    return random.pick([`fa:16:3e:00:00:${random.hex(2)}`, "00-1B-77-49-54-FD", "ff:ff:ff:ff:ff:ff"]);
  if (maxLength !== undefined && random.chance(0.05)) return "a".repeat(maxLength + random.integer(0, 1));
  return random.pick(["", "a", "b", "c.example.org.", "1"]);
}

/** Without which little can be made, although they may be left out. */
const USUAL = new Set(["cidr", "port_id", "subnet_id", "object_type", "internal_port", "external_port", "driver"]);

/** Members that must go together do, so that requests get further. */
function fit(setting: Setting, value: Record<string, unknown>): void {
  const first = [value.cidr, value.prefixes].flat().find((text) => typeof text === "string");
  if (Object.hasOwn(value, "ip_version") && typeof first === "string") value.ip_version = first.includes(":") ? 6 : 4;
  if (typeof value.object_type === "string" && Object.hasOwn(value, "object_id")) {
    value.object_id = setting.pool.pick(setting.random, value.object_type, setting.asker)?.id ?? value.object_id;
  }
}

function object(setting: Setting, schema: Schema, depth: number): unknown {
  const { random } = setting;
  const { properties = {}, required = [] } = schema;
  const value: Record<string, unknown> = {};
  const share = random.pick([0.02, 0.1, 0.25]);
  for (const [name, member] of Object.entries(properties)) {
    const likely = required.includes(name) ? 0.99 : USUAL.has(name) ? 0.7 : share;
    if (!random.chance(likely)) continue;
    value[name] = random.chance(0.03) ? wild(setting) : valueFor(setting, name, member, depth + 1);
  }
  if (typeof schema.additionalProperties === "object") {
    for (const name of [random.uuid(), random.pick(["physnet1", "x", ""])]) {
      if (random.chance(0.5)) value[name] = valueFor(setting, name, schema.additionalProperties, depth + 1);
    }
  }
  if (random.chance(0.8)) fit(setting, value);
  if (random.chance(0.02)) value[random.pick(["x", "id", "__proto__", "status"])] = wild(setting);
  return value;
}

/** A value for the attribute `name`, mostly one that its schema allows. */
export function valueFor(setting: Setting, name: string, given: Schema, depth = 0): unknown {
  const { random, schemas } = setting;
  const schema = given.$ref ? (schemas[given.$ref.split("/").at(-1) ?? ""] ?? {}) : given;
  if (schema.anyOf) return valueFor(setting, name, random.pick(schema.anyOf), depth + 1);
  if (schema.enum && random.chance(0.8)) return random.pick(schema.enum);
  const make = BY_NAME[name];
  if (make !== undefined && random.chance(0.9)) return make(setting);
  if (depth > 8) return null;
  switch (typeOf(schema, random)) {
    case "boolean":
      return random.chance(0.9) ? random.chance(0.5) : random.pick(["True", "0", "x", 1]);
    case "integer":
      return random.chance(0.95) ? number(setting, schema) : String(number(setting, schema));
    case "string":
      return text(setting, name, schema);
    case "array": {
      const items = Array.from(
        {
          length: random.weighted([
            [1, 0],
            [5, 1],
            [2, 2],
            [1, 3],
          ]),
        },
        () => (NAMED[name] ? idFor(setting, name) : valueFor(setting, name, schema.items ?? {}, depth + 1)),
      );
      return items;
    }
    case "object":
      return object(setting, schema, depth);
    case "null":
      return null;
    default:
      return name.endsWith("_id") && random.chance(0.8) ? idFor(setting, name) : wild(setting);
  }
}
