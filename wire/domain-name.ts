/** A domain name as bytes (RFC 1035 section 3.1), without compression; labels that are too long are left out. */
export function domainNameBytes(name: string): Uint8Array {
  const labels = name.split(".").filter((label) => label !== "" && label.length < 64);
  return Uint8Array.from([...labels.flatMap((label) => [label.length, ...Buffer.from(label, "latin1")]), 0]);
}
