/** Floating IPs and their pools (neutron_lib/api/definitions/{l3,floatingip_pools}.py and the extensions named below). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { toBooleanOrNone, toLowerCase } from "../converters.ts";
import { ID, PROJECT, STANDARD } from "../standard.ts";
import { orNone, uuid } from "../validators.ts";
import { dnsDomainName, fipDnsHostName } from "../validators-dns.ts";
import { ipAddress } from "../validators-ip.ts";
import { canonicalIp } from "./canonical.ts";
import { offered } from "./offered.ts";

const address = { default: null, validate: orNone(ipAddress), normalise: canonicalIp };

export const FLOATINGIP: Attributes = offered(
  {
    id: ID,
    floating_ip_address: attribute(["post", "filter", "sort", "policy"], address),
    // Where the address is to come from; not kept.
    subnet_id: attribute(["post", "hidden"], { default: null, validate: orNone(uuid) }),
    floating_network_id: attribute(["post", "filter", "sort"], { validate: uuid }),
    router_id: attribute(["filter", "sort"]),
    port_id: attribute(["post", "put", "filter"], { default: null, validate: orNone(uuid) }),
    fixed_ip_address: attribute(["post", "put", "filter", "sort"], address),
    ...PROJECT,
    status: attribute(["filter", "sort"]),
    ...STANDARD,
  },
  {
    "qos-fip": { qos_policy_id: attribute(["post", "put", "policy"], { default: null, validate: orNone(uuid) }) },
    "qos-fip-network-policy": { qos_network_policy_id: attribute([]) },
    "dns-integration": {
      dns_name: attribute(["post"], { default: "", convert: toLowerCase, validate: fipDnsHostName }),
      dns_domain: attribute(["post"], { default: "", convert: toLowerCase, validate: dnsDomainName }),
    },
    "fip-port-details": { port_details: attribute([]) },
    "expose-port-forwarding-in-fip": { port_forwardings: attribute([]) },
    "floating-ip-distributed": {
      distributed: attribute(["post", "put", "filter"], { default: UNSET, convert: toBooleanOrNone }),
    },
  },
);

/** Read only: a subnet of an external network, as somebody may take addresses of it. */
export const FLOATINGIP_POOL: Attributes = {
  subnet_id: attribute([]),
  subnet_name: attribute([]),
  network_id: attribute([]),
  cidr: attribute([]),
  tenant_id: attribute([], { read: (row) => row.project_id }),
  project_id: attribute([]),
};
