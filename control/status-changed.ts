import type { FloatingIpRecord, PortRecord, TapFlowRecord, TrunkRecord } from "../model/mod.ts";

/** The record with another status, as a change that users see; undefined where the record says so already. */
export function statusChanged<R extends PortRecord | FloatingIpRecord | TrunkRecord | TapFlowRecord>(
  record: R,
  status: R["status"],
): R | undefined {
  if (record.status === status) return undefined;
  const updated_at = `${new Date().toISOString().slice(0, 19)}Z`;
  return { ...record, status, updated_at, revision_number: record.revision_number + 1 };
}
