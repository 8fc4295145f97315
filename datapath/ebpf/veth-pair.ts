/** A veth pair of the data plane's own: adopted after a restart, since programs and queues hang on it. */
import { type Link, type Links, SystemError } from "../../host/mod.ts";
import type { Mac } from "../../model/mod.ts";

interface PairOptions {
  near: string;
  far: string;
  farMac: Mac;
  mtuBytes: number;
}

/** Adopts the pair or makes it. @throws SystemError EEXIST when another device has the near end's name, ENODEV without a far end */
export function openPair(
  links: Links,
  { near: name, far: farName, farMac, mtuBytes }: PairOptions,
): Record<"near" | "far", Link> {
  const found = links.byName(name);
  if (found !== undefined && found.kind !== "veth") {
    throw new SystemError(`add link ${name}`, "EEXIST", `a ${found.kind} device has that name: rename or remove it`);
  }
  const near = found ?? links.createVeth({ name, mtuBytes, peer: { name: farName, mac: farMac } });
  const far = links.byName(farName);
  if (far === undefined) throw new SystemError(`open ${farName}`, "ENODEV", `remove ${name}, whose other end is gone`);
  return { near, far };
}
