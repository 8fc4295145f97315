/** Tags (neutron/extensions/tagging.py). */
import { type FaultRow, row } from "./row.ts";

export const TAGGING = {
  TagResourceNotFound: row(404, "Resource %(resource)s %(resource_id)s could not be found."),
  TagNotFound: row(404, "Tag %(tag)s could not be found."),
} as const satisfies Record<string, FaultRow>;
