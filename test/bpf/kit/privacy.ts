/**
 * Namespaces of this process's own: links, pins and named namespaces that a test makes go when it ends, however it ends.
 * Child processes are in them too.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import koffi from "koffi";

const CLONE_NEWNS = 0x00020000;
const CLONE_NEWNET = 0x40000000;

/** Runs a command; the test fails with what it said. */
export function run(command: string): string {
  return execFileSync("/bin/sh", ["-ec", command], { encoding: "utf8" });
}

/** Call first, once, before any other thread of this process matters. */
export function goPrivate(): void {
  const unshare = koffi.load(null).func("int unshare(int flags)");
  if (unshare(CLONE_NEWNS | CLONE_NEWNET) !== 0) throw new Error("unshare refused: these tests need root");
  mkdirSync("/run/netns", { recursive: true });
  // One by one and not by `mount --make-rprivate /`, since in a chroot "/" is no mount point.
  run(`awk '/ shared:/ { print $5 }' /proc/self/mountinfo | while read -r at; do mount --make-private "$at"; done`);
  run("mount -t tmpfs cable-test /run/netns; mount -t bpf bpf /sys/fs/bpf; ip link set lo up");
  // Or the kernel would speak up by itself (router solicitations, MLD), and exact counters would not be exact.
  run("echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
}

/** Not from /sys, which goes on showing the namespace in which it was mounted. */
export function ifindexOf(name: string): number {
  return (JSON.parse(run(`ip -j link show ${name}`)) as [{ ifindex: number }])[0].ifindex;
}
