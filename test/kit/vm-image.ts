/**
 * What the lab's virtual machine boots: Debian's cloud kernel, and an initramfs of busybox and the drivers it needs.
 * Both are made once and kept under .build/vm.
 */
import { createHash, type Hash } from "node:crypto";
import { access, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { webRoot } from "./blob.ts";
import { type CpioEntry, cpio } from "./cpio.ts";
import { BUILD, makeDirectory } from "./place.ts";
import { must } from "./run.ts";

export interface VmImage {
  kernel: string;
  initramfs: string;
}

/** In the order in which they are loaded: each after what it needs. */
const DRIVERS = [
  "drivers/virtio/virtio_ring",
  "drivers/virtio/virtio",
  "drivers/virtio/virtio_pci_modern_dev",
  "drivers/virtio/virtio_pci_legacy_dev",
  "drivers/virtio/virtio_pci",
  "net/core/failover",
  "drivers/net/net_failover",
  "drivers/net/virtio_net",
  "drivers/char/virtio_console",
];

const DIRECTORY = join(BUILD, "vm");

/** The image, made on first use; several processes may ask at once. */
export async function vmImage(): Promise<VmImage> {
  await makeDirectory(DIRECTORY);
  const kernelDirectory = join(DIRECTORY, `kernel-${shortHash(createHash("sha256").update(DRIVERS.join()))}`);
  await once(kernelDirectory, unpackKernel);
  const entries = await initramfsEntries(kernelDirectory);
  const hash = createHash("sha256");
  for (const entry of entries) {
    hash.update(entry.path);
    if (entry.kind === "file") hash.update(entry.content);
  }
  const directory = join(DIRECTORY, `initramfs-${shortHash(hash)}`);
  await once(directory, async (fresh) => {
    await writeFile(join(fresh, "initramfs.gz"), await promisify(gzip)(cpio(entries), { level: 1 }));
  });
  return { kernel: join(kernelDirectory, "vmlinuz"), initramfs: join(directory, "initramfs.gz") };
}

function shortHash(hash: Hash): string {
  return hash.digest("hex").slice(0, 12);
}

/** Fills `directory` unless it is there; it appears whole or not at all. */
async function once(directory: string, fill: (fresh: string) => Promise<void>): Promise<void> {
  const there = () =>
    access(directory).then(
      () => true,
      () => false,
    );
  if (await there()) return;
  const fresh = await mkdtemp(`${directory}.`);
  try {
    await fill(fresh);
    await rename(fresh, directory);
  } catch (error) {
    if (!(await there())) throw error; // else another process was quicker
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function unpackKernel(directory: string): Promise<void> {
  const meta = `linux-image-cloud-${arch() === "arm64" ? "arm64" : "amd64"}`;
  const depends = await must(["apt-cache", "depends", "--important", meta]);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error(`apt knows no ${meta}; run "apt-get update" and try again`);
  await must(["apt-get", "download", "-q", name], { cwd: directory });
  const [deb] = (await readdir(directory)).filter((file) => file.endsWith(".deb"));
  const unpacked = join(directory, "unpacked");
  await must(["dpkg-deb", "-x", join(directory, deb ?? ""), unpacked]);
  const [kernel] = (await readdir(join(unpacked, "boot"))).filter((file) => file.startsWith("vmlinuz-"));
  const [version] = await readdir(join(unpacked, "lib/modules"));
  await rename(join(unpacked, "boot", kernel ?? ""), join(directory, "vmlinuz"));
  for (const driver of DRIVERS) {
    const from = join(unpacked, "lib/modules", version ?? "", "kernel", `${driver}.ko`);
    await rename(from, join(directory, driverFile(driver)));
  }
  await rm(unpacked, { recursive: true });
  await rm(join(directory, deb ?? ""));
}

function driverFile(driver: string): string {
  return `${driver.slice(driver.lastIndexOf("/") + 1)}.ko`;
}

async function initramfsEntries(kernelDirectory: string): Promise<CpioEntry[]> {
  const file = async (path: string, from: string, mode: number): Promise<CpioEntry> => ({
    path,
    kind: "file",
    mode,
    content: await readFile(from),
  });
  const directories = ["bin", "dev", "proc", "sys", "tmp", "lib", "etc", "www"];
  const files = DRIVERS.map(driverFile);
  return [
    ...directories.map((path): CpioEntry => ({ path, kind: "directory" })),
    await file("bin/busybox", (await must(["which", "busybox"])).trim(), 0o755),
    await file("init", join(import.meta.dirname, "guest-init.sh"), 0o755),
    await file("bin/lease", join(import.meta.dirname, "lease.sh"), 0o755),
    await file("www/blob", join(await webRoot(), "blob"), 0o644),
    ...(await Promise.all(files.map((name) => file(`lib/${name}`, join(kernelDirectory, name), 0o644)))),
    { path: "lib/order", kind: "file", mode: 0o644, content: Buffer.from(`${files.join("\n")}\n`) },
  ];
}
