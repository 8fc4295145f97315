/**
 * What Nova is told of a change of a port or a floating IP (neutron/notifiers/nova.py): that a VIF is plugged, unplugged
 * or gone, and that what Nova shows of a server's addresses is out of date.
 */
import type { FloatingIpRecord, Id, PortRecord } from "../../model/mod.ts";

/** A member of Nova's POST /os-server-external-events. */
export interface NovaEvent {
  name: "network-vif-plugged" | "network-vif-unplugged" | "network-vif-deleted" | "network-changed";
  server_uuid: string;
  status?: "completed" | "failed";
  /** The port's id. */
  tag: Id;
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Ports that are no server's are none of Nova's business. */
const isServers = (port: PortRecord | undefined): port is PortRecord =>
  port?.device_owner.startsWith("compute:") === true && UUID.test(port.device_id);

/** What changes by itself, or is told by an event of its own. */
const SILENT = new Set(["status", "updated_at", "revision_number"]);

function hasNews(before: PortRecord, after: PortRecord): boolean {
  const old = before as unknown as Record<string, unknown>;
  return Object.entries(after).some(
    ([name, value]) => !SILENT.has(name) && JSON.stringify(value) !== JSON.stringify(old[name]),
  );
}

function statusEvent(before: PortRecord, { status, device_id, id }: PortRecord): NovaEvent[] {
  const event = { server_uuid: device_id, tag: id };
  if (before.status === status) return [];
  if (before.status === "ACTIVE" && status === "DOWN") return [{ name: "network-vif-unplugged", ...event }];
  const isFirst = before.status === "DOWN" || before.status === "BUILD";
  if (isFirst && status === "ACTIVE") return [{ name: "network-vif-plugged", status: "completed", ...event }];
  if (isFirst && status === "ERROR") return [{ name: "network-vif-plugged", status: "failed", ...event }];
  return [];
}

/** Of a port that was changed or deleted; a new one is not plugged yet. */
export function portEvents(before: PortRecord | undefined, after: PortRecord | undefined): NovaEvent[] {
  if (before === undefined) return [];
  if (after === undefined) {
    return isServers(before) ? [{ name: "network-vif-deleted", server_uuid: before.device_id, tag: before.id }] : [];
  }
  if (!isServers(after)) return [];
  const changed: NovaEvent = { name: "network-changed", server_uuid: after.device_id, tag: after.id };
  return [...statusEvent(before, after), ...(hasNews(before, after) ? [changed] : [])];
}

/** Of a floating IP: the servers that got it and lost it have other addresses now. */
export function floatingIpEvents(
  before: FloatingIpRecord | undefined,
  after: FloatingIpRecord | undefined,
  portOf: (id: Id) => PortRecord | undefined,
): NovaEvent[] {
  if (before?.port_id === after?.port_id && before?.fixed_ip_address === after?.fixed_ip_address) return [];
  const ports = new Set([before?.port_id, after?.port_id].filter((id) => typeof id === "string"));
  return [...ports].flatMap((id) => {
    const port = portOf(id);
    return isServers(port) ? [{ name: "network-changed", server_uuid: port.device_id, tag: id } as const] : [];
  });
}
