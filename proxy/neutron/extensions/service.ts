/** Quotas, flavors, metering, logs and mirrors. */
import { type Extension, row } from "./row.ts";

export const SERVICE: readonly Extension[] = [
  row(
    "flavors",
    "Neutron Service Flavors",
    "2015-09-17T10:00:00-00:00",
    "Flavor specification for Neutron advanced services.",
  ),
  row(
    "logging",
    "Logging API Extension",
    "2017-01-01T10:00:00-00:00",
    "Provides a logging API for resources such as security group and firewall.",
  ),
  row("metering", "Neutron Metering", "2013-06-12T10:00:00-00:00", "Neutron Metering extension."),
  row(
    "metering_source_and_destination_fields",
    "Neutron Metering with source and destination filtering",
    "2020-08-21T08:12:00-00:00",
    "Neutron Metering extension that enables the use of source and destination IP prefixes to create metering label rules.",
  ),
  row(
    "quota-check-limit",
    "Quota engine limit check",
    "2021-09-08T16:00:00-00:00",
    "Support for checking the resource usage before applying a new quota limit",
  ),
  row(
    "quota-check-limit-default",
    "Quota engine limit check by default",
    "2024-08-21T16:00:00-00:00",
    "By default, the Neutron quota engine checks the resource usage before applying a new quota limit",
  ),
  row(
    "quota_details",
    "Quota details management support",
    "2017-02-10T10:00:00-00:00",
    "Expose functions for quotas usage statistics per project",
  ),
  row(
    "quotas",
    "Quota management support",
    "2012-07-29T10:00:00-00:00",
    "Expose functions for quotas management per project",
  ),
  row(
    "service-type",
    "Neutron Service Type Management",
    "2013-01-20T00:00:00-00:00",
    "API for retrieving service providers for Neutron advanced services",
  ),
  row("taas", "Neutron Tap as a Service", "2015-01-14T10:00:00-00:00", "Neutron Tap as a Service Extension."),
  row(
    "taas-vlan-filter",
    "VLAN filtering for Neutron Tap as a Service",
    "2018-01-14T10:00:00-00:00",
    "Neutron Tap as a Service Extension for filtering VLANs.",
  ),
  row(
    "taas-vnic-mirroring", // Cable's own: nothing of Neutron's has this alias
    "Tap as a Service mirroring of virtual network cards",
    "2018-01-14T10:00:00-00:00",
    "Tap services and flows mirror what a port's card sends and receives.",
  ),
  row(
    "tap-mirror",
    "Tap as a Service GRE or ERSPAN mirror",
    "2023-05-05T11:45:00-00:00",
    "Neutron Tap as a Service extension for GRE or ERSPAN mirroring.",
  ),
  row(
    "tap-mirror-both-direction",
    "Tap as a Service mirror with BOTH direction support",
    "2025-12-15T11:45:00-00:00",
    "Neutron Tap as a Service extension mirroring with support for BOTH direction.",
  ),
];
