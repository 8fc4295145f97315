/** Tap as a service: mirrors of ports: the default rules of tap-as-a-service's neutron_taas/policies. */
import { ADMIN_OR_PROJECT_MEMBER, ADMIN_OR_PROJECT_READER } from "./checks.ts";

export const TAAS_RULES: Readonly<Record<string, string>> = {
  create_tap_service: ADMIN_OR_PROJECT_MEMBER,
  update_tap_service: ADMIN_OR_PROJECT_MEMBER,
  get_tap_service: ADMIN_OR_PROJECT_MEMBER,
  delete_tap_service: ADMIN_OR_PROJECT_MEMBER,
  create_tap_flow: ADMIN_OR_PROJECT_MEMBER,
  update_tap_flow: ADMIN_OR_PROJECT_MEMBER,
  get_tap_flow: ADMIN_OR_PROJECT_MEMBER,
  delete_tap_flow: ADMIN_OR_PROJECT_MEMBER,
  create_tap_mirror: ADMIN_OR_PROJECT_MEMBER,
  update_tap_mirror: ADMIN_OR_PROJECT_MEMBER,
  get_tap_mirror: ADMIN_OR_PROJECT_READER,
  delete_tap_mirror: ADMIN_OR_PROJECT_MEMBER,
};
