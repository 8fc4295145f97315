/** A physical machine: a namespace on an access port of the switch, with an ordinary DHCP client. It has no agent. */
import { randomUUID } from "node:crypto";
import { access, rename } from "node:fs/promises";
import { join } from "node:path";
import { ipBatch, makeNetns, mustIn, removeNetns, runIn } from "./netns.ts";
import { BUILD, makeDirectory } from "./place.ts";
import { type Running, start } from "./process.ts";
import { must } from "./run.ts";
import type { Switch } from "./switch.ts";
import { serveWeb } from "./web.ts";
import type { Workload } from "./workload.ts";

/**
 * Plugs a machine into the switch, behind the tag `vlan`; `mac_address` is burnt into its card. It asks for its
 * addresses (DHCP for IPv4, the kernel's SLAAC for IPv6), unless it is given `addresses`, with prefix lengths.
 */
export async function startMachine(options: {
  name: string;
  netns: string;
  directory: string;
  wire: Switch;
  vlan: number;
  port: { id: string; mac_address: string };
  addresses?: readonly string[];
}): Promise<Workload> {
  const { name, netns, port } = options;
  await makeNetns(netns);
  const switchPort = await options.wire.plug({ netns, name: "eth0" });
  await accessPort(options.wire.netns, switchPort, options.vlan);
  await ipBatch(netns, [
    "link set dev eth0 down",
    `link set dev eth0 address ${port.mac_address}`,
    "link set dev eth0 up",
  ]);
  const web = await serveWeb({ name, netns, directory: options.directory });
  if (options.addresses !== undefined) {
    await ipBatch(
      netns,
      options.addresses.map((address) => `addr add ${address} dev eth0${address.includes(":") ? " nodad" : ""}`),
    );
  }
  const client = options.addresses === undefined ? dhcpClient(options) : undefined;
  return {
    name,
    portId: port.id,
    run: (script, timeoutMs = 60_000) => runIn(netns, ["busybox", "sh", "-c", script], { timeoutMs }),
    stop: async () => {
      await Promise.all([web.stop(), client?.stop()]);
      await removeNetns(netns);
    },
  };
}

function dhcpClient({ name, netns, directory }: { name: string; netns: string; directory: string }): Running {
  return start({
    name: `${name}'s DHCP client`,
    command: [
      ...["busybox", "udhcpc", "-f", "-i", "eth0", "-s", join(import.meta.dirname, "lease.sh")],
      ...["-O", "mtu", "-O", "staticroutes", "-T", "1", "-A", "1"],
    ],
    logFile: join(directory, `${name}.dhcp.log`),
    netns,
  });
}

async function accessPort(netns: string, port: string, vlan: number): Promise<void> {
  const object = await accessPortObject(vlan);
  await mustIn(netns, ["tc", "qdisc", "add", "dev", port, "clsact"]);
  for (const [direction, section] of [
    ["ingress", "tc/push"],
    ["egress", "tc/pop"],
  ] as const) {
    await mustIn(netns, [
      ...["tc", "filter", "add", "dev", port, direction],
      ...["bpf", "direct-action", "object-file", object, "section", section],
    ]);
  }
}

async function accessPortObject(vlan: number): Promise<string> {
  const directory = await makeDirectory(join(BUILD, "kit"));
  const object = join(directory, `access-port-${vlan}.o`);
  const there = await access(object).then(
    () => true,
    () => false,
  );
  if (there) return object;
  const fresh = `${object}.${randomUUID()}`; // several machines may want it at once
  await must([
    ...[
      "clang",
      "-O2",
      "-g",
      "-target",
      "bpf",
      `-DVLAN=${vlan}`,
      `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`,
    ],
    ...["-c", join(import.meta.dirname, "access-port.bpf.c"), "-o", fresh],
  ]);
  await rename(fresh, object);
  return object;
}
