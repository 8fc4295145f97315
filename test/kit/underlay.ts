/** A lab's underlay: a switch, and the subnets of both families in which hosts and control nodes have their addresses. */
import type { Underlay } from "./host.ts";
import { ipBatch } from "./netns.ts";
import { makeSwitch, type Switch } from "./switch.ts";

/** 198.18.0.0/15 is the block for tests of networks (RFC 2544); a lab takes one /24 of it. */
const FIRST_SUBNET = 77;
const LAST_SUBNET = 255;
const CONTROL_INDEX = 254;

export interface LabWire {
  wire: Switch;
  /** The control nodes' link to the switch, in the namespace of the caller. */
  rootLink: string;
  /** The control nodes' own addresses. */
  control: Underlay;
  /** The addresses of host number `index`, from 1. */
  address(index: number): Underlay;
}

/** Makes the switch in `netns` and plugs the caller's namespace into it, in a subnet that no other lab here has. */
export async function makeLabWire(netns: string): Promise<LabWire> {
  const wire = await makeSwitch(netns);
  for (let subnet = FIRST_SUBNET; subnet <= LAST_SUBNET; subnet++) {
    const rootLink = `cable-lab${subnet}`;
    // The link's name is the claim on the subnet: the kernel lets one lab have it.
    const claimed = await wire.plug({ netns: undefined, name: rootLink }).then(
      () => true,
      (error: Error) => {
        if (error.message.includes("File exists")) return false;
        throw error;
      },
    );
    if (!claimed) continue;
    const address = (index: number) => ({ ip4: `198.18.${subnet}.${index}`, ip6: `fd00:198:18:${subnet}::${index}` });
    const control = address(CONTROL_INDEX);
    await ipBatch(undefined, [
      `addr add ${control.ip4}/24 dev ${rootLink}`,
      `addr add ${control.ip6}/64 dev ${rootLink} nodad`,
    ]);
    return { wire, rootLink, control, address };
  }
  throw new Error('every subnet for a lab\'s underlay is taken: "ip link" shows links named cable-lab<number>');
}
