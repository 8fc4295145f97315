/**
 * Attributes of a port that mean something to others only: to Nova, Cyborg or whoever watches the data plane. Left out of
 * the record while they have their default, since nearly all ports do.
 */
import type { Attributes } from "../../api/mod.ts";
import { DEFAULT_DNS_DOMAIN, fault, type PortRecord } from "../../model/mod.ts";
import { attribute, given, isFlag, isObject, isText, oneOf, orNull } from "./attributes.ts";
import { isUnplugged } from "./binding.ts";
import type { NetworkingOptions } from "./env.ts";

type Extras = Pick<
  PortRecord,
  | "data_plane_status"
  | "propagate_uplink_status"
  | "numa_affinity_policy"
  | "device_profile"
  | "hardware_offload_type"
  | "hints"
  | "trusted"
  | "ip_allocation"
>;

const isPlaneStatus = orNull(oneOf("ACTIVE", "DOWN"));

/** Without the members that say nothing. */
function sparse(extras: { [K in keyof Extras]-?: Extras[K] | undefined }): Extras {
  const said = Object.entries(extras).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(said) as Extras;
}

export function newExtras(body: Attributes): Extras {
  const isUplink = attribute(body, "propagate_uplink_status", isFlag, true);
  return sparse({
    data_plane_status: null,
    propagate_uplink_status: isUplink ? undefined : false,
    numa_affinity_policy: given(body, "numa_affinity_policy", orNull(isText)),
    device_profile: given(body, "device_profile", orNull(isText)),
    hardware_offload_type: given(body, "hardware_offload_type", orNull(isText)),
    hints: given(body, "hints", orNull(isObject)),
    trusted: given(body, "trusted", orNull(isFlag)),
    ip_allocation: Array.isArray(body.fixed_ips) && body.fixed_ips.length === 0 ? "none" : undefined,
  });
}

/** Where memory is taken from is decided when the server starts (neutron/db/port_numa_affinity_policy_db.py). */
function checkNuma(port: PortRecord, policy: string | null): void {
  if (isUnplugged(port)) return;
  const facts = { port_id: port.id, host_id: port["binding:host_id"] };
  throw fault("PortBoundNUMAAffinityPolicy", { ...facts, numa_affinity_policy: policy ?? "None" });
}

/** `bound`: the port with its binding as the same request leaves it. */
export function changedExtras(bound: PortRecord, changes: Attributes): Partial<Extras> {
  const numa = given(changes, "numa_affinity_policy", orNull(isText));
  if (numa !== undefined) checkNuma(bound, numa);
  const plane = given(changes, "data_plane_status", isPlaneStatus);
  const uplink = given(changes, "propagate_uplink_status", isFlag);
  const hints = given(changes, "hints", orNull(isObject));
  const trusted = given(changes, "trusted", isFlag);
  return {
    ...(numa !== undefined && { numa_affinity_policy: numa }),
    ...(plane !== undefined && { data_plane_status: plane }),
    ...(uplink !== undefined && { propagate_uplink_status: uplink }),
    ...(hints !== undefined && { hints }),
    ...(trusted !== undefined && { trusted }),
  };
}

/** What of these Nova looks for in the binding's profile (port_hardware_offload_type_db.py). */
export function offloadProfile(body: Attributes): Attributes {
  const type = given(body, "hardware_offload_type", orNull(isText));
  if (!type) return body;
  const profile = given(body, "binding:profile", orNull(isObject)) ?? {};
  const capabilities = Array.isArray(profile.capabilities) ? profile.capabilities : [];
  const all = capabilities.includes(type) ? capabilities : [...capabilities, type];
  return { ...body, "binding:profile": { ...profile, capabilities: all } };
}

const FQDN_LENGTH = 255;

/**
 * With a domain of the operator's own, a port's name fits into it (neutron_lib/api/validators/dns.py
 * _validate_dns_name_with_dns_domain). @throws Fault HTTPBadRequest
 */
export function checkDnsName(body: Attributes, { dnsDomain }: Pick<NetworkingOptions, "dnsDomain">): void {
  const name = given(body, "dns_name", isText) ?? "";
  if (name === "" || dnsDomain === "" || dnsDomain === DEFAULT_DNS_DOMAIN) return;
  const higher = `.${dnsDomain}`;
  const refuse = (reason: string) => fault("HTTPBadRequest", { msg: `Invalid input for dns_name. Reason: ${reason}.` });
  if (name.endsWith(".")) {
    if (name.length > higher.length && name.endsWith(higher)) return;
    throw refuse(
      "The dns_name passed is a FQDN. Its higher level labels must be equal to the dns_domain option in neutron.conf, " +
        `that has been set to '${dnsDomain}'. It must also include one or more valid DNS labels to the left of '${dnsDomain}'`,
    );
  }
  if (name.length + higher.length <= FQDN_LENGTH) return;
  throw refuse(
    `The dns_name passed is a PQDN and its size is '${name.length}'. The dns_domain option in neutron.conf is set to ` +
      `${dnsDomain}, with a length of '${higher.length}'. When the two are concatenated to form a FQDN (with a '.' at ` +
      `the end), the resulting length exceeds the maximum size of '${FQDN_LENGTH}'`,
  );
}
