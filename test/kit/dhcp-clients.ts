/** DHCP clients of Debian's that keep files at fixed places or wait for a system's services: each in a mount namespace. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Running, start, until } from "./process.ts";

/** What a client's script was called with: the values of the environment. */
export type Call = Record<string, string>;

/** A directory for a client, with a script for it that notes how it was called, and then runs `more` of shell. */
export async function scratch(directory: string, more = "") {
  await mkdir(directory, { recursive: true });
  const [script, record] = [join(directory, "script"), join(directory, "calls")];
  await writeFile(script, `#!/bin/sh\n{ env; echo; } >>${record}\n${more}\n`);
  await chmod(script, 0o755);
  return { directory, script, calls: () => callsIn(record) };
}

/** The calls noted in a file, in order. */
async function callsIn(record: string): Promise<Call[]> {
  const text = await readFile(record, "utf8").catch(() => "");
  const pair = (line: string): [string, string] => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)];
  return text
    .split("\n\n")
    .slice(0, -1) // the last one is being written, or empty
    .map((block) => Object.fromEntries(block.split("\n").map(pair)));
}

/** Waits for a call of this kind. */
export const untilCalled = (client: Running, calls: () => Promise<Call[]>, is: (call: Call) => boolean) =>
  until(
    `${client.name} to have what it asked for`,
    async () => {
      const found = (await calls()).find(is);
      if (found === undefined) throw new Error(client.tail());
      return found;
    },
    { timeoutMs: 20_000 },
  );

/** The program with empty file systems of its own at these places. */
const alone = (places: readonly string[], ...command: string[]) => [
  "unshare",
  "--mount",
  "sh",
  "-ec",
  `${places.map((place) => `mkdir -p ${place}; mount -t tmpfs none ${place}`).join("; ")}; exec "$@"`,
  "alone",
  ...command,
];

/** dhcpcd on eth0 of a namespace; `config` in the words of its dhcpcd.conf. */
export async function startDhcpcd(netns: string, directory: string, config: string, ...flags: string[]) {
  const { script, calls } = await scratch(directory);
  const file = join(directory, "conf");
  await writeFile(file, `${config}\n`);
  const command = ["dhcpcd", "-d", "-B", ...flags, "-f", file, "-c", script, "eth0"];
  const client = start({
    name: "dhcpcd",
    command: alone(["/run/dhcpcd", "/var/lib/dhcpcd"], ...command),
    logFile: join(directory, "log"),
    netns,
  });
  return { client, calls };
}

/** systemd-networkd on eth0 of a namespace; `network` is its .network file without the part that says which device. */
export async function startNetworkd(netns: string, directory: string, network: string): Promise<Running> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, "eth0.network");
  await writeFile(file, `[Match]\nName=eth0\n${network}\n`);
  // With a /sys that it cannot write it does not wait for udev, which no namespace has.
  const prepare = [
    `cp ${file} /run/systemd/network/`,
    "chown systemd-network /run/systemd/netif",
    "mount -o remount,bind,ro /sys",
    "exec /lib/systemd/systemd-networkd",
  ];
  return start({
    name: "systemd-networkd",
    command: alone(
      ["/run/systemd/netif", "/run/systemd/network", "/etc/systemd/network"],
      "sh",
      "-ec",
      prepare.join("; "),
    ),
    logFile: join(directory, "log"),
    netns,
    env: { SYSTEMD_LOG_LEVEL: "debug", SYSTEMD_LOG_TARGET: "console" },
  });
}
