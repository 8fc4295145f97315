/** Many ports of one host whose devices' other ends are all in one namespace: where a load generator speaks for guests. */
import { readFile } from "node:fs/promises";
import { type PortRecord, SERVICE_IP4, SERVICE_MAC, tapName } from "../../model/mod.ts";
import {
  type Host,
  type HostSpec,
  ipBatch,
  Lab,
  makeNetns,
  mustIn,
  removeNetns,
  uniqueName,
  until,
} from "../kit/mod.ts";

const PORTS_PER_REQUEST = 100;

export interface Plugged {
  host: Host;
  netns: string;
  /** In the order of `ports`. */
  devices: string[];
  ports: PortRecord[];
  remove(): Promise<void>;
}

/** A lab of one host; resolves when all ports are ACTIVE. */
export async function plugged(count: number, spec: HostSpec): Promise<Plugged> {
  const netns = uniqueName("cbs");
  await makeNetns(netns);
  // A thousand kernels that look for routers and neighbours, all in one network, would be what is measured.
  await mustIn(netns, ["sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1"]);
  const networks = { bench: { subnets: ["10.9.0.0/16"] } };
  const lab = await Lab.start(uniqueName("cbs"), { hosts: { a: spec }, networks, workloads: {} });
  const remove = async () => {
    await removeNetns(netns);
    await lab.down();
  };
  try {
    const ports = await plugAll(lab, netns, count);
    return { host: lab.host("a"), netns, devices: ports.map((_, i) => `dev${i}`), ports, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function plugAll(lab: Lab, netns: string, count: number): Promise<PortRecord[]> {
  const network_id = lab.networks.get("bench")?.network.id;
  const made: PortRecord[] = [];
  while (made.length < count) {
    const asked = Array.from({ length: Math.min(PORTS_PER_REQUEST, count - made.length) }, (_, i) => ({
      network_id,
      "binding:host_id": "a",
      device_owner: "compute:nova",
      device_id: `instance-${made.length + i}`,
    }));
    const { ports } = (await lab.neutron.request("POST", "/v2.0/ports", { ports: asked })) as { ports: PortRecord[] };
    made.push(...ports);
  }
  await ipBatch(
    lab.host("a").netns,
    made.map((port, i) => `link add name ${tapName(port.id)} type veth peer name dev${i} netns ${netns}`),
  );
  await ipBatch(
    netns,
    made.map((port, i) => `link set dev${i} address ${port.mac_address} up`),
  );
  const isThere = async () => {
    const { ports } = (await lab.neutron.request("GET", `/v2.0/ports?network_id=${network_id}`)) as {
      ports: PortRecord[];
    };
    return ports.filter(({ status }) => status === "ACTIVE").length >= count ? true : undefined;
  };
  await until("all ports to be ACTIVE", isThere, { timeoutMs: 120_000 });
  return made;
}

/**
 * Each device with its port's address. A client that is bound to its device needs no route, and a thousand routes would
 * slow down the clients' side; the one is for the reverse-path filter. Neighbours are fixed: one kernel keeps some thousand
 * of them at most, and would forget those that are asked for.
 */
export async function address({ netns, devices, ports }: Plugged): Promise<void> {
  const lines = devices.flatMap((device, i) => [
    `addr add ${ports[i]?.fixed_ips[0]?.ip_address}/32 dev ${device}`,
    `neigh replace ${SERVICE_IP4} lladdr ${SERVICE_MAC} dev ${device} nud permanent`,
  ]);
  await ipBatch(netns, [...lines, `route add ${SERVICE_IP4}/32 dev ${devices[0]}`]);
}

/** CPU seconds that a process has used. */
export async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
  const TICKS_PER_SECOND = 100;
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** MiB that a process has in memory, now and at most so far. */
export async function memoryOf(pid: number): Promise<{ now: number; most: number }> {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1]) / 1024;
  return { now: field("VmRSS"), most: field("VmHWM") };
}
