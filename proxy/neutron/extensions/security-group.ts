/** Security groups and address groups. */
import { type Extension, row } from "./row.ts";

export const SECURITY_GROUP: readonly Extension[] = [
  row("address-group", "Address group", "2020-07-15T10:00:00-00:00", "Support address group"),
  row("security-group", "security-group", "2012-10-05T10:00:00-00:00", "The security groups extension."),
  row(
    "security-groups-default-rules",
    "Default rules for security groups",
    "2022-12-19T10:00:00-00:00",
    "Configure set of security group rules used as default rules for every new security group",
  ),
  row(
    "security-groups-default-statefulness",
    "Security Groups Default Statefulness",
    "2026-04-13T00:00:00-00:00",
    "Allows configuring the default value of the 'stateful' attribute for new security groups, on a per-project or system-wide basis",
  ),
  row(
    "security-groups-normalized-cidr",
    "Normalized CIDR field for security group rules",
    "2020-07-28T10:00:00-00:00",
    "Add new field with normalized remote_ip_prefix cidr in SG rule",
  ),
  row(
    "security-groups-remote-address-group",
    "Remote address group id field for security group rules",
    "2020-08-25T10:00:00-00:00",
    "Add new field of remote address group id in SG rules",
  ),
  row(
    "security-groups-rules-belongs-to-default-sg",
    "Security group rule belongs to the project's default security group",
    "2023-05-23T10:00:00-00:00",
    "Flag to determine if the security group rule belongs to the project's default security group",
  ),
  row(
    "security-groups-shared-filtering",
    "Security group filtering on the shared field",
    "2021-10-05T09:00:00-00:00",
    "Support filtering security groups on the shared field",
  ),
  row(
    "stateful-security-group",
    "Stateful security group",
    "2019-11-26T09:00:00-00:00",
    "Indicates if the security group is stateful or not",
  ),
];
