/** Availability zones as routers have them: every router is on every host. */
import { fault } from "../../../model/mod.ts";
import type { Env } from "../env.ts";

/** @throws Fault AvailabilityZoneNotFound (neutron/db/agents_db.py validate_availability_zones) */
export function checkZones({ indexes }: Env, hints: readonly string[]): void {
  const missing = hints.find((zone) => !indexes.zones.has(zone));
  if (missing !== undefined) throw fault("AvailabilityZoneNotFound", { availability_zone: missing });
}

export function zonesOf({ indexes: { zones } }: Env, hints: readonly string[]): string[] {
  return [...(hints.length > 0 ? hints : zones)].filter((zone) => zones.has(zone)).sort();
}
