/** Agents, availability zones, flavors, quotas, metering and logs: the default rules of Neutron's neutron/conf/policies. */
import { ADMIN, ADMIN_OR_PROJECT_MANAGER, ADMIN_OR_PROJECT_READER } from "./checks.ts";

export const SERVICE_RULES: Readonly<Record<string, string>> = {
  // agent.py
  create_agent: ADMIN,
  get_agent: ADMIN,
  update_agent: ADMIN,
  delete_agent: ADMIN,
  "create_dhcp-network": ADMIN,
  "get_dhcp-networks": ADMIN,
  "delete_dhcp-network": ADMIN,
  "create_l3-router": ADMIN,
  "get_l3-routers": ADMIN,
  "update_l3-router": ADMIN,
  "delete_l3-router": ADMIN,
  "get_dhcp-agents": ADMIN,
  "get_l3-agents": ADMIN,

  // availability_zone.py
  get_availability_zone: "role:reader",

  // flavor.py
  create_flavor: ADMIN,
  get_flavor: "role:reader",
  update_flavor: ADMIN,
  delete_flavor: ADMIN,
  create_service_profile: ADMIN,
  get_service_profile: ADMIN,
  update_service_profile: ADMIN,
  delete_service_profile: ADMIN,
  get_flavor_service_profile: ADMIN_OR_PROJECT_READER,
  create_flavor_service_profile: ADMIN,
  delete_flavor_service_profile: ADMIN,

  // service_type.py
  get_service_provider: "role:reader",

  // quotas.py
  get_quota: ADMIN_OR_PROJECT_MANAGER,
  update_quota: ADMIN,
  delete_quota: ADMIN,

  // metering.py
  create_metering_label: ADMIN_OR_PROJECT_MANAGER,
  get_metering_label: ADMIN_OR_PROJECT_READER,
  delete_metering_label: ADMIN_OR_PROJECT_MANAGER,
  create_metering_label_rule: ADMIN_OR_PROJECT_MANAGER,
  get_metering_label_rule: ADMIN_OR_PROJECT_READER,
  delete_metering_label_rule: ADMIN_OR_PROJECT_MANAGER,

  // logging.py
  get_loggable_resource: ADMIN_OR_PROJECT_MANAGER,
  create_log: ADMIN_OR_PROJECT_MANAGER,
  get_log: ADMIN_OR_PROJECT_MANAGER,
  update_log: ADMIN_OR_PROJECT_MANAGER,
  delete_log: ADMIN_OR_PROJECT_MANAGER,
};
