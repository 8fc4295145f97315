/** Frames on pkt0, both ways: an outer Ethernet header, a trap header (bpf/shared.h), the workload's own frame. Pure. */
import { type NetNumber, TrapHeader, TrapReason, type VifNumber } from "../../bpf/layout.gen.ts";
import type { Trap } from "../datapath.ts";

const NO_NET = 0 as NetNumber;
const NO_VIF = 0 as VifNumber;
const ETHERNET_SIZE = 14;
const IP = 0x0800;
const ARP = 0x0806;
const HEADERS_SIZE = ETHERNET_SIZE + TrapHeader.size;

const REASONS: Readonly<Record<number, Trap["reason"]>> = {
  [TrapReason.DHCP4]: "dhcp4",
  [TrapReason.DHCP6]: "dhcp6",
  [TrapReason.HOLDER]: "holder",
  [TrapReason.ROUTER_SOLICITATION]: "router_solicitation",
};

/** Undefined for what no data plane of ours sent: the host's own stack may speak on the device too. */
export function decodeTrap(frame: Buffer): { vif: VifNumber; reason: Trap["reason"]; frame: Buffer } | undefined {
  if (frame.length < HEADERS_SIZE) return undefined;
  const { vif, reason, length } = TrapHeader.decode(frame.subarray(ETHERNET_SIZE));
  const name = REASONS[reason];
  if (name === undefined || length < ETHERNET_SIZE || frame.length < HEADERS_SIZE + length) return undefined;
  return { vif, reason: name, frame: frame.subarray(HEADERS_SIZE, HEADERS_SIZE + length) };
}

/** For a network's wire. The outer type is IP's whatever the inner one: the data plane can cut only behind that. */
export function encodeWireInjection(wire: NetNumber, frame: Uint8Array): Buffer {
  const outer = Buffer.from(frame.subarray(0, ETHERNET_SIZE));
  outer.writeUInt16BE(IP, ETHERNET_SIZE - 2);
  return Buffer.concat([outer, TrapHeader.encode({ vif: NO_VIF, reason: 0, length: frame.length, wire }), frame]);
}

/** @throws RangeError for less than an Ethernet header */
export function encodeInjection(vif: VifNumber, frame: Uint8Array): Buffer {
  if (frame.length < ETHERNET_SIZE)
    throw new RangeError(`a frame has at least ${ETHERNET_SIZE} bytes, not ${frame.length}`);
  // The outer type is the inner frame's own: the data plane takes the outer header off and the packet keeps its type. Of ARP
  // it cannot; that takes a way on which the type is looked at again.
  const outer = Buffer.from(frame.subarray(0, ETHERNET_SIZE));
  if (outer.readUInt16BE(ETHERNET_SIZE - 2) === ARP) outer.writeUInt16BE(IP, ETHERNET_SIZE - 2);
  return Buffer.concat([outer, TrapHeader.encode({ vif, reason: 0, length: frame.length, wire: NO_NET }), frame]);
}
