/** Port forwardings of a floating IP (neutron_lib/api/definitions/{floating_ip_port_forwarding,fip_pf_*}.py). */
import { type Attributes, attribute } from "../attribute.ts";
import { TRANSPORT_PROTOCOLS, toInt, toProtocol } from "../converters.ts";
import { HIDDEN_PROJECT, ID, SIZE } from "../standard.ts";
import { orNone, string, uuid, values } from "../validators.ts";
import { ipAddress } from "../validators-ip.ts";
import { portRange, range } from "../validators-number.ts";
import { canonicalIp } from "./canonical.ts";
import { offered } from "./offered.ts";

const MAX_PORT = 65_535;
const port = { convert: toInt, validate: range(1, MAX_PORT) };
// With ranges a single port may be left out, and is no longer converted.
const portOrNone = { default: null, validate: orNone(range(1, MAX_PORT)) };
const ports = { default: null, validate: portRange(1, MAX_PORT) };

export const PORT_FORWARDING: Attributes = offered(
  {
    id: ID,
    ...HIDDEN_PROJECT,
    external_port: attribute(["post", "put", "filter", "sort"], port),
    internal_port: attribute(["post", "put"], port),
    internal_ip_address: attribute(["post", "put"], { validate: ipAddress, normalise: canonicalIp }),
    protocol: attribute(["post", "put", "filter", "sort"], {
      convert: toProtocol,
      validate: values(TRANSPORT_PROTOCOLS),
    }),
    internal_port_id: attribute(["post", "put", "filter", "sort"], { validate: uuid }),
  },
  {
    // Of Neutron's 1024 characters its database keeps 255 only, and more are a failure there.
    "floating-ip-port-forwarding-description": {
      description: attribute(["post", "put", "filter"], { default: "", validate: string(SIZE.description) }),
    },
    "floating-ip-port-forwarding-port-ranges": {
      external_port: attribute(["post", "put", "filter", "sort"], portOrNone),
      internal_port: attribute(["post", "put"], portOrNone),
      external_port_range: attribute(["post", "put", "filter", "sort"], ports),
      internal_port_range: attribute(["post", "put"], ports),
    },
  },
);
