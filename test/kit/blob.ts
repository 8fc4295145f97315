/** The megabyte that reach tests transfer: the same bytes everywhere and every time, so that anyone can check them. */
import { createCipheriv, createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BUILD, makeDirectory } from "./place.ts";

const SIZE = 1 << 20;

/** Noise, so that nothing on the way could compress, align or repeat it unnoticed. */
export const BLOB: Buffer = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(
  Buffer.alloc(SIZE),
);
export const BLOB_SHA256: string = createHash("sha256").update(BLOB).digest("hex");

let made: Promise<string> | undefined;

/** A directory with the file `blob`, for web servers. */
export function webRoot(): Promise<string> {
  made ??= (async () => {
    const directory = await makeDirectory(join(BUILD, "www"));
    const fresh = join(directory, `blob.${process.pid}`);
    await writeFile(fresh, BLOB, { mode: 0o644 });
    await rename(fresh, join(directory, "blob"));
    return directory;
  })();
  return made;
}
