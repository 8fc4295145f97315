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

const routers = (name: string, driver: string): Provider => ({
  service_type: "L3_ROUTER_NAT",
  name,
  default: false,
  driver: `neutron.services.l3_router.service_providers.${driver}`,
});

/**
 * Neutron's providers for routers, under their names and drivers, so that profiles made for them can be used. As with the
 * flags `distributed` and `ha`, whichever is asked for, every router is distributed and highly available.
 */
const PROVIDERS: readonly Provider[] = [
  routers("dvrha", "dvrha.DvrHaDriver"),
  routers("dvr", "dvr.DvrDriver"),
  routers("ha", "ha.HaDriver"),
  routers("single_node", "single_node.SingleNodeDriver"),
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
