/** Local IPs: an address that is another port on every host (neutron/db/local_ip_db.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { fault, type Id, type Ip, type LocalIpRecord, type PortRecord } from "../../../model/mod.ts";
import { isElevated, notFound, projectOf, seesNetwork, seesPort } from "../access.ts";
import { given, isIp, isText, oneOf, orNull } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { newPort } from "../port-life.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { ASSOCIATIONS_BY_LOCAL_IP, LOCAL_IPS_BY_PORT } from "./lookups.ts";
import { addressOnPort } from "./port-address.ts";
import { removeRouterPort } from "./port-users.ts";

export const LOCAL_IP_OWNER = "network:local_ip";

const refuse = (msg: string) => fault("BadRequest", { resource: "local_ip", msg });

/** A port that only holds the address (_create_local_port). */
function makePort(env: Env, draft: Draft, caller: Caller, networkId: Id, owner: LocalIpOwner, wanted: Ip | null) {
  const network = draft.get("network", networkId);
  if (network === undefined || !seesNetwork(caller, network, draft)) throw notFound("network", networkId);
  if (!draft.subnetsOf(networkId).some(({ ip_version }) => ip_version === 4)) {
    throw refuse(`Network ${networkId} does not contain any IPv4 subnet`);
  }
  const body = { device_id: owner.id, device_owner: LOCAL_IP_OWNER };
  const fixedIps = wanted === null ? {} : { fixed_ips: [{ ip_address: wanted }] };
  const made = newPort(env, draft, network, owner.project_id, { ...body, ...fixedIps });
  const port: PortRecord = { ...made, status: "N/A" };
  draft.stage("port", port.id, port);
  return port;
}

type LocalIpOwner = Pick<LocalIpRecord, "id" | "project_id">;

function portFor(env: Env, draft: Draft, caller: Caller, owner: LocalIpOwner, body: Attributes): PortRecord {
  const portId = given(body, "local_port_id", orNull(isText));
  const networkId = given(body, "network_id", orNull(isText));
  if (portId) {
    const port = draft.get("port", portId);
    if (port === undefined || !seesPort(caller, port, draft)) throw refuse(`Port ${portId} not found`);
    draft.dependOn("port", portId);
    return port;
  }
  if (!networkId) throw fault("LocalIPPortOrNetworkRequired");
  return makePort(env, draft, caller, networkId, owner, given(body, "local_ip_address", orNull(isIp)) ?? null);
}

function createLocalIp(env: Env, draft: Draft, caller: Caller, body: Attributes): LocalIpRecord {
  const standard = newStandard(env, projectOf(caller, body), body);
  const port = portFor(env, draft, caller, standard, body);
  const wanted = given(body, "local_ip_address", orNull(isIp)) ?? null;
  const isMade = port.device_owner === LOCAL_IP_OWNER && port.device_id === standard.id;
  const record: LocalIpRecord = {
    ...standard,
    network_id: port.network_id,
    local_port_id: port.id,
    local_ip_address: isMade ? (port.fixed_ips[0]?.ip_address as Ip) : addressOnPort(port, wanted),
    ip_mode: given(body, "ip_mode", oneOf("translate", "passthrough")) ?? "translate",
  };
  draft.use("port", port.id, record.id);
  draft.create("local_ip", record.id, record);
  return record;
}

function updateLocalIp(env: Env, draft: Draft, current: LocalIpRecord, changes: Attributes): LocalIpRecord {
  const after = revised(env, current, { ...current, ...standardChanges(current, changes) });
  if (after !== current) draft.replace("local_ip", current.id, after);
  return after;
}

function removeLocalIp(env: Env, draft: Draft, caller: Caller, record: LocalIpRecord): Removal {
  draft.sameUsers("local_ip", record.id);
  if (draft.select(ASSOCIATIONS_BY_LOCAL_IP, record.id).length > 0) throw fault("LocalIPInUse", { id: record.id });
  draft.unuse("port", record.local_port_id, record.id);
  draft.remove("local_ip", record.id);
  const port = draft.get("port", record.local_port_id);
  if (port?.device_owner === LOCAL_IP_OWNER) removeRouterPort(env, draft, caller, port);
  return "done";
}

export function localIpPlan(env: Env): ResourcePlan<"local_ip"> {
  return {
    create: (draft, caller, body) => createLocalIp(env, draft, caller, body),
    sees: (caller, record) => isElevated(caller) || record.project_id === caller.projectId,
    notFound: (id) => fault("LocalIPNotFound", { id }),
    update: (draft, _caller, current, changes) => updateLocalIp(env, draft, current, changes),
    remove: (draft, caller, current) => removeLocalIp(env, draft, caller, current),
    indexes: { local_port_id: LOCAL_IPS_BY_PORT },
  };
}
