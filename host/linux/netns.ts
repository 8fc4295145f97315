/** Work inside another network namespace, on the calling thread, and always back. */
import { closeSync, openSync } from "node:fs";
import { SystemError } from "../host.ts";
import { setNetworkNamespace } from "./libc.ts";

function openNamespace(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new SystemError("open namespace", (error as NodeJS.ErrnoException).code ?? "EIO", path);
  }
}

/** Runs `work` in the namespace of an open descriptor. */
export function inNamespaceOf<T>(netnsFd: number, work: () => T): T {
  // The thread's own, not /proc/self: that is the main thread's.
  const home = openNamespace("/proc/thread-self/ns/net");
  try {
    setNetworkNamespace(netnsFd);
    try {
      return work();
    } finally {
      setNetworkNamespace(home);
    }
  } finally {
    closeSync(home);
  }
}

/** Runs `work` in the namespace at `path`. @throws SystemError ENOENT when it is gone */
export function inNamespacePath<T>(path: string, work: (netnsFd: number) => T): T {
  const there = openNamespace(path);
  try {
    return inNamespaceOf(there, () => work(there));
  } finally {
    closeSync(there);
  }
}
