/** What `./cable lab` shows: one of each kind of workload in one tenant network, and a provider network beside it. */
import type { Topology, WorkloadSpec } from "../../test/kit/mod.ts";

const NEUTRON_PORT = 9696;
const MACHINE_VLAN = 100;
const PROVIDER_VLAN = 200;

const TENANT = "tenant";
const PROVIDER = "provider";

/** The lab of the README with `hosts` hosts, at least one; workloads are spread over them. */
export function labTopology(hosts: number): Topology {
  const names = Array.from({ length: hosts }, (_, index) => `host${index + 1}`);
  const host = (index: number) => names[index % hosts] as string;
  const workloads: Record<string, WorkloadSpec> = {
    vm1: { kind: "vm", host: host(0), network: TENANT },
    container1: { kind: "container", host: host(1), network: TENANT },
    machine1: { kind: "machine", host: host(2), network: TENANT, vlan: MACHINE_VLAN },
    container2: { kind: "container", host: host(0), network: PROVIDER },
    container3: { kind: "container", host: host(1), network: PROVIDER },
  };
  return {
    hosts: Object.fromEntries(names.map((name) => [name, {}])),
    networks: {
      [TENANT]: { subnets: ["10.77.0.0/24", "fd77:1::/64"] },
      [PROVIDER]: { subnets: ["10.78.0.0/24", "fd78:1::/64"], vlan: PROVIDER_VLAN },
    },
    workloads,
    apiPort: NEUTRON_PORT,
  };
}
