/** What a server's processes take of the machine, as the kernel counts it. */
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/** Resident memory, in MiB; pages that processes share are counted in each. */
export function residentMiB(pids: readonly number[]): number {
  const kib = pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]));
  return kib.reduce((sum, value) => sum + value, 0) / 1024;
}

/** CPU seconds used so far, in user and kernel mode (fields 14 and 15 of proc_pid_stat(5)). */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** A process and its workers. */
export function family(pid: number): number[] {
  const parent = (child: string) => {
    try {
      return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/status`, "utf8"))?.[1]);
    } catch {
      return 0; // it has just ended
    }
  };
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parent(name) === pid);
  return [pid, ...children.map(Number)];
}
