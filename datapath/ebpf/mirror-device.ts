/**
 * The device through which copies of mirrored packets go: a veth pair whose far end has the program that makes them. What
 * is mirrored goes on at once, and its copies are made behind the queue of that pair.
 */
import { type Link, type Links, SystemError } from "../../host/mod.ts";
import { type Mac, mac } from "../../model/mod.ts";

const FAR_MAC: Mac = mac("02:ca:b1:e0:00:04");
/** Room for any frame. */
const MTU_BYTES = 65_000;

/** Adopts the pair or makes it. @throws SystemError EEXIST when another device has a name of it */
export function openMirror(links: Links, names: { near: string; far: string }): { near: Link; far: Link } {
  const found = links.byName(names.near);
  if (found !== undefined && found.kind !== "veth") {
    throw new SystemError(
      `add link ${names.near}`,
      "EEXIST",
      `a ${found.kind} device has that name: rename or remove it`,
    );
  }
  const near =
    found ?? links.createVeth({ name: names.near, mtuBytes: MTU_BYTES, peer: { name: names.far, mac: FAR_MAC } });
  const far = links.byName(names.far);
  if (far === undefined) {
    throw new SystemError(`open ${names.far}`, "ENODEV", `remove ${names.near}, whose other end is gone`);
  }
  for (const link of [near, far]) links.set(link.index, { up: true });
  return { near, far };
}
