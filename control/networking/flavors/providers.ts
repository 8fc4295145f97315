/** Service providers (neutron/db/servicetype_db.py). */
import { fault } from "../../../model/mod.ts";
import type { ResourcePlan } from "../plan.ts";

interface Provider {
  service_type: string;
  name: string;
  default: boolean;
  /** Known to profiles, and shown to nobody. */
  driver: string;
}

/**
 * Every router is distributed and highly available: of Neutron's providers for routers this is the one that says so, by
 * its name and driver (neutron/services/l3_router/service_providers/dvrha.py), so that profiles made for it can be used.
 */
const PROVIDERS: readonly Provider[] = [
  {
    service_type: "L3_ROUTER_NAT",
    name: "dvrha",
    default: true,
    driver: "neutron.services.l3_router.service_providers.dvrha.DvrHaDriver",
  },
];

export const providerOf = (driver: string): Provider | undefined => PROVIDERS.find((it) => it.driver === driver);

/** @throws Fault ServiceProfileDriverNotFound */
export function checkDriver(driver: string): void {
  if (providerOf(driver) === undefined) throw fault("ServiceProfileDriverNotFound", { driver });
}

export function providerPlan(): ResourcePlan<"service_provider"> {
  return {
    sees: () => true,
    notFound: () => fault("HTTPNotFound"),
    derived: { get: () => undefined, list: () => PROVIDERS.map((it) => ({ ...it })) },
  };
}
