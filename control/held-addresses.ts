/**
 * Addresses that move between ports (VRRP): which port holds one now is what its guest says on the network; its host's agent
 * tells, the port's record keeps it, and every host's view has it.
 */
import {
  type HoldReport,
  type Id,
  type Ip,
  type Mac,
  type PortRecord,
  parseIp,
  parseMac,
  prefix,
  prefixContains,
} from "../model/mod.ts";
import type { Store } from "../store/mod.ts";
import { updateRecords } from "./guarded-update.ts";
import type { Memory } from "./memory.ts";

/** A port keeps the newest; a guest that says more than that is no router of anybody's. */
const MOST_HELD = 64;
/** What was told later than this may have been overtaken by what somebody else told. */
const FRESH_MS = 2_000;

type Told = Pick<HoldReport, "since_ms"> & { port_id: string; ip: string; mac: string };

/** Whether the port may send from that address under that MAC although it is not its own. */
export function mayHold(port: PortRecord, ip: Ip, mac: Mac): boolean {
  if (port.fixed_ips.some(({ ip_address }) => ip_address === ip)) return false;
  if (!port.port_security_enabled) return true;
  return port.allowed_address_pairs.some(
    (pair) => pair.mac_address === mac && prefixContains(prefix(pair.ip_address), ip),
  );
}

/** Writes who holds what now; what a port of another host or without the right says is passed over. */
export async function takeHolds(
  parts: { store: Store; memory: Memory },
  host: string,
  told: readonly Told[],
  nowMs = Date.now(),
): Promise<void> {
  for (const { port_id, since_ms, ...at } of told) {
    const port = parts.memory.get("port", port_id as Id)?.record;
    const [ip, mac] = [parseIp(at.ip), parseMac(at.mac)];
    if (port?.["binding:host_id"] !== host || ip === undefined || mac === undefined || !mayHold(port, ip, mac))
      continue;
    // Whoever may send from anywhere is still nobody's way out of the network.
    if (isGateway(parts.memory, port.network_id, ip)) continue;
    await hold(parts, port, { ip_address: ip, mac_address: mac, at: nowMs - since_ms }, since_ms > FRESH_MS);
  }
}

const isGateway = (memory: Memory, network: Id, ip: Ip) =>
  [...memory.subnetsOfNetwork(network)].some((id) => memory.get("subnet", id)?.record.gateway_ip === ip);

type Held = NonNullable<PortRecord["held_addresses"]>[number];

/** Gives the address to the port and takes it from the others in its network, in one transaction. */
async function hold(
  parts: { store: Store; memory: Memory },
  { id: holder, network_id: network }: PortRecord,
  held: Held,
  isLate: boolean,
): Promise<void> {
  const { memory } = parts;
  const others = [...memory.portsOfNetwork(network)].filter(
    (id) => id !== holder && heldAddress(memory.get("port", id)?.record, held.ip_address) !== undefined,
  );
  const isOvertaken = others.some((id) => {
    const other = heldAddress(memory.get("port", id)?.record, held.ip_address);
    return other !== undefined && other.at > held.at;
  });
  if (isLate && isOvertaken) return;
  await updateRecords(parts, "port", [holder, ...others], (port) => withHeld(port, held, port.id === holder));
}

const heldAddress = (port: PortRecord | undefined, ip: Ip): Held | undefined =>
  port?.held_addresses?.find(({ ip_address }) => ip_address === ip);

/** Undefined: the record says so already. */
function withHeld(port: PortRecord, held: Held, isHolder: boolean): PortRecord | undefined {
  const known = heldAddress(port, held.ip_address);
  if (isHolder ? known?.mac_address === held.mac_address : known === undefined) return undefined;
  const { held_addresses = [], ...rest } = port;
  const others = held_addresses.filter((each) => each !== known);
  const kept = isHolder ? [...others, held].slice(-MOST_HELD) : others;
  return kept.length === 0 ? rest : { ...rest, held_addresses: kept };
}
