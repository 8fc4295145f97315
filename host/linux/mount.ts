/** bpf file systems, where pinned programs and maps outlive the process. */
import { mkdirSync, rmSync, statfsSync } from "node:fs";
import { mount } from "./libc.ts";

const BPF_FS_MAGIC = 0xcafe4a11;

/** Makes sure that a bpf file system is mounted at `path`, or above it. */
export function mountBpf(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (statfsSync(path).type !== BPF_FS_MAGIC) mount("bpf", path, "bpf");
}

export function removePins(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
