/**
 * The programs before the verifier of another kernel: Debian 12's own, in an emulated machine. The kernel that this runs
 * on is load.test.ts's; between the two lie three years of verifiers.
 */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { type CpioEntry, cpio } from "../kit/cpio.ts";
import { BUILD, must, run } from "../kit/mod.ts";
import { vmImage } from "../kit/vm-image.ts";

const BOOT_TO_END_MS = 120_000;

const OBJECTS = ["slow", "workload", "overlay", "uplink", "trap", "unservice", "mirror", "trace"];

/** bpftool's own pins would collide with those that maps ask for; the maps are pinned by name, as the driver has it. */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t bpf bpf /sys/fs/bpf
echo "KERNEL $(uname -r)"
for object in ${OBJECTS.join(" ")}; do
  if /usr/sbin/bpftool prog loadall /objects/$object.o /sys/fs/bpf/$object >/tmp/$object 2>&1
  then echo "LOADED $object"
  else echo "REFUSED $object"; tail -n 30 /tmp/$object
  fi
done
echo END
poweroff -f
`;

const file = async (path: string, from: string, mode: number): Promise<CpioEntry> => ({
  path,
  kind: "file",
  mode,
  content: await readFile(from),
});

/** A program and the shared libraries that it names, where it looks for them. */
async function programWithLibraries(program: string): Promise<CpioEntry[]> {
  const libraries = [...(await must(["ldd", program])).matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] as string);
  const files = await Promise.all([program, ...libraries].map((path) => file(path.slice(1), path, 0o755)));
  const directories = new Set<string>();
  for (const { path } of files) {
    const parts = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) directories.add(parts.slice(0, depth).join("/"));
  }
  return [...[...directories].sort().map((path): CpioEntry => ({ path, kind: "directory" })), ...files];
}

async function initramfs(): Promise<Buffer> {
  const objects = (await readdir(join(BUILD, "bpf"))).filter((name) => name.endsWith(".o"));
  const directories = ["bin", "proc", "sys", "tmp", "objects"].map((path): CpioEntry => ({ path, kind: "directory" }));
  return cpio([
    ...directories,
    await file("bin/busybox", (await must(["which", "busybox"])).trim(), 0o755),
    { path: "init", kind: "file", mode: 0o755, content: Buffer.from(INIT) },
    ...(await Promise.all(objects.map((name) => file(`objects/${basename(name)}`, join(BUILD, "bpf", name), 0o644)))),
    ...(await programWithLibraries("/usr/sbin/bpftool")),
  ]);
}

const MACHINE = ["-accel", "tcg", "-machine", "pc", "-cpu", "max", "-m", "768M"];
const skip = process.arch === "x64" ? false : "the machine's console is written for x86-64 only";

test("every object passes the verifier of Debian 12's kernel", { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "cable-kernels-"));
  try {
    const image = join(directory, "initramfs");
    await writeFile(image, await initramfs());
    const { stdout } = await run(
      [
        ...["qemu-system-x86_64", ...MACHINE, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
        ...["-kernel", (await vmImage()).kernel, "-initrd", image, "-serial", "stdio"],
        ...["-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr"],
      ],
      { timeoutMs: BOOT_TO_END_MS },
    );
    const lines = stdout.split(/\r?\n/).map((line) => line.trim());
    const said = lines.filter((line) => /^(LOADED|REFUSED|END)/.test(line));
    const expected = OBJECTS.map((name) => `LOADED ${name}`);
    assert.deepEqual(said, [...expected, "END"], stdout);
    assert.match(lines.find((line) => line.startsWith("KERNEL")) ?? "", /^KERNEL 6\.1\./);
  } finally {
    await rm(directory, { recursive: true });
  }
});
