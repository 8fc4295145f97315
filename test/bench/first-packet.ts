/**
 * From the API call that binds a port to the first packet that reaches its workload, whose device is there already,
 * on a host that has a thousand ports bound. A prober on another host sends a datagram every half millisecond.
 * Neighbour entries are fixed beforehand: the kernel asks again only once a second, which would be all one measured.
 */
import { join } from "node:path";
import { type PortRecord, tapName } from "../../model/mod.ts";
import { ipBatch, Lab, type LabWorkload, makeNetns, makeVeth, mustIn, removeNetns, uniqueName } from "../kit/mod.ts";
import { awaitAnswer, buildNetload, startServer } from "./netload.ts";
import { median, percentile, type Row, row, spread } from "./row.ts";

const PORTS_ON_HOST = 1000;
const PORTS_PER_REQUEST = 100;
const TRIES = 100;
const NETWORK = "bench";

async function fillHost(lab: Lab): Promise<void> {
  const network_id = lab.networks.get(NETWORK)?.network.id;
  for (let made = 0; made < PORTS_ON_HOST; made += PORTS_PER_REQUEST) {
    const ports = Array.from({ length: PORTS_PER_REQUEST }, () => ({ network_id, "binding:host_id": "a" }));
    await lab.neutron.request("POST", "/v2.0/ports", { ports });
  }
}

/** A workload's device as Nova would leave it, except that its kernel is ours: a veth end with the TAP's name. */
async function plug(lab: Lab, netns: string, port: PortRecord, prober: LabWorkload): Promise<void> {
  const host = lab.host("a").netns;
  const device = tapName(port.id);
  const ip = port.fixed_ips[0]?.ip_address;
  await makeVeth({ netns: host, name: device }, { netns, name: "eth0" });
  await ipBatch(host, [`link set ${device} up`]);
  await ipBatch(netns, [
    `link set eth0 address ${port.mac_address} mtu 1450 up`,
    `addr add ${ip}/16 dev eth0`,
    `neigh replace ${prober.port.fixed_ips[0]?.ip_address} lladdr ${prober.port.mac_address} dev eth0`,
  ]);
  await ipBatch(prober.netns, [`neigh replace ${ip} lladdr ${port.mac_address} dev eth0`]);
}

async function unplug(lab: Lab, netns: string, port: PortRecord, prober: LabWorkload): Promise<void> {
  await lab.neutron.delete("port", port.id);
  await mustIn(netns, ["ip", "link", "delete", "eth0"]);
  await ipBatch(prober.netns, [`neigh del ${port.fixed_ips[0]?.ip_address} dev eth0`]);
}

/** Milliseconds from the call to the first answer. */
async function oneTry(lab: Lab, netns: string, prober: LabWorkload): Promise<number> {
  const network_id = lab.networks.get(NETWORK)?.network.id;
  const port = await lab.neutron.create("port", { network_id, device_owner: "compute:nova" });
  await plug(lab, netns, port, prober);
  const answer = awaitAnswer(prober.netns, port.fixed_ips[0]?.ip_address ?? "");
  const PROBER_STARTED_MS = 40;
  await new Promise((resolve) => setTimeout(resolve, PROBER_STARTED_MS));
  const beganNs = process.hrtime.bigint();
  await lab.neutron.update("port", port.id, { "binding:host_id": "a" });
  const answeredNs = await answer;
  await unplug(lab, netns, port, prober);
  return Number(answeredNs - beganNs) / 1e6;
}

export async function firstPacketBench(log: (line: string) => void): Promise<Row[]> {
  await buildNetload();
  const lab = await Lab.start(uniqueName("cbf"), {
    hosts: { a: {}, b: {} },
    networks: { [NETWORK]: { subnets: ["10.9.0.0/16"] } },
    workloads: { prober: { kind: "container", host: "b", network: NETWORK } },
  });
  const netns = uniqueName("cbf-target");
  await makeNetns(netns);
  const server = startServer(netns, join(lab.directory, "netload.log"));
  try {
    log(`binding ${PORTS_ON_HOST} ports to the host`);
    await fillHost(lab);
    log(`${TRIES} tries`);
    const prober = lab.entry("prober");
    await oneTry(lab, netns, prober); // the first one also warms every program up
    const times: number[] = [];
    while (times.length < TRIES) times.push(await oneTry(lab, netns, prober));
    return [
      row(
        "API to first packet, 1,000 ports on the host: median",
        median(times),
        "ms",
        { atMost: 20 },
        `spread ${spread(times)}`,
      ),
      row("API to first packet, 1,000 ports on the host: 99th percentile", percentile(times, 0.99), "ms", {
        atMost: 100,
      }),
    ];
  } finally {
    await server.stop();
    await removeNetns(netns);
    await lab.down();
  }
}
