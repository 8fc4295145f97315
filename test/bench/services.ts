/** What one host's agent serves: DHCP to its ports, by real frames through the data plane; metadata and names to its guests. */
import type { Row } from "./row.ts";
import { dhcpRows } from "./services-dhcp.ts";
import { dnsRows } from "./services-dns.ts";
import { metadataRows } from "./services-metadata.ts";

export async function servicesBench(log: (line: string) => void): Promise<Row[]> {
  return [...(await dhcpRows(log)), ...(await metadataRows(log)), ...(await dnsRows(log))];
}
