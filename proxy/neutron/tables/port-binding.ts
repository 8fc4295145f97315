/** The bindings of a port, one for each host (neutron_lib/api/definitions/portbindings_extended.py). */
import { type Attributes, attribute, UNSET } from "../attribute.ts";
import { VNIC_TYPES } from "../port.ts";
import { HIDDEN_PROJECT } from "../standard.ts";
import { dictOrNone, string, values } from "../validators.ts";

/** The id in a path is the host. */
export const PORT_BINDING: Attributes = {
  // Neutron checks nothing here, and its database fails on what is no name.
  host: attribute(["post", "put", "filter"], { validate: string(255) }),
  vif_type: attribute(["filter", "policy"]),
  vif_details: attribute(["policy"]),
  vnic_type: attribute(["post", "put", "filter", "policy"], { default: "normal", validate: values(VNIC_TYPES) }),
  profile: attribute(["post", "put", "policy"], {
    default: UNSET,
    validate: dictOrNone,
    normalise: (value) => value ?? {},
  }),
  status: attribute(["filter"]),
  // In Neutron's table it is visible, but its bindings do not have it.
  ...HIDDEN_PROJECT,
};
