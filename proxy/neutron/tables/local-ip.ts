/** Local IPs and their associations with ports (neutron_lib/api/definitions/local_ip.py). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { HIDDEN_PROJECT, IDENTITY, PROJECT, UNTAGGED } from "../standard.ts";
import { orNone, uuid, values } from "../validators.ts";
import { ipAddress } from "../validators-ip.ts";
import { canonicalIp } from "./canonical.ts";

const address = { validate: orNone(ipAddress), normalise: canonicalIp };

export const LOCAL_IP: Attributes = {
  ...IDENTITY,
  ...PROJECT,
  local_port_id: attribute(["post", "filter", "sort"], { default: UNSET, validate: uuid }),
  network_id: attribute(["post", "filter", "sort"], { default: UNSET, validate: uuid }),
  local_ip_address: attribute(["post", "filter", "sort", "policy"], { default: UNSET, ...address }),
  ip_mode: attribute(["post", "filter", "sort"], {
    default: "translate",
    validate: values(["translate", "passthrough"]),
  }),
  ...UNTAGGED,
};

/** Its id in a path is that of the port. */
export const LOCAL_IP_ASSOCIATION: Attributes = {
  local_ip_id: attribute([]),
  local_ip_address: attribute(["filter", "sort"]),
  fixed_port_id: attribute(["post", "filter", "sort"], { validate: uuid }),
  fixed_ip: attribute(["post", "filter", "sort"], { default: null, ...address }),
  host: attribute(["filter", "sort"]),
  ...HIDDEN_PROJECT,
};
