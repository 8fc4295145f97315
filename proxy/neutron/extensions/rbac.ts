/** Sharing by RBAC policies. */
import { type Extension, row } from "./row.ts";

export const RBAC: readonly Extension[] = [
  row(
    "rbac-address-group",
    "Add address_group type to RBAC",
    "2021-01-20T00:00:00-00:00",
    "Add address_group type to network RBAC",
  ),
  row(
    "rbac-address-scope",
    "Add address_scope type to RBAC",
    "2020-02-12T00:00:00-00:00",
    "Add address_scope type to RBAC",
  ),
  row(
    "rbac-policies",
    "RBAC Policies",
    "2015-06-17T12:15:12-00:00",
    "Allows creation and modification of policies that control project access to resources.",
  ),
  row(
    "rbac-security-groups",
    "Add security_group type to network RBAC",
    "2019-02-14T00:00:00-00:00",
    "Add security_group type to network RBAC",
  ),
  row("rbac-subnetpool", "Add subnetpool type to RBAC", "2020-02-05T00:00:00-00:00", "Add subnetpool type to RBAC"),
];
