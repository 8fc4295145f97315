/** The attributes of a router (neutron_lib/api/definitions/l3.py and the extensions named below; not evpn, which needs BGP). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { noneToEmptyList, toBoolean, toBooleanOrNone } from "../converters.ts";
import { IDENTITY, PROJECT, STANDARD } from "../standard.ts";
import { availabilityZoneHints, type Json, orNone, uuid } from "../validators.ts";
import { convertMembers, dictOrNoData, isNoData, type KeySpecs, listOfDicts } from "../validators-dict.ts";
import { hostRoutes } from "../validators-ip.ts";
import { fixedIps } from "../validators-port.ts";
import { canonicalFixedIps, canonicalRoutes } from "./canonical.ts";
import { offered } from "./offered.ts";

/** Truth values are converted first, and one that is none is an InvalidInput; what comes out needs no check. */
const bool = { convert: toBoolean, validate: () => undefined };

/** qos_policy_id is of qos-gateway-ip: see {@link offered}; without it the member is refused. */
const GATEWAY: KeySpecs = {
  network_id: { validate: uuid, isRequired: true },
  external_fixed_ips: { validate: fixedIps },
  enable_snat: bool,
};

const GATEWAY_WITH_QOS: KeySpecs = { ...GATEWAY, qos_policy_id: { validate: orNone(uuid) } };

const canonicalGateway = (specs: KeySpecs) => (value: unknown) => {
  if (isNoData(value)) return null;
  const gateway = convertMembers(specs, value as Json);
  if (gateway.external_fixed_ips) gateway.external_fixed_ips = canonicalFixedIps(gateway.external_fixed_ips);
  return gateway;
};

const gatewayWith = (specs: KeySpecs) =>
  attribute(["post", "put", "policy"], {
    default: null,
    validate: dictOrNoData(specs),
    normalise: canonicalGateway(specs),
  });

/** One gateway of the actions that take several: add_external_gateways and its like. */
export const externalGateways = {
  validate: listOfDicts(GATEWAY_WITH_QOS),
  normalise: (value: unknown) => ((value ?? []) as unknown[]).map(canonicalGateway(GATEWAY_WITH_QOS)),
};

const flag = attribute(["post", "put", "policy"], { default: UNSET, convert: toBooleanOrNone });
const defaultRouteFlag = attribute(["post", "put", "policy"], { default: null, convert: toBooleanOrNone });

export const ROUTER: Attributes = offered(
  {
    ...IDENTITY,
    admin_state_up: attribute(["post", "put", "filter", "sort"], { default: true, convert: toBoolean }),
    status: attribute(["sort"]),
    ...PROJECT,
    external_gateway_info: gatewayWith(GATEWAY),
    ...STANDARD,
  },
  {
    "qos-gateway-ip": { external_gateway_info: gatewayWith(GATEWAY_WITH_QOS) },
    extraroute: {
      routes: attribute(["put"], {
        default: UNSET,
        convert: noneToEmptyList,
        validate: hostRoutes,
        normalise: canonicalRoutes,
      }),
    },
    dvr: { distributed: flag },
    "l3-ha": { ha: flag },
    router_availability_zone: {
      availability_zones: attribute([]),
      availability_zone_hints: attribute(["post"], { default: [], validate: availabilityZoneHints }),
    },
    "l3-ext-ndp-proxy": {
      enable_ndp_proxy: attribute(["post", "put", "filter"], { default: UNSET, convert: toBooleanOrNone }),
    },
    "external-gateway-multihoming": { external_gateways: attribute(["policy"], { default: null }) },
    // Neutron checks nothing here: the plugin looks the flavor up.
    "l3-flavors": { flavor_id: attribute(["post", "sort", "policy"], { default: UNSET }) },
    "router-service-type": { service_type_id: attribute(["post"], { default: null, validate: orNone(uuid) }) },
    "expose-l3-conntrack-helper": { conntrack_helpers: attribute([]) },
    "router-enable-snat": { enable_snat: attribute(["filter", "sort"], { convert: toBoolean }) },
    "enable-default-route-bfd": { enable_default_route_bfd: defaultRouteFlag },
    "enable-default-route-ecmp": { enable_default_route_ecmp: defaultRouteFlag },
  },
);
