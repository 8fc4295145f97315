/** The physical network of a lab: one Ethernet switch, a Linux bridge in a namespace of its own. */
import { ipBatch, makeNetns, makeVeth, type VethEnd } from "./netns.ts";

/** Of the wire: what a card's frames may carry, so that networks with 1500 bytes fit beside a VLAN tag. */
export const UNDERLAY_MTU = 1500;

export interface Switch {
  readonly netns: string;
  /** Plugs a new link into the switch; its other end appears as `end`. Returns the name of the switch's port. */
  plug(end: VethEnd): Promise<string>;
}

export async function makeSwitch(netns: string): Promise<Switch> {
  await makeNetns(netns);
  // No snooping and no forwarding delay: an Ethernet switch without intelligence, which is the hardest underlay.
  await ipBatch(netns, [
    "link add br0 type bridge forward_delay 0 mcast_snooping 0",
    "link set br0 addrgenmode none",
    "link set br0 up",
  ]);
  let ports = 0;
  return {
    netns,
    plug: async (end) => {
      const port = `port${++ports}`;
      await makeVeth({ netns, name: port }, end);
      await ipBatch(netns, [
        `link set dev ${port} mtu ${UNDERLAY_MTU}`,
        `link set dev ${port} addrgenmode none`,
        `link set dev ${port} master br0`,
        `link set dev ${port} up`,
      ]);
      await ipBatch(end.netns, [`link set dev ${end.name} mtu ${UNDERLAY_MTU}`, `link set dev ${end.name} up`]);
      return port;
    },
  };
}
