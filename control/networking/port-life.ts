/**
 * The beginning, change and end of a port as parts of any request's transaction: a port is made by its owner's own
 * request, but also by a router's or a floating address's. Who may ask, and what a port must not do, is said elsewhere.
 */
import type { Attributes } from "../../api/mod.ts";
import type { NetworkRecord, PortRecord } from "../../model/mod.ts";
import { keys } from "../../store/mod.ts";
import type { FixedIpRequest } from "../ipam/mod.ts";
import { attribute, isFlag, isText } from "./attributes.ts";
import { bind, moveAttachment, wishOf } from "./binding.ts";
import { newDhcpOptions } from "./dhcp-options.ts";
import type { Draft } from "./draft.ts";
import type { Env } from "./env.ts";
import { removeLogsOfPort } from "./logs/mod.ts";
import { changedAddresses, claimMac, newAddresses, readFixedIps, readMac } from "./port-addresses.ts";
import { checkDnsName, newExtras, offloadProfile } from "./port-extras.ts";
import { newSecurity } from "./port-security.ts";
import { newStandard, touched } from "./standard.ts";
import { removeTapsOfPort } from "./taps/mod.ts";
import { checkNotInTrunk } from "./trunks/mod.ts";

const UNBOUND = { "binding:host_id": "", "binding:vnic_type": "normal", "binding:profile": {} };

/** Stages a new port of a network that is there, with its MAC, addresses and place. */
export function newPort(
  env: Env,
  draft: Draft,
  network: NetworkRecord,
  projectId: string,
  body: Attributes,
): PortRecord {
  const networkId = network.id;
  // The network's record stands for its subnets too (subnet.ts), so addresses are of exactly those that are there.
  draft.dependOn("network", networkId);
  const standard = newStandard(env, projectId, body);
  const deviceOwner = attribute(body, "device_owner", isText, "");
  const mac = claimMac(env, draft, { id: standard.id, networkId }, readMac(body));
  const wish = wishOf(UNBOUND, offloadProfile(body));
  checkDnsName(body, env.options);
  const placed = { networkId, deviceOwner, mac, host: wish["binding:host_id"] };
  const addresses = newAddresses(env, draft, standard.id, placed, readFixedIps(env, body));
  const record: PortRecord = {
    ...standard,
    network_id: networkId,
    admin_state_up: attribute(body, "admin_state_up", isFlag, true),
    status: "DOWN",
    mac_address: mac,
    fixed_ips: addresses === "deferred" ? [] : addresses,
    device_id: attribute(body, "device_id", isText, ""),
    device_owner: deviceOwner,
    ...newSecurity(
      body,
      { deviceOwner, mac, networkDefault: network.port_security_enabled },
      env.options.maxAddressPairs,
    ),
    extra_dhcp_opts: newDhcpOptions(body),
    dns_name: attribute(body, "dns_name", isText, ""),
    dns_domain: attribute(body, "dns_domain", isText, ""),
    ...(addresses === "deferred" && { ip_allocation: addresses }),
    ...newExtras(body),
    ...wish,
    ...bind(draft, network, wish),
  };
  moveAttachment(draft, undefined, record);
  draft.create("port", record.id, record);
  return record;
}

/** Stages other addresses for a port; without a difference, nothing. */
export function readdress(env: Env, draft: Draft, port: PortRecord, requests: readonly FixedIpRequest[]): PortRecord {
  draft.dependOn("network", port.network_id);
  const before = { id: port.id, mac: port.mac_address, fixedIps: port.fixed_ips };
  const addressed = {
    networkId: port.network_id,
    deviceOwner: port.device_owner,
    mac: port.mac_address,
    host: port["binding:host_id"],
  };
  const fixedIps = changedAddresses(env, draft, before, addressed, requests);
  if (JSON.stringify(fixedIps) === JSON.stringify(port.fixed_ips)) return port;
  const after = touched(env, { ...port, fixed_ips: fixedIps });
  draft.replace("port", port.id, after);
  return after;
}

/** Stages the end of a port, of every key it holds, and of what watches it, which it gets no more of. @throws Fault while it is in a trunk */
export function removePort(draft: Draft, port: PortRecord): void {
  draft.sameUsers("port", port.id);
  checkNotInTrunk(draft, port.id);
  removeTapsOfPort(draft, port.id);
  removeLogsOfPort(draft, port.id);
  draft.remove("port", port.id);
  draft.release(keys.mac(port.network_id, port.mac_address));
  for (const { subnet_id, ip_address } of port.fixed_ips) draft.release(keys.ip(subnet_id, ip_address));
  moveAttachment(draft, port, undefined);
}
