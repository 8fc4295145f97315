/** Metering (neutron_lib/exceptions/metering.py), and what its plugin finds wrong with a rule. */
import { type FaultRow, row } from "./row.ts";

export const METERING = {
  // neutron_lib/exceptions/__init__.py. Neutron has no status for it and answers 500, although it is the caller's mistake.
  Invalid: row(400, "%(msg)s"),
  MeteringLabelNotFound: row(404, "Metering label '%(label_id)s' does not exist."),
  MeteringLabelRuleNotFound: row(404, "Metering label rule '%(rule_id)s' does not exist."),
  MeteringLabelRuleOverlaps: row(
    409,
    "Metering label rule with remote_ip_prefix '%(remote_ip_prefix)s' overlaps another.",
  ),
  DuplicateMeteringRuleInPost: row(409, "Duplicate Metering Rule in POST."),
} as const satisfies Record<string, FaultRow>;
