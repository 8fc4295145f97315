/** The device at which this host's sockets speak with workloads: a veth pair whose far end has the data plane's program. */
import {
  SERVICE_CLIENT_MASK,
  SERVICE_CLIENTS4,
  SERVICE_NET6,
  SERVICE_SOCKET4,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import { type Link, type Links, SystemError } from "../../host/mod.ts";
import { type Ip, ipFamily, ipFromBigInt, ipToBigInt, type Mac, mac } from "../../model/mod.ts";
import { openPair } from "./veth-pair.ts";

/** Of the sockets' end; the far end never is a frame's destination. */
export const SOCKET_MAC: Mac = mac("02:ca:b1:e0:00:02");
const FAR_MAC: Mac = mac("02:ca:b1:e0:00:03");

/** Room for any workload's packet. */
const MTU_BYTES = 9_216;

/** Where the sockets are; every port of the host is a client within the same prefix. */
const SOCKET_IP4: Ip = ipFromBigInt(BigInt(SERVICE_SOCKET4), 4);
const SOCKET_IP6: Ip = ipFromBigInt((BigInt(SERVICE_NET6) << 96n) | (1n << 64n) | 0xffff_0000_0000_0001n, 6);
const CLIENTS6 = (BigInt(SERVICE_NET6) << 96n) | (1n << 64n);
const ADDRESSES = [
  { ip: SOCKET_IP4, prefixLength: 18 },
  { ip: SOCKET_IP6, prefixLength: 64 },
];

/** The number of the port whose address as a client this is; 0 for any other. */
export function clientNumber(address: Ip): VifNumber {
  const value = ipToBigInt(address);
  const inPrefix =
    ipFamily(address) === 4 ? value >> 14n === BigInt(SERVICE_CLIENTS4) >> 14n : value >> 32n === CLIENTS6 >> 32n;
  return (inPrefix ? Number(value & BigInt(SERVICE_CLIENT_MASK)) : 0) as VifNumber;
}

/** Adopts the pair or makes it. Returns the far end, and where sockets can be. @throws SystemError EEXIST when another device has a name of it */
export function openService(links: Links, names: { sockets: string; far: string }): { far: Link; ips: Ip[] } {
  const { near, far } = openPair(links, {
    near: names.sockets,
    far: names.far,
    farMac: FAR_MAC,
    mtuBytes: MTU_BYTES,
  });
  links.set(near.index, { mac: SOCKET_MAC, arp: false });
  links.staticIpv6(names.sockets);
  for (const link of [near, far]) links.set(link.index, { up: true });
  const ips: Ip[] = [];
  for (const address of ADDRESSES) {
    try {
      links.addAddress(near.index, { ...address, noDad: true });
      ips.push(address.ip);
    } catch (error) {
      // A host without IPv6 has IPv4's half of the service.
      if (!(error instanceof SystemError) || !address.ip.includes(":")) throw error;
    }
  }
  return { far, ips };
}
