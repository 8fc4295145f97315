/** What an agent reports: facts of its host, which of its ports are up, and what addresses they hold. */
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { HostStatusBody } from "../../api/mod.ts";
import {
  fault,
  type HostFacts,
  type Id,
  type PortRecord,
  parseIp,
  type Standard,
  type TapFlowRecord,
} from "../../model/mod.ts";
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
  await takeFlows(parts, host, report.ports);
  await takeHolds(parts, host, report.holds ?? []);
}

/** Whether a tap flow's copies are made is what its source's host says. */
async function takeFlows(parts: { store: Store; memory: Memory }, host: string, reports: Report["ports"]) {
  if (Object.keys(reports).length === 0) return;
  const { memory } = parts;
  const isReported = (port: Id) =>
    reports[port] !== undefined && memory.get("port", port)?.record["binding:host_id"] === host;
  const flows = [...memory.all("tap_flow")].filter(({ record }) => isReported(record.source_port));
  const ids = flows.map(({ record }) => record.id);
  await updateRecords(parts, "tap_flow", ids, (flow) => flowChange(flow, reports[flow.source_port]));
}

function flowChange(flow: TapFlowRecord, report: Report["ports"][Id] | undefined): TapFlowRecord | undefined {
  const status = report?.up === true && report.mirrors?.includes(flow.id) ? "ACTIVE" : "DOWN";
  return flow.status === status ? undefined : revised(flow, { status });
}

function statusChange(host: string, port: PortRecord, reports: Report["ports"]): PortRecord | undefined {
  if (port["binding:host_id"] !== host) return undefined;
  const status = reports[port.id as Id]?.up === true ? "ACTIVE" : "DOWN";
  if (port.status === status) return undefined;
  return revised(port, { status });
}

function revised<R extends Standard>(record: R, changes: Partial<R>): R {
  const updated_at = `${new Date().toISOString().slice(0, 19)}Z`;
  return { ...record, ...changes, updated_at, revision_number: record.revision_number + 1 };
}

function factsOf(body: NonNullable<Report["facts"]>): HostFacts {
  const tunnelIp = parseIp(body.tunnel_ip);
  if (tunnelIp === undefined)
    throw fault("InvalidInput", { error_message: `tunnel_ip ${body.tunnel_ip} is no address` });
  return { ...body, tunnel_ip: tunnelIp };
}
