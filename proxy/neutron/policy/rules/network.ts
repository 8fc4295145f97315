/** Networks, their segments and what is reported or made of them: the default rules of Neutron's neutron/conf/policies. */
import { ADMIN, ADMIN_OR_PROJECT_MEMBER, ADMIN_OR_PROJECT_READER, ADMIN_OR_SERVICE } from "./checks.ts";

export const NETWORK_RULES: Readonly<Record<string, string>> = {
  // network.py
  external: "field:networks:router:external=True",
  create_network: ADMIN_OR_PROJECT_MEMBER,
  "create_network:shared": ADMIN,
  "create_network:router:external": ADMIN,
  "create_network:is_default": ADMIN,
  "create_network:port_security_enabled": ADMIN_OR_PROJECT_MEMBER,
  "create_network:segments": ADMIN,
  "create_network:provider:network_type": ADMIN,
  "create_network:provider:physical_network": ADMIN,
  "create_network:provider:segmentation_id": ADMIN,
  "create_network:tags": ADMIN_OR_PROJECT_MEMBER,
  get_network:
    "(rule:admin_only) or (role:reader and project_id:%(project_id)s) or rule:service_api or rule:shared or rule:external or rule:context_is_advsvc",
  "get_network:segments": ADMIN,
  "get_network:provider:network_type": ADMIN,
  "get_network:provider:physical_network": ADMIN,
  "get_network:provider:segmentation_id": ADMIN,
  "get_network:tags":
    "(rule:admin_only) or (role:reader and project_id:%(project_id)s) or rule:shared or rule:external or rule:context_is_advsvc",
  update_network: ADMIN_OR_PROJECT_MEMBER,
  "update_network:segments": ADMIN,
  "update_network:shared": ADMIN,
  "update_network:provider:network_type": ADMIN,
  "update_network:provider:physical_network": ADMIN,
  "update_network:provider:segmentation_id": ADMIN,
  "update_network:router:external": ADMIN,
  "update_network:is_default": ADMIN,
  "update_network:port_security_enabled": ADMIN_OR_PROJECT_MEMBER,
  "update_network:tags": ADMIN_OR_PROJECT_MEMBER,
  delete_network: ADMIN_OR_PROJECT_MEMBER,
  "delete_network:tags": ADMIN_OR_PROJECT_MEMBER,

  // network_ip_availability.py
  get_network_ip_availability: ADMIN_OR_SERVICE,

  // network_segment_range.py
  create_network_segment_range: ADMIN,
  "create_network_segment_range:tags": ADMIN,
  get_network_segment_range: ADMIN,
  "get_network_segment_range:tags": ADMIN,
  update_network_segment_range: ADMIN,
  "update_network_segment_range:tags": ADMIN,
  delete_network_segment_range: ADMIN,
  "delete_network_segment_range:tags": ADMIN,

  // segment.py
  create_segment: ADMIN,
  create_segments_tags: ADMIN,
  get_segment: ADMIN,
  get_segments_tags: ADMIN,
  update_segment: ADMIN,
  update_segments_tags: ADMIN,
  delete_segment: ADMIN,
  delete_segments_tags: ADMIN,

  // auto_allocated_topology.py
  get_auto_allocated_topology: ADMIN_OR_PROJECT_READER,
  delete_auto_allocated_topology: ADMIN_OR_PROJECT_MEMBER,

  // pvlan.py
  "create_port:pvlan_type": ADMIN_OR_PROJECT_MEMBER,
  "create_port:pvlan_community": ADMIN_OR_PROJECT_MEMBER,
  "update_port:pvlan_type": ADMIN_OR_PROJECT_MEMBER,
  "update_port:pvlan_community": ADMIN_OR_PROJECT_MEMBER,
  "get_port:pvlan_type": ADMIN_OR_PROJECT_READER,
  "get_port:pvlan_community": ADMIN_OR_PROJECT_READER,
  "create_network:pvlan": ADMIN_OR_PROJECT_MEMBER,
  "update_network:pvlan": ADMIN_OR_PROJECT_MEMBER,
  "get_network:pvlan": ADMIN_OR_PROJECT_READER,
};
