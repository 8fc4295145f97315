/** A guest that is no virtual machine but a namespace behind a device with the name of one's TAP: where DHCP clients run. */
import { type PortRecord, tapName } from "../../model/mod.ts";
import type { Host } from "./host.ts";
import type { Lab } from "./lab.ts";
import { ipBatch, makeNetns, makeVeth } from "./netns.ts";
import { uniqueName } from "./place.ts";
import { until } from "./process.ts";

export interface Guest {
  netns: string;
  port: PortRecord;
}

/** Plugs a port of `host` into a new namespace, as `eth0` with the port's MAC, up or not; resolves when it is ACTIVE. */
export async function plugGuest(lab: Lab, host: Host, port: PortRecord, state: "up" | "down" = "up"): Promise<Guest> {
  const netns = uniqueName("cbd");
  await makeNetns(netns);
  await makeVeth({ netns: host.netns, name: tapName(port.id) }, { netns, name: "eth0" });
  await ipBatch(netns, [`link set eth0 address ${port.mac_address} ${state}`]);
  await until("the port to be ACTIVE", async () =>
    (await lab.neutron.show("port", port.id)).status === "ACTIVE" ? true : undefined,
  );
  return { netns, port };
}
