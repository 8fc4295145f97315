/**
 * The device through which copies of mirrored packets go: a veth pair whose far end has the program that makes them. What
 * is mirrored goes on at once, and its copies are made behind the queue of that pair.
 */
import type { Link, Links } from "../../host/mod.ts";
import { type Mac, mac } from "../../model/mod.ts";
import { openPair } from "./veth-pair.ts";

const FAR_MAC: Mac = mac("02:ca:b1:e0:00:04");
/** Room for any frame. */
const MTU_BYTES = 65_000;

/** Adopts the pair or makes it. @throws SystemError as {@link openPair} */
export function openMirror(links: Links, names: { near: string; far: string }): { near: Link; far: Link } {
  const pair = openPair(links, { ...names, farMac: FAR_MAC, mtuBytes: MTU_BYTES });
  for (const link of Object.values(pair)) links.set(link.index, { up: true });
  return pair;
}
