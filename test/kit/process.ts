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
 * Its output is appended to `logFile`.
 */
export function start(options: {
  name: string;
  command: readonly string[];
  logFile: string;
  netns?: string;
  cwd?: string;
  env?: Record<string, string>;
}): Running {
  const log = openSync(options.logFile, "a");
  const [file = "", ...args] = inNetns(options.netns, ["setpriv", "--pdeathsig", "KILL", ...options.command]);
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
  return running(child, options.name, options.logFile);
}

function running(child: ChildProcess, name: string, logFile: string): Running {
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
  return {
    name,
    pid: child.pid ?? 0,
    logFile,
    alive,
    tail: () => readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-12).join("\n"),
    kill: (signal) => {
      if (alive()) child.kill(signal);
    },
    ended: () => {
      child.ref();
      return end;
    },
    stop: async () => {
      if (over) return;
      child.ref();
      child.kill("SIGTERM");
      await Promise.race([end, sleep(STOP_MS, undefined, { ref: false })]);
      if (alive()) child.kill("SIGKILL");
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
