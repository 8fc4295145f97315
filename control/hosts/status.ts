/** What an agent reports: facts of its host, which of its ports are up, and what addresses they hold. */
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { HostStatusBody } from "../../api/mod.ts";
import {
  type FloatingIpRecord,
  fault,
  type HostFacts,
  type Id,
  type PortRecord,
  parseIp,
  type TapFlowRecord,
} from "../../model/mod.ts";
import type { Store } from "../../store/mod.ts";
import { updateRecords } from "../guarded-update.ts";
import { takeHolds } from "../held-addresses.ts";
import type { Memory } from "../memory.ts";
import { trunkStatus } from "../networking/trunks/mod.ts";
import { statusChanged } from "../status-changed.ts";
import { hostOfFloatingIp } from "../views/mod.ts";

type Report = z.output<typeof HostStatusBody>;

/**
 * Writes what differs from the records, and nothing when nothing does: a repeated report costs no revision.
 * What is not the work of `host` (any more) is passed over, since it may move while its report is on the way.
 */
export async function takeStatus(parts: { store: Store; memory: Memory }, host: string, report: Report): Promise<void> {
  if (report.facts !== undefined) {
    const facts = factsOf(report.facts);
    await updateRecords(parts, "host", [host], (record) =>
      isDeepStrictEqual(record.facts, facts) ? undefined : { ...record, facts },
    );
  }
  await updateRecords(parts, "port", Object.keys(report.ports), (port) =>
    statusChange(parts.memory, host, port, report.ports),
  );
  await takeTrunks(parts, Object.keys(report.ports));
  const { floatingips = {} } = report;
  await updateRecords(parts, "floatingip", Object.keys(floatingips), (floating) =>
    floatingIpChange(parts.memory, host, floating, floatingips),
  );
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

/** Trunks of which some port may be up or down now. */
async function takeTrunks(parts: { store: Store; memory: Memory }, reported: readonly Id[]): Promise<void> {
  if (reported.length === 0) return;
  const { memory } = parts;
  const ports = new Set(reported);
  const trunks = [...memory.all("trunk")].filter(
    ({ record }) => ports.has(record.port_id) || record.sub_ports.some(({ port_id }) => ports.has(port_id)),
  );
  const ids = trunks.map(({ record }) => record.id);
  await updateRecords(parts, "trunk", ids, (trunk) =>
    statusChanged(
      trunk,
      trunkStatus(trunk, (id) => memory.get("port", id)?.record),
    ),
  );
}

function flowChange(flow: TapFlowRecord, report: Report["ports"][Id] | undefined): TapFlowRecord | undefined {
  return statusChanged(flow, report?.up === true && report.mirrors?.includes(flow.id) ? "ACTIVE" : "DOWN");
}

function statusChange(
  memory: Memory,
  host: string,
  port: PortRecord,
  reports: Report["ports"],
): PortRecord | undefined {
  const isUp = reports[port.id as Id]?.up === true;
  if (!maySay(memory, host, port, isUp)) return undefined;
  return statusChanged(port, isUp ? "ACTIVE" : "DOWN");
}

/**
 * Of its own ports a host says everything. A router's end in a network is in force wherever somebody needs it: any host may say
 * that it is, and that it is not only while the router is down; a gateway's is that of the host which is the way.
 */
function maySay(memory: Memory, host: string, port: PortRecord, isUp: boolean): boolean {
  const end = port.router_port;
  if (end === undefined) return port["binding:host_id"] === host;
  const router = memory.get("router", end.router_id)?.record;
  if (end.type === "interface") return router?.admin_state_up === isUp;
  return router?.gateways.find(({ port_id }) => port_id === port.id)?.hosts?.[0] === host;
}

function floatingIpChange(
  memory: Memory,
  host: string,
  floating: FloatingIpRecord,
  reports: NonNullable<Report["floatingips"]>,
): FloatingIpRecord | undefined {
  const state = reports[floating.id as Id];
  if (state === undefined || hostOfFloatingIp(memory, floating) !== host) return undefined;
  return statusChanged(floating, state);
}

function factsOf(body: NonNullable<Report["facts"]>): HostFacts {
  const tunnelIp = parseIp(body.tunnel_ip);
  if (tunnelIp === undefined)
    throw fault("InvalidInput", { error_message: `tunnel_ip ${body.tunnel_ip} is no address` });
  return { ...body, tunnel_ip: tunnelIp };
}
