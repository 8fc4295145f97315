/** What is known of networks without being stored (neutron_lib/api/definitions/{network_ip_availability,auto_allocated_topology}.py). */
import { type Attributes, attribute, type Row } from "../attribute.ts";
import { offered } from "./offered.ts";

const project = (row: Row) => row.project_id;

export const NETWORK_IP_AVAILABILITY: Attributes = offered(
  {
    network_id: attribute(["filter", "sort"]),
    network_name: attribute(["filter"]),
    tenant_id: attribute(["filter"], { read: project }),
    project_id: attribute(["filter"]),
    total_ips: attribute([]),
    used_ips: attribute([]),
    subnet_ip_availability: attribute([]),
    // Which subnets to count; not an attribute of what is shown.
    ip_version: attribute(["hidden", "filter"]),
  },
  { "network-ip-availability-details": { ip_availability_details: attribute([]) } },
);

/** `id` is that of the network, or "dry-run=pass". */
export const AUTO_ALLOCATED_TOPOLOGY: Attributes = {
  id: attribute([]),
  tenant_id: attribute([], { read: project }),
  project_id: attribute([]),
};
