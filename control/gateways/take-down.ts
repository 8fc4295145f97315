import type { Id } from "../../model/mod.ts";
import type { Store } from "../../store/mod.ts";
import { updateRecords } from "../guarded-update.ts";
import type { Memory } from "../memory.ts";
import { statusChanged } from "../status-changed.ts";
import { hostOfFloatingIp } from "../views/mod.ts";

/** Routers that no host is the way outside of: nobody is there to say that their gateways, and what these carry, are down. */
export async function takeDown(parts: { store: Store; memory: Memory }, routers: readonly Id[]): Promise<void> {
  if (routers.length === 0) return;
  const { memory } = parts;
  const ports = routers.flatMap((id) => memory.get("router", id)?.record.gateways[0]?.port_id ?? []);
  await updateRecords(parts, "port", ports, (port) => statusChanged(port, "DOWN"));
  const without = new Set(routers);
  const floating = [...memory.all("floatingip")].filter(
    ({ record }) => record.router_id !== null && without.has(record.router_id) && record.status !== "DOWN",
  );
  const ids = floating.map(({ record }) => record.id);
  await updateRecords(parts, "floatingip", ids, (record) =>
    hostOfFloatingIp(memory, record) === undefined ? statusChanged(record, "DOWN") : undefined,
  );
}
