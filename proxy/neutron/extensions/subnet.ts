/** Subnets, subnet pools and address scopes. */
import { type Extension, row } from "./row.ts";

export const SUBNET: readonly Extension[] = [
  row("address-scope", "Address scope", "2015-07-26T10:00:00-00:00", "Address scopes extension."),
  row(
    "default-subnetpools",
    "Default Subnetpools",
    "2016-02-18T18:00:00-00:00",
    "Provides ability to mark and use a subnetpool as the default.",
  ),
  row(
    "subnet-dns-publish-fixed-ip",
    "Subnet DNS publish fixed IP",
    "2019-05-24T10:00:00-00:00",
    "Support choosing to publish DNS records for IPs from a subnet",
  ),
  row(
    "subnet-external-network",
    "Subnet belongs to an external network",
    "2024-02-05T18:00:00-00:00",
    "Informs if the subnet belongs to an external network",
  ),
  row(
    "subnet-segmentid-writable",
    "Subnet SegmentID (writable)",
    "2018-03-12T00:00:00-00:00",
    "Provides a writable segment_id attribute for a subnet resource.",
  ),
  row(
    "subnet-service-types",
    "Subnet service types",
    "2016-03-15T18:00:00-00:00",
    "Provides ability to set the subnet service_types field",
  ),
  row(
    "subnet_allocation",
    "Subnet Allocation",
    "2015-03-30T10:00:00-00:00",
    "Enables allocation of subnets from a subnet pool",
  ),
  row(
    "subnet_onboard",
    "Subnet Onboard",
    "2018-12-18T09:00:00-00:00",
    "Provides support for onboarding subnets into subnet pools",
  ),
  row(
    "subnetpool-prefix-ops",
    "Subnet Pool Prefix Operations",
    "2019-02-08T10:00:00-00:00",
    "Provides support for adjusting the prefix list of subnet pools",
  ),
];
