/** Flavors, service profiles and providers (neutron_lib/exceptions/flavors.py, neutron/services/provider_configuration.py). */
import { type FaultRow, row } from "./row.ts";

export const FLAVORS = {
  FlavorNotFound: row(404, "Flavor %(flavor_id)s could not be found."),
  FlavorInUse: row(409, "Flavor %(flavor_id)s is used by some service instance."),
  FlavorDisabled: row(503, "Flavor is not enabled."),
  FlavorServiceProfileBindingExists: row(409, "Service Profile %(sp_id)s is already associated with flavor %(fl_id)s."),
  FlavorServiceProfileBindingNotFound: row(404, "Service Profile %(sp_id)s is not associated with flavor %(fl_id)s."),
  ServiceProfileNotFound: row(404, "Service Profile %(sp_id)s could not be found."),
  ServiceProfileInUse: row(409, "Service Profile %(sp_id)s is used by some service instance."),
  ServiceProfileDisabled: row(503, "Service Profile is not enabled."),
  ServiceProfileEmpty: row(400, "Service Profile needs either a driver or metainfo."),
  ServiceProfileDriverNotFound: row(404, "Service Profile driver %(driver)s could not be found."),
  ServiceProviderNotFound: row(
    400,
    "Service provider '%(provider)s' could not be found for service type %(service_type)s",
  ),
  DefaultServiceProviderNotFound: row(400, "Service type %(service_type)s does not have a default service provider"),
  ServiceProviderAlreadyAssociated: row(
    409,
    "Resource '%(resource_id)s' is already associated with provider '%(provider)s' for service type '%(service_type)s'",
  ),
} as const satisfies Record<string, FaultRow>;
