/** `./cable lab enter NAME [COMMAND...]`: a shell or a command in a workload or a host of the running lab. */
import { spawn } from "node:child_process";
import { createConnection } from "node:net";
import {
  commandSocket,
  consoleSocket,
  GuestChannel,
  inNetns,
  type LabState,
  labDirectory,
} from "../../test/kit/mod.ts";

const LEAVE = 0x1d; // Ctrl-], as telnet and virsh console have it

/** Returns the exit code of the command or shell. @throws Error when the lab has nothing of that name */
export async function enter(state: LabState, name: string, command: readonly string[]): Promise<number> {
  const workload = state.workloads.find((candidate) => candidate.name === name);
  if (workload?.kind === "vm") {
    const directory = labDirectory(state.name);
    if (command.length === 0) return onConsole(consoleSocket(directory, name));
    return inGuest(commandSocket(directory, name, 2), command.join(" "));
  }
  const host = state.hosts.find((candidate) => candidate.name === name);
  const place = workload ?? host;
  if (place === undefined) {
    const known = [...state.workloads, ...state.hosts].map((candidate) => candidate.name).join(" ");
    throw new Error(`the lab has no "${name}". It has: ${known}`);
  }
  return inNamespace(name, place.netns, command, host && { CABLE_SOCKET: host.socket });
}

/** `more`: of the environment; in a host, where its agent's socket is, for `cable trace` and its like. */
function inNamespace(
  name: string,
  netns: string,
  command: readonly string[],
  more: Record<string, string> | undefined,
): Promise<number> {
  const [file = "", ...args] = inNetns(netns, command.length === 0 ? ["bash", "--norc", "-i"] : command);
  const child = spawn(file, args, { stdio: "inherit", env: { ...process.env, ...more, PS1: `${name} # ` } });
  process.on("SIGINT", () => {}); // Ctrl-C is for the command
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 128));
  });
}

async function inGuest(path: string, script: string): Promise<number> {
  const channel = await GuestChannel.connect(path);
  const outcome = await channel.run(script, 24 * 3600 * 1000);
  channel.close();
  process.stdout.write(outcome.stdout);
  process.stderr.write(outcome.stderr);
  return outcome.code;
}

function onConsole(path: string): Promise<number> {
  const socket = createConnection(path);
  const { stdin } = process;
  if (stdin.isTTY) stdin.setRawMode(true);
  process.stderr.write("The console; Ctrl-] leaves it.\r\n");
  socket.write("\n"); // for a prompt
  socket.pipe(process.stdout);
  return new Promise((resolve, reject) => {
    const leave = () => {
      if (stdin.isTTY) stdin.setRawMode(false);
      stdin.pause();
      socket.destroy();
      resolve(0);
    };
    stdin.on("data", (typed: Buffer) => {
      if (typed.includes(LEAVE)) leave();
      else socket.write(typed);
    });
    stdin.once("end", leave);
    socket.once("close", leave);
    socket.once("error", reject);
  });
}
