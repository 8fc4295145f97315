/** The host's one VXLAN device, in external mode: network and tunnel ends come with each packet. */
import { type Link, type Links, SystemError } from "../../host/mod.ts";

/** The device cuts nothing: the MTU of each network does, in the data plane. */
const MTU_BYTES = 65_000;

/** Adopts the device or makes it. @throws SystemError EEXIST when name or UDP port belong to someone else */
export function openVxlan(links: Links, name: string, port: number): Link {
  const found = links.byName(name);
  if (found !== undefined && found.kind !== "vxlan") {
    throw new SystemError(`add link ${name}`, "EEXIST", `a ${found.kind} device has that name: rename or remove it`);
  }
  const link = found ?? make(links, name, port);
  if (!link.up) links.set(link.index, { up: true });
  return link;
}

function make(links: Links, name: string, port: number): Link {
  try {
    return links.createVxlan({ name, port, mtuBytes: MTU_BYTES });
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== "EEXIST") throw error;
    const others = links.list().filter(({ kind }) => kind === "vxlan");
    const whose = others.map((link) => link.name).join(", ");
    throw new SystemError(error.call, error.code, `UDP port ${port} belongs to ${whose}: remove that device`);
  }
}
