/**
 * What tests, benches and the lab are made of: namespaces, a switch, hosts with their real agents, control nodes with
 * their etcd, virtual machines, containers, physical machines, and tables of who reaches whom.
 * Never part of the product: it runs commands (ip, tc, qemu), which the product does not.
 * Invariant: whatever it makes carries the lab's name, so that {@link removeLab} finds it again even when the process
 * that made it was killed; and every process it starts dies with its parent.
 */
export * from "./cloud-init.ts";
export * from "./container.ts";
export * from "./control.ts";
export * from "./dhcp-clients.ts";
export * from "./guest.ts";
export * from "./guest-channel.ts";
export * from "./host.ts";
export * from "./keystone.ts";
export * from "./lab.ts";
export * from "./machine.ts";
export * from "./netns.ts";
export * from "./neutron.ts";
export * from "./outside.ts";
export * from "./place.ts";
export * from "./process.ts";
export * from "./qos.ts";
export * from "./reach.ts";
export * from "./routers.ts";
export * from "./run.ts";
export * from "./security.ts";
export * from "./settled.ts";
export * from "./state.ts";
export * from "./stream.ts";
export * from "./subunit.ts";
export * from "./switch.ts";
export * from "./test-lab.ts";
export * from "./topology.ts";
export { startVlanDevice } from "./vlan-device.ts";
export * from "./vm.ts";
export * from "./workload.ts";
