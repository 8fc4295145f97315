/** A small web server in a namespace, for the reach tests: /blob, the same everywhere, and /name, its workload's. */
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { webRoot } from "./blob.ts";
import { makeDirectory } from "./place.ts";
import { type Running, start } from "./process.ts";

export async function serveWeb(options: { name: string; netns: string; directory: string }): Promise<Running> {
  const root = await makeDirectory(join(options.directory, `${options.name}.www`));
  await writeFile(join(root, "name"), `${options.name}\n`);
  await symlink(join(await webRoot(), "blob"), join(root, "blob")).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  return start({
    name: `${options.name}'s web server`,
    command: ["busybox", "httpd", "-f", "-p", "[::]:80", "-h", root],
    logFile: join(options.directory, `${options.name}.www.log`),
    netns: options.netns,
  });
}
