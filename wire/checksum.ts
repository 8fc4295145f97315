/** The Internet checksum (RFC 1071). */

function sum(bytes: Uint8Array, from: number): number {
  let total = from;
  for (let i = 0; i + 1 < bytes.length; i += 2) total += ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
  if (bytes.length % 2 === 1) total += (bytes[bytes.length - 1] as number) << 8;
  return total;
}

function fold(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

/** One's complement of the one's complement sum; 0 over bytes that hold a right checksum. */
export function checksum(bytes: Uint8Array): number {
  return ~fold(sum(bytes, 0)) & 0xffff;
}

/** Checksum of an upper-layer packet with its pseudo-header (RFC 768, RFC 8200 section 8.1); addresses of either size. */
export function pseudoChecksum(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  packet: Uint8Array,
): number {
  const total = sum(packet, sum(destination, sum(source, protocol + packet.length)));
  return ~fold(total) & 0xffff;
}
