/** ND proxies (neutron_lib/api/definitions/l3_ndp_proxy.py). Unlike others they cannot be filtered by their ids. */
import { type Attributes, attribute } from "../attribute.ts";
import { IDENTITY, projectWith, UNTAGGED } from "../standard.ts";
import { orNone, uuid } from "../validators.ts";
import { ipAddress } from "../validators-ip.ts";
import { canonicalIp } from "./canonical.ts";

export const NDP_PROXY: Attributes = {
  ...IDENTITY,
  id: attribute(["sort"]),
  ...projectWith(["post", "sort"]),
  router_id: attribute(["post", "sort"], { validate: uuid }),
  port_id: attribute(["post", "sort"], { validate: uuid }),
  ip_address: attribute(["post", "sort"], { default: null, validate: orNone(ipAddress), normalise: canonicalIp }),
  ...UNTAGGED,
};
