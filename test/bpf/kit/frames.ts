/** Frames as nested calls: eth({ ... }, ip4({ ... }, udp({ ... }))). Every length and checksum is right unless said otherwise. */
import { type Ip, ip, ipBytes16, ipFamily, mac, macBytes } from "../../../model/mod.ts";
import { checksum, pseudoChecksum } from "../../../wire/checksum.ts";

type Bytes = Uint8Array;
const concat = (...parts: Bytes[]) => Buffer.concat(parts);
const u16 = (value: number) => Uint8Array.of(value >> 8, value & 255);
const u32 = (value: number) => Uint8Array.of(value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255);
/** 4 or 16 bytes. */
export const address = (text: string) => ipBytes16(ip(text)).subarray(ipFamily(text as Ip) === 4 ? 12 : 0);

export const BROADCAST = "ff:ff:ff:ff:ff:ff";

/** An upper-layer packet: its protocol number and its bytes once the addresses are known. */
export interface Upper {
  protocol: number;
  bytes(source: Bytes, destination: Bytes): Bytes;
}

function checksummed(packet: Buffer, at: number, protocol: number, source: Bytes, destination: Bytes): Bytes {
  packet.writeUInt16BE(pseudoChecksum(source, destination, protocol, packet), at);
  return packet;
}

export const eth = (header: { to: string; from: string; type?: number; vlan?: number }, payload: Bytes) =>
  concat(
    macBytes(mac(header.to)),
    macBytes(mac(header.from)),
    header.vlan === undefined ? Buffer.alloc(0) : concat(u16(0x8100), u16(header.vlan)),
    u16(header.type ?? ((payload[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800)),
    payload,
  );

export function ip4(
  header: {
    from: string;
    to: string;
    df?: boolean;
    id?: number;
    fragment?: number;
    options?: Bytes;
    length?: number;
    ttl?: number;
  },
  upper: Upper,
): Bytes {
  const [source, destination] = [address(header.from), address(header.to)];
  const payload = upper.bytes(source, destination);
  const options = header.options ?? Buffer.alloc(0);
  const size = 20 + options.length;
  const bytes = concat(
    Uint8Array.of(0x40 | (size / 4), 0),
    u16(header.length ?? size + payload.length),
    u16(header.id ?? 0),
    u16((header.df ? 0x4000 : 0) | (header.fragment ?? 0)),
    Uint8Array.of(header.ttl ?? 64, upper.protocol, 0, 0),
    source,
    destination,
    options,
  );
  bytes.writeUInt16BE(checksum(bytes), 10);
  return concat(bytes, payload);
}

/** `extensions` are whole extension headers without their first byte, by number. */
export function ip6(
  header: { from: string; to: string; hops?: number; extensions?: [type: number, rest: Bytes][] },
  upper: Upper,
): Bytes {
  const [source, destination] = [address(header.from), address(header.to)];
  const chain = header.extensions ?? [];
  const types = [...chain.map(([type]) => type), upper.protocol];
  const extensions = chain.map(([, rest], i) => concat(Uint8Array.of(types[i + 1] as number), rest));
  const payload = concat(...extensions, upper.bytes(source, destination));
  const fixed = concat(u32(0x60000000), u16(payload.length), Uint8Array.of(types[0] as number, header.hops ?? 64));
  return concat(fixed, source, destination, payload);
}

export const udp = (from: number, to: number, payload: Bytes | string = ""): Upper => ({
  protocol: 17,
  bytes(source, destination) {
    const body = Buffer.from(payload as string);
    return checksummed(concat(u16(from), u16(to), u16(8 + body.length), u16(0), body), 6, 17, source, destination);
  },
});

const TCP_FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 };
export const tcp = (
  from: number,
  to: number,
  flags: (keyof typeof TCP_FLAGS)[],
  payload: Bytes | string = "",
): Upper => ({
  protocol: 6,
  bytes(source, destination) {
    const bits = flags.reduce((sum, flag) => sum | TCP_FLAGS[flag], 0);
    const header = concat(u16(from), u16(to), u32(1), u32(1), Uint8Array.of(0x50, bits), u16(65535), u16(0), u16(0));
    return checksummed(concat(header, Buffer.from(payload as string)), 16, 6, source, destination);
  },
});

/** ICMP echo, of the family of the addresses it is put between. */
export const echo = (id: number, payload: Bytes | string = "", reply = false): { v4: Upper; v6: Upper } => {
  const rest = concat(u16(id), u16(1), Buffer.from(payload as string));
  return {
    v4: icmp(reply ? 0 : 8, rest),
    v6: icmp6(reply ? 129 : 128, rest),
  };
};

export const icmp = (type: number, rest: Bytes, code = 0): Upper => ({
  protocol: 1,
  bytes() {
    const packet = concat(Uint8Array.of(type, code, 0, 0), rest);
    packet.writeUInt16BE(checksum(packet), 2);
    return packet;
  },
});

export const icmp6 = (type: number, rest: Bytes, code = 0): Upper => ({
  protocol: 58,
  bytes: (source, destination) =>
    checksummed(concat(Uint8Array.of(type, code, 0, 0), rest), 2, 58, source, destination),
});

export const raw = (protocol: number, bytes: Bytes): Upper => ({ protocol, bytes: () => bytes });

const lladdr = (kind: number, text: string | undefined) =>
  text === undefined ? Buffer.alloc(0) : concat(Uint8Array.of(kind, 1), macBytes(mac(text)));

export const solicitation = (target: string, from?: string) =>
  icmp6(135, concat(u32(0), address(target), lladdr(1, from)));
export const advertisement = (target: string, at: string, flags: number) =>
  icmp6(136, concat(u32(flags), address(target), lladdr(2, at)));

export const arp = (operation: number, sender: [mac: string, ip: string], target: [mac: string, ip: string]) =>
  concat(
    u16(1),
    u16(0x0800),
    Uint8Array.of(6, 4),
    u16(operation),
    macBytes(mac(sender[0])),
    address(sender[1]),
    macBytes(mac(target[0])),
    address(target[1]),
  );

export const vxlan = (vni: number, inner: Bytes) => concat(u32(0x08000000), u32(vni * 256), inner);
