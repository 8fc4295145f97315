/** The cgroups of nodes' pods: under one named as the lab, in every hierarchy that the machine has. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";

/** One of cgroup v2, or one for each controller of v1. */
async function hierarchies(): Promise<string[]> {
  if (existsSync(join(ROOT, "cgroup.controllers"))) return [ROOT];
  const names = await readdir(ROOT).catch(() => []);
  return names.map((name) => join(ROOT, name)).filter((path) => existsSync(join(path, "cgroup.procs")));
}

/** Makes `path` (as "/lab/node") in each; a new cpuset of v1 is empty, and takes no process before it is filled. */
export async function makeCgroups(path: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    let at = hierarchy;
    for (const part of path.split("/").filter((name) => name !== "")) {
      const above = at;
      at = join(at, part);
      await mkdir(at, { recursive: true });
      if (existsSync(join(at, "cgroup.clone_children"))) await fillCpuset(above, at);
    }
  }
}

async function fillCpuset(above: string, own: string): Promise<void> {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (existsSync(join(own, file))) await writeFile(join(own, file), await readFile(join(above, file)));
  }
}

/** Takes them away again, deepest first; those with processes stay. */
export async function removeCgroups(path: string): Promise<void> {
  for (const hierarchy of await hierarchies()) await removeTree(join(hierarchy, path));
}

async function removeTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name));
  await rmdir(path).catch(() => {});
}
