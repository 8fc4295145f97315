/** Floating IPs, port forwardings and local IPs: the default rules of Neutron's neutron/conf/policies. */
import {
  ADMIN_OR_PARENT_OWNER_MEMBER,
  ADMIN_OR_PARENT_OWNER_READER,
  ADMIN_OR_PROJECT_MANAGER,
  ADMIN_OR_PROJECT_MEMBER,
  ADMIN_OR_PROJECT_READER,
} from "./checks.ts";

export const FLOATINGIP_RULES: Readonly<Record<string, string>> = {
  // floatingip.py
  create_floatingip: ADMIN_OR_PROJECT_MEMBER,
  "create_floatingip:floating_ip_address": ADMIN_OR_PROJECT_MANAGER,
  "create_floatingip:tags": ADMIN_OR_PROJECT_MEMBER,
  get_floatingip: ADMIN_OR_PROJECT_READER,
  "get_floatingip:tags": ADMIN_OR_PROJECT_READER,
  update_floatingip: ADMIN_OR_PROJECT_MEMBER,
  "update_floatingip:tags": ADMIN_OR_PROJECT_MEMBER,
  delete_floatingip: ADMIN_OR_PROJECT_MEMBER,
  "delete_floatingip:tags": ADMIN_OR_PROJECT_MEMBER,

  // floatingip_pools.py
  get_floatingip_pool: ADMIN_OR_PROJECT_READER,

  // floatingip_port_forwarding.py
  create_floatingip_port_forwarding: ADMIN_OR_PARENT_OWNER_MEMBER,
  get_floatingip_port_forwarding: ADMIN_OR_PARENT_OWNER_READER,
  update_floatingip_port_forwarding: ADMIN_OR_PARENT_OWNER_MEMBER,
  delete_floatingip_port_forwarding: ADMIN_OR_PARENT_OWNER_MEMBER,

  // local_ip.py
  create_local_ip: ADMIN_OR_PROJECT_MEMBER,
  get_local_ip: ADMIN_OR_PROJECT_READER,
  update_local_ip: ADMIN_OR_PROJECT_MEMBER,
  delete_local_ip: ADMIN_OR_PROJECT_MEMBER,

  // local_ip_association.py
  create_local_ip_port_association: ADMIN_OR_PARENT_OWNER_MEMBER,
  get_local_ip_port_association: ADMIN_OR_PARENT_OWNER_READER,
  delete_local_ip_port_association: ADMIN_OR_PARENT_OWNER_MEMBER,
};
