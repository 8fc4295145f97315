/** Quality of service. */
import { type Extension, row } from "./row.ts";

export const QOS: readonly Extension[] = [
  row("qos", "Quality of Service", "2015-06-08T10:00:00-00:00", "The Quality of Service extension."),
  row(
    "qos-bw-limit-direction",
    "Direction for QoS bandwidth limit rule",
    "2017-04-10T10:00:00-00:00",
    "Allow to configure QoS bandwidth limit rule with specific direction: ingress or egress",
  ),
  row(
    "qos-bw-minimum-ingress",
    "Ingress direction for QoS minimum bandwidth rule",
    "2018-07-09T10:00:00-00:00",
    "Allow to configure QoS minumum bandwidth rule with ingress direction.",
  ),
  row("qos-default", "QoS default policy", "2017-041-06T10:00:00-00:00", "Expose the QoS default policy per project"),
  row("qos-fip", "Floating IP QoS", "2017-07-20T00:00:00-00:00", "The floating IP Quality of Service extension"),
  row(
    "qos-fip-network-policy",
    "QoS floating IP network policy ID",
    "2021-11-15T10:00:00-00:00",
    "Adds a the QoS network ID to the floating IP definition",
  ),
  row(
    "qos-gateway-ip",
    "Router gateway IP QoS",
    "2018-02-24T00:00:00-00:00",
    "The Router gateway IP Quality of Service extension",
  ),
  row(
    "qos-port-network-policy",
    "QoS port network policy ID",
    "2019-11-01T10:00:00-00:00",
    "Adds a the QoS network ID to the port definition",
  ),
  row(
    "qos-pps",
    "QoS Rule Type Packet per Second Extension",
    "2021-05-12T10:00:00-00:00",
    "Add QoS Rule Type Packet per Second",
  ),
  row(
    "qos-pps-minimum",
    "QoS minimum packet rate rule",
    "2021-07-14T10:00:00-00:00",
    "Allow to configure QoS minimum packet rate rule.",
  ),
  row(
    "qos-pps-minimum-rule-alias",
    "QoS minimum packet rate rule alias",
    "2021-10-22T10:00:00-00:00",
    "API to enable GET, PUT and DELETE operations on QoS minimum packet rate rule without specifying policy ID",
  ),
  row(
    "qos-rule-type-details",
    "Details of QoS rule types",
    "2017-06-22T10:00:00-00:00",
    "Expose details about QoS rule types supported by loaded backend drivers",
  ),
  row(
    "qos-rule-type-filter",
    "Allow to filter the list of QoS rule types",
    "2022-02-02T10:00:00-00:00",
    'Allows to filter the QoS rule type list adding two new flags. "all_rules" prints all implemented QoS rule types."all_supported" prints all supported QoS rule types by the loaded mechanism drivers',
  ),
  row(
    "qos-rules-alias",
    "Quality of Service rules alias API",
    "2018-10-07T10:00:00-00:00",
    "API to enable GET, PUT and DELETE operations on QoS policy rules without specifying policy ID",
  ),
];
