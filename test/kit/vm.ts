/** A real virtual machine on a TAP device, as Nova and libvirt would start it; emulated, so that no KVM is needed. */
import { join } from "node:path";
import { tapName } from "../../model/mod.ts";
import { GuestChannel } from "./guest-channel.ts";
import { ipBatch } from "./netns.ts";
import { type Running, start } from "./process.ts";
import { vmImage } from "./vm-image.ts";
import type { Workload } from "./workload.ts";

// "pc" and not the smaller "microvm": that has no clock but the TSC, and no boot when calibrating it fails on a busy host.
const MACHINES: Partial<Record<NodeJS.Architecture, { program: string; machine: string; console: string }>> = {
  x64: { program: "qemu-system-x86_64", machine: "pc", console: "ttyS0" },
  arm64: { program: "qemu-system-aarch64", machine: "virt", console: "ttyAMA0" },
};

const MEMORY_MIB = 128;

export interface Vm extends Workload {
  readonly process: Running;
}

/** Sockets in the lab's directory: its console for a person, and a second command channel for another process. */
export const consoleSocket = (directory: string, name: string) => join(directory, `${name}.console`);
export const commandSocket = (directory: string, name: string, channel: 1 | 2) =>
  join(directory, `${name}.command${channel}`);

/**
 * Makes the TAP device for a port in the host's namespace, named and set as Nova's "tap" VIF type does
 * (nova/network/os_vif_util, nova/virt/libvirt/vif.py), and boots a machine on it. The guest asks for its addresses.
 */
export async function startVm(options: {
  name: string;
  netns: string;
  directory: string;
  port: { id: string; mac_address: string };
  mtu: number;
}): Promise<Vm> {
  const { name, directory, port } = options;
  const machine = MACHINES[process.arch];
  if (machine === undefined) throw new Error(`no virtual machine for ${process.arch}`);
  const image = await vmImage();
  const tap = tapName(port.id);
  await ipBatch(options.netns, [
    `tuntap add dev ${tap} mode tap vnet_hdr`,
    `link set dev ${tap} mtu ${options.mtu}`,
    `link set dev ${tap} up`,
  ]);
  const command = [
    machine.program,
    ...["-accel", "tcg", "-machine", machine.machine, "-cpu", "max", "-m", `${MEMORY_MIB}M`],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-kernel", image.kernel, "-initrd", image.initramfs],
    ...["-append", `console=${machine.console} quiet panic=-1 mitigations=off nokaslr guest=${name}`],
    ...["-chardev", socket("console", consoleSocket(directory, name), join(directory, `${name}.log`))],
    ...["-serial", "chardev:console"],
    ...["-netdev", `tap,id=net,ifname=${tap},script=no,downscript=no`],
    ...["-device", `virtio-net-pci,romfile=,netdev=net,mac=${port.mac_address}`],
    ...["-device", "virtio-serial-pci"],
    ...([1, 2] as const).flatMap((channel) => [
      ...["-chardev", socket(`command${channel}`, commandSocket(directory, name, channel))],
      ...["-device", `virtserialport,chardev=command${channel}`],
    ]),
  ];
  const logFile = join(directory, `${name}.qemu.log`);
  const running = start({ name, command, logFile, netns: options.netns });
  const channel = await GuestChannel.connect(commandSocket(directory, name, 1)).catch((error: Error) => {
    running.kill("SIGKILL");
    throw new Error(`${error.message}\n${running.tail()}`);
  });
  return {
    name,
    portId: port.id,
    process: running,
    run: (script, timeoutMs) => channel.run(script, timeoutMs),
    stop: async () => {
      channel.close();
      running.kill("SIGKILL"); // there is nothing in it to save
      await running.ended();
      await ipBatch(options.netns, [`link delete dev ${tap}`]);
    },
  };
}

function socket(id: string, path: string, logFile?: string): string {
  return `socket,id=${id},path=${path},server=on,wait=off${logFile === undefined ? "" : `,logfile=${logFile}`}`;
}
