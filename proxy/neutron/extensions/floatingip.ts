/** Floating IPs, their port forwardings, and local IPs. */
import { type Extension, row } from "./row.ts";

export const FLOATINGIP: readonly Extension[] = [
  row(
    "expose-port-forwarding-in-fip",
    "Expose Floating IP port forwardings",
    "2018-06-28T16:00:00-00:00",
    "Expose port forwarding fields in floating IP response",
  ),
  row(
    "fip-port-details",
    "Floating IP Port Details Extension",
    "2018-04-09T10:00:00-00:00",
    "Add port_details attribute to Floating IP resource",
  ),
  row(
    "floating-ip-distributed",
    "Floating IP Distributed Extension",
    "2022-08-30T10:00:00-00:00",
    "Add distributed attribute to Floating IP resource",
  ),
  row(
    "floating-ip-port-forwarding",
    "Floating IP Port Forwarding",
    "2018-01-19T10:00:00-00:00",
    "Allow port forwarding from floating IP port to an internal port",
  ),
  row(
    "floating-ip-port-forwarding-description",
    "Floating IP Port Forwarding new attribute description",
    "2019-11-01T10:00:00-00:00",
    "Add a description field to Port Forwarding rules",
  ),
  row(
    "floating-ip-port-forwarding-detail",
    "Floating IP port forwarding detail",
    "2022-05-06T10:00:00-00:00",
    "Allow list floating ip return more port forwarding data, include'id' and 'internal_port_id'",
  ),
  row(
    "floating-ip-port-forwarding-port-ranges",
    "Floating IP Port Forwarding support port ranges",
    "2020-07-01T10:00:00-00:00",
    "Add support to port ranges",
  ),
  row(
    "floatingip-pools",
    "Floating IP Pools Extension",
    "2018-03-21T10:00:00-00:00",
    "Provides a floating IP pools API.",
  ),
  row("local_ip", "Local IP", "2021-07-26T10:00:00-00:00", "Support Node Local Virtual IP"),
];
