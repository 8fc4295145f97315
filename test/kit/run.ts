/** Running a command to its end. */
import { spawn } from "node:child_process";

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  env?: Record<string, string>;
  cwd?: string;
  timeoutMs?: number;
}

/** Runs a command and returns its outcome whatever that is; only a command that cannot be started throws. */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [file = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: "SIGKILL" as const }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin.on("error", () => {}); // a command may end without reading what it was given
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => reject(new Error(`cannot run ${file}: ${error.message}`)));
    child.on("close", (code, signal) => {
      resolve({ code: code ?? 128, stdout, stderr: signal === null ? stderr : `${stderr}(ended by ${signal})` });
    });
  });
}

/** {@link run} for a command that must succeed; returns its output. @throws Error with what the command said */
export async function must(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const outcome = await run(command, options);
  if (outcome.code !== 0) {
    const said = (outcome.stderr || outcome.stdout).trim();
    throw new Error(`"${command.join(" ")}" failed with code ${outcome.code}: ${said}`);
  }
  return outcome.stdout;
}
