/** The ports of a lab's workloads, as whoever runs such a workload would ask for them. */
import { NIC } from "./host.ts";
import type { Attributes } from "./neutron.ts";
import type { WorkloadSpec } from "./topology.ts";

/** What Nova, a container runtime's operator or Ironic would set on the port of such a workload. */
export function portAttributes(name: string, spec: WorkloadSpec): Attributes {
  switch (spec.kind) {
    case "vm":
      return { device_owner: "compute:nova", device_id: name };
    case "container":
      return { device_owner: "cable:container", device_id: name };
    case "machine":
      return {
        device_owner: "baremetal:none",
        device_id: name,
        "binding:vnic_type": "baremetal",
        "binding:profile": { physical: { nic: NIC, vlan: vlanOf(name, spec) } },
      };
  }
}

export function vlanOf(name: string, spec: WorkloadSpec): number {
  if (spec.vlan === undefined) throw new Error(`the machine ${name} needs a vlan`);
  return spec.vlan;
}
