/** What a trunk means for its ports (neutron/services/trunk/rules.py enforce_port_deletion_rules, plugin.py). */
import { fault, type Id } from "../../../model/mod.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { Reader } from "../reader.ts";

export const BY_PARENT = index("trunk", ({ port_id }) => [port_id]);
export const BY_SUBPORT = index("trunk", ({ sub_ports }) => sub_ports.map(({ port_id }) => port_id));

/** @throws Fault PortInUseAsSubPort, PortInUseAsTrunkParent; a trunk of this moment is among the port's users */
export function checkNotInTrunk(draft: Draft, port_id: Id): void {
  const [over] = draft.select(BY_SUBPORT, port_id);
  if (over !== undefined) throw fault("PortInUseAsSubPort", { port_id, trunk_id: over.id });
  const [own] = draft.select(BY_PARENT, port_id);
  if (own !== undefined) throw fault("PortInUseAsTrunkParent", { port_id, trunk_id: own.id });
}

/** A port with what a parent shows of its trunk: Nova tells the guest by it which VLANs it has. Others are as they are. */
export function withTrunk<T extends { id: Id }>(env: Env, reader: Reader, port: T): T {
  if (env.indexes.of(BY_PARENT, port.id).size === 0) return port;
  const [trunk] = reader.select(BY_PARENT, port.id);
  if (trunk === undefined) return port;
  const sub_ports = trunk.sub_ports.map((subport) => ({
    ...subport,
    mac_address: reader.get("port", subport.port_id)?.mac_address,
  }));
  return { ...port, trunk_details: { trunk_id: trunk.id, sub_ports } };
}
