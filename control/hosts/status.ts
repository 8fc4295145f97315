/** What an agent reports: facts of its host, which of its ports are up, and what addresses they hold. */
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { HostStatusBody } from "../../api/mod.ts";
import { fault, type HostFacts, type Id, type PortRecord, parseIp } from "../../model/mod.ts";
import type { Store } from "../../store/mod.ts";
import { updateRecords } from "../guarded-update.ts";
import { takeHolds } from "../held-addresses.ts";
import type { Memory } from "../memory.ts";

type Report = z.output<typeof HostStatusBody>;

/**
 * Writes what differs from the records, and nothing when nothing does: a repeated report costs no revision.
 * Ports that are not bound to `host` (any more) are passed over, since a port may move while its report is on the way.
 */
export async function takeStatus(parts: { store: Store; memory: Memory }, host: string, report: Report): Promise<void> {
  if (report.facts !== undefined) {
    const facts = factsOf(report.facts);
    await updateRecords(parts, "host", [host], (record) =>
      isDeepStrictEqual(record.facts, facts) ? undefined : { ...record, facts },
    );
  }
  await updateRecords(parts, "port", Object.keys(report.ports), (port) => statusChange(host, port, report.ports));
  await takeHolds(parts, host, report.holds ?? []);
}

function statusChange(host: string, port: PortRecord, reports: Report["ports"]): PortRecord | undefined {
  if (port["binding:host_id"] !== host) return undefined;
  const status = reports[port.id as Id]?.up === true ? "ACTIVE" : "DOWN";
  if (port.status === status) return undefined;
  const updated_at = `${new Date().toISOString().slice(0, 19)}Z`;
  return { ...port, status, updated_at, revision_number: port.revision_number + 1 };
}

function factsOf(body: NonNullable<Report["facts"]>): HostFacts {
  const tunnelIp = parseIp(body.tunnel_ip);
  if (tunnelIp === undefined)
    throw fault("InvalidInput", { error_message: `tunnel_ip ${body.tunnel_ip} is no address` });
  return { ...body, tunnel_ip: tunnelIp };
}
