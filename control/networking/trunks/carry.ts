/**
 * Subports are where their parent is (neutron/services/trunk/rpc/server.py update_subport_bindings): bound to its host, under a
 * device_owner of their own, and told by which tag of it.
 */
import type { Id, PortRecord, SubPort, TrunkRecord } from "../../../model/mod.ts";
import { bind } from "../binding.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { touched } from "../standard.ts";
import { BY_PARENT } from "./ports.ts";

/** neutron_lib/services/trunk/constants.py TRUNK_SUBPORT_OWNER. */
const SUBPORT_OWNER = "trunk:subport";

/** Stages the port at the host. */
function place(env: Env, draft: Draft, port: PortRecord, host: string, changes: Partial<PortRecord>): void {
  const network = draft.get("network", port.network_id);
  const wish = {
    "binding:host_id": host,
    "binding:vnic_type": port["binding:vnic_type"],
    "binding:profile": port["binding:profile"],
  };
  const moved =
    network === undefined || host === port["binding:host_id"]
      ? {}
      : { ...wish, ...bind(draft, network, wish), status: "DOWN" as const };
  draft.replace("port", port.id, touched(env, { ...port, ...changes, ...moved }));
}

/** Stages a subport of a trunk whose parent is `parent`. */
export function carry(env: Env, draft: Draft, trunkId: Id, parent: PortRecord, subport: SubPort): void {
  const port = draft.get("port", subport.port_id);
  if (port === undefined) return;
  const { segmentation_id } = subport;
  place(env, draft, port, parent["binding:host_id"], {
    device_owner: SUBPORT_OWNER,
    subport_of: { trunk_id: trunkId, port_id: parent.id, segmentation_id },
  });
}

/** Stages a former subport: nowhere, and nobody's. */
export function putDown(env: Env, draft: Draft, portId: Id): void {
  const port = draft.get("port", portId);
  if (port === undefined) return;
  const { subport_of: _, ...rest } = port;
  const device_owner = port.device_owner === SUBPORT_OWNER ? "" : port.device_owner;
  place(env, draft, { ...rest, device_owner }, "", {});
}

/** A port has moved: if it is a trunk's parent, its subports go with it. */
export function followParent(env: Env, draft: Draft, before: PortRecord, after: PortRecord): void {
  if (before["binding:host_id"] === after["binding:host_id"]) return;
  const [trunk] = draft.select(BY_PARENT, after.id);
  if (trunk === undefined) return;
  draft.dependOn("trunk", trunk.id);
  for (const subport of trunk.sub_ports) carry(env, draft, trunk.id, after, subport);
}

/** Of a trunk as its ports are: it works when all of them do. */
export function trunkStatus(
  trunk: TrunkRecord,
  portOf: (id: Id) => Pick<PortRecord, "status"> | undefined,
): TrunkRecord["status"] {
  if (!trunk.admin_state_up || portOf(trunk.port_id)?.status !== "ACTIVE") return "DOWN";
  return trunk.sub_ports.every(({ port_id }) => portOf(port_id)?.status === "ACTIVE") ? "ACTIVE" : "DEGRADED";
}
