/** Agents and availability zones (neutron_lib/api/definitions/{agent,agent_sort_key,availability_zone*}.py). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { toBoolean, toIntOrNone } from "../converters.ts";
import { ID, SIZE } from "../standard.ts";
import { orNone, string, uuid } from "../validators.ts";
import { offered } from "./offered.ts";

export const AGENT: Attributes = offered(
  {
    id: ID,
    agent_type: attribute(["filter", "sort"]),
    binary: attribute(["filter", "sort"]),
    topic: attribute(["filter", "sort"]),
    host: attribute(["filter", "sort"]),
    admin_state_up: attribute(["put", "filter", "sort"], { convert: toBoolean }),
    created_at: attribute(["sort"]),
    started_at: attribute(["sort"]),
    heartbeat_timestamp: attribute(["sort"]),
    alive: attribute(["filter", "sort"]),
    configurations: attribute([]),
    description: attribute(["put", "filter", "sort"], { validate: orNone(string(SIZE.description)) }),
  },
  {
    "agent-resources-synced": { resources_synced: attribute([]) },
    availability_zone: { availability_zone: attribute(["filter"]) },
    "l3-agent-scheduler-ha-chassis-priority": {
      ha_chassis_priority: attribute(["post", "put", "policy"], { default: UNSET, convert: toIntOrNone }),
    },
  },
);

export const AVAILABILITY_ZONE: Attributes = {
  name: attribute(["filter"]),
  resource: attribute(["filter"]),
  state: attribute(["filter"]),
};

/** Who puts a network on an agent says which (dhcp_agent_scheduler); the others of that kind look into the body themselves. */
export const DHCP_NETWORK: Attributes = {
  network_id: attribute(["post", "policy"], { default: UNSET, validate: uuid }),
};
