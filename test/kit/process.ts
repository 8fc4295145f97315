/** Real processes: started with their output in a file, waited for until ready, stopped by their own id. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { inNetns } from "./netns.ts";

export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** True until the process has ended. */
  alive(): boolean;
  /** The last lines of its output, for an error message. */
  tail(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  ended(): Promise<void>;
  /** SIGTERM, and SIGKILL if that is not heard; resolves when it has ended. */
  stop(): Promise<void>;
}

const STOP_MS = 8_000;

/**
 * Starts a process that dies with this one: the kernel signals it when its parent ends, however that ends.
 * Its output is appended to `logFile`. `within` enters where a network namespace is not enough, and forks as it does so,
 * as nsenter does for processes' namespaces: signals are for the child, and its end is the end.
 */
export function start(options: {
  name: string;
  command: readonly string[];
  logFile: string;
  netns?: string;
  within?: readonly string[];
  cwd?: string;
  env?: Record<string, string>;
}): Running {
  const log = openSync(options.logFile, "a");
  const bound = ["setpriv", "--pdeathsig", "KILL"];
  const command = options.within === undefined ? options.command : [...options.within, ...bound, ...options.command];
  const [file = "", ...args] = inNetns(options.netns, [...bound, ...command]);
  let child: ChildProcess;
  try {
    child = spawn(file, args, {
      stdio: ["ignore", log, log],
      detached: true, // a Ctrl-C is for the lab, which then ends its processes in order
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
  } finally {
    closeSync(log);
  }
  return running(child, { ...options, forks: options.within !== undefined });
}

/** The first child of a process, or itself while it has none. */
function childOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0]) || pid;
  } catch {
    return pid; // it has ended
  }
}

function running(child: ChildProcess, options: { name: string; logFile: string; forks: boolean }): Running {
  const { name, logFile } = options;
  const own = child.pid ?? 0;
  let over = false;
  child.unref(); // whoever waits for it keeps this process, not its mere being there: its parent's end ends it
  const end = new Promise<void>((resolve) => {
    const finish = () => {
      over = true;
      resolve();
    };
    child.once("exit", finish);
    child.once("error", finish);
  });
  const alive = () => !over;
  const signal = (which: NodeJS.Signals) => {
    if (!options.forks) return void child.kill(which);
    try {
      process.kill(childOf(own), which);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended just now
    }
  };
  return {
    name,
    get pid() {
      return options.forks ? childOf(own) : own;
    },
    logFile,
    alive,
    tail: () => readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-12).join("\n"),
    kill: (which) => {
      if (alive()) signal(which);
    },
    ended: () => {
      child.ref();
      return end;
    },
    stop: async () => {
      if (over) return;
      child.ref();
      signal("SIGTERM");
      await Promise.race([end, sleep(STOP_MS, undefined, { ref: false })]);
      if (alive()) signal("SIGKILL");
      await end;
    },
  };
}

/** Asks again and again until the answer is not undefined. @throws Error that names what did not happen */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  options: { timeoutMs?: number; everyMs?: number; process?: Running } = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? 15_000;
  const deadline = performance.now() + timeoutMs;
  let reason = "";
  for (;;) {
    const answer = await Promise.resolve()
      .then(ask)
      .catch((error: unknown) => {
        reason = ` (${error instanceof Error ? error.message : String(error)})`;
        return undefined;
      });
    if (answer !== undefined) return answer;
    const from = options.process;
    if (from !== undefined && !from.alive()) {
      throw new Error(`${from.name} ended while waiting for ${what}. It said:\n${from.tail()}`);
    }
    if (performance.now() > deadline) {
      const said = from === undefined ? "" : `\n${from.name} said:\n${from.tail()}`;
      throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}${reason}${said}`);
    }
    await sleep(options.everyMs ?? 30);
  }
}
