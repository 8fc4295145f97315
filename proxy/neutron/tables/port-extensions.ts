/** The attributes that extensions add to a port (neutron_lib/api/definitions, one file for each). */
import { attribute, type Row, UNSET } from "../attribute.ts";
import { toBoolean, toText } from "../converters.ts";
import { orNone, regex, string, uuid, values } from "../validators.ts";
import { dict } from "../validators-dict.ts";
import type { ByAlias } from "./offered.ts";

/** Records leave out what is at its default. */
const orDefault = (name: string, value: unknown) => (row: Row) => row[name] ?? value;

const numaPolicy = (...policies: (string | null)[]) =>
  attribute(["post", "put"], {
    default: null,
    validate: values(policies),
    read: orDefault("numa_affinity_policy", null),
  });

/** What may be hinted at (port_hints.py): {"openvswitch": {"other_config": {"tx-steering": "thread" or "hash"}}}. */
const steering = { "tx-steering": { validate: values(["thread", "hash"]) } };
const hints = dict({ openvswitch: { validate: dict({ other_config: { validate: dict(steering) } }) } });

export const PORT_EXTENSIONS: ByAlias = {
  "data-plane-status": {
    data_plane_status: attribute(["put", "policy"], {
      read: orDefault("data_plane_status", null),
      default: UNSET,
      validate: values([null, "ACTIVE", "DOWN"]),
    }),
  },
  "port-device-profile": {
    device_profile: attribute(["post"], {
      read: orDefault("device_profile", null),
      default: null,
      validate: orNone(string(255)),
    }),
  },
  "port-hardware-offload-type": {
    hardware_offload_type: attribute(["post", "policy"], {
      read: orDefault("hardware_offload_type", null),
      default: UNSET,
      convert: toText,
      validate: values(["switchdev"]),
    }),
  },
  "port-hints": {
    hints: attribute(["post", "put", "policy"], {
      read: orDefault("hints", null),
      default: null,
      validate: orNone(hints),
    }),
  },
  "port-numa-affinity-policy": { numa_affinity_policy: numaPolicy("required", "preferred", "legacy", null) },
  "port-numa-affinity-policy-socket": {
    numa_affinity_policy: numaPolicy("required", "preferred", "legacy", "socket", null),
  },
  "port-resource-request": { resource_request: attribute([], { read: (row) => row.resource_request ?? null }) },
  "port-trusted-vif": {
    trusted: attribute(["post", "put", "policy"], {
      read: orDefault("trusted", null),
      default: UNSET,
      convert: toBoolean,
    }),
  },
  pvlan: {
    pvlan_type: attribute(["post", "put", "filter"], {
      default: null,
      validate: values(["isolated", "promiscuous", "community", null]),
    }),
    pvlan_community: attribute(["post", "put"], {
      default: null,
      validate: orNone(regex(/^[a-zA-Z_.][a-zA-Z_.0-9]{0,231}\n?$/)),
    }),
  },
  qos: {
    qos_policy_id: attribute(["post", "put", "policy"], {
      default: null,
      validate: orNone(uuid),
      read: (row) => row.qos_policy_id ?? null,
    }),
  },
  "qos-port-network-policy": {
    qos_network_policy_id: attribute([], { read: (row) => row.qos_network_policy_id ?? null }),
  },
  "trunk-details": { trunk_details: attribute(["policy"]) },
  "uplink-status-propagation": {
    propagate_uplink_status: attribute(["post"], {
      read: orDefault("propagate_uplink_status", true),
      default: true,
      convert: toBoolean,
    }),
  },
  "uplink-status-propagation-updatable": {
    propagate_uplink_status: attribute(["post", "put"], {
      read: orDefault("propagate_uplink_status", true),
      default: true,
      convert: toBoolean,
    }),
  },
};
