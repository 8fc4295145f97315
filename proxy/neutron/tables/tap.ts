/** Tap as a service (neutron_lib/api/definitions/{taas,vlan_filter,tap_mirror,tap_mirror_both_direction}.py). */
import { type Attributes, attribute } from "../attribute.ts";
import { PROJECT, projectWith } from "../standard.ts";
import { nameString, orNone, regex, string, uuid, values } from "../validators.ts";
import { dict, type KeySpecs } from "../validators-dict.ts";
import { ipAddress } from "../validators-ip.ts";
import { integer } from "../validators-number.ts";
import { canonicalIp } from "./canonical.ts";
import { offered } from "./offered.ts";

// Unlike others these can neither be filtered nor sorted, not even by their ids.
const id = attribute([], { validate: uuid });
const name = attribute(["post", "put"], { default: "", validate: nameString() });
const description = attribute(["post", "put"], { default: "", validate: string() });
const project = projectWith(["post"]);

export const TAP_SERVICE: Attributes = {
  id,
  ...project,
  name,
  description,
  port_id: attribute(["post"], { validate: uuid }),
  status: attribute([]),
};

/** "10", "10-20", or several of them with commas. */
const VLANS = /^([0-9]+(-[0-9]+)?)(,([0-9]+(-[0-9]+)?))*\n?$/;

export const TAP_FLOW: Attributes = offered(
  {
    id,
    ...project,
    name: attribute(["post", "put"], { default: "", validate: string() }),
    description,
    tap_service_id: attribute(["post"], { validate: uuid }),
    source_port: attribute(["post"], { validate: uuid }),
    direction: attribute(["post"], { validate: values(["IN", "OUT", "BOTH"]) }),
    status: attribute([]),
  },
  { "taas-vlan-filter": { vlan_filter: attribute(["post"], { default: null, validate: orNone(regex(VLANS)) }) } },
);

const DIRECTIONS: KeySpecs = { IN: { validate: integer }, OUT: { validate: integer } };

export const TAP_MIRROR: Attributes = offered(
  {
    id,
    ...PROJECT,
    name,
    description,
    port_id: attribute(["post", "policy"], { validate: uuid }),
    directions: attribute(["post"], { validate: dict(DIRECTIONS) }),
    remote_ip: attribute(["post"], { validate: ipAddress, normalise: canonicalIp }),
    // The last one is Cable's own.
    mirror_type: attribute(["post"], { validate: values(["erspanv1", "gre", "vxlan"]) }),
  },
  {
    "tap-mirror-both-direction": {
      directions: attribute(["post"], { validate: dict({ ...DIRECTIONS, BOTH: { validate: integer } }) }),
    },
  },
);
