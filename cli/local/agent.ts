/** Requests to the agent of this host, whose failures say what to do. */
import { request } from "node:http";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** As the CNI executable has it. */
export const DEFAULT_SOCKET = "/run/cable/agent.sock";

const REFUSALS: Record<string, string> = {
  ENOENT: "there is no such socket. Is the agent running on this host? --socket or CABLE_SOCKET says where its is",
  ECONNREFUSED: "no agent answers there. Is it running? --socket or CABLE_SOCKET says where its socket is",
  EACCES: "only root may ask the agent: start this as root",
  EPERM: "only root may ask the agent: start this as root",
};

/** @throws Error with a sentence that says what to do */
function open(socket: string, method: string, path: string, body?: unknown): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, method, path, agent: false }, (reply) => {
      if (reply.statusCode === 200) return resolve(reply);
      text(reply)
        .then((said) => reject(new Error(messageOf(said))))
        .catch(reject);
    });
    asked.on("error", (error: NodeJS.ErrnoException) => {
      reject(new Error(`${socket}: ${REFUSALS[error.code ?? ""] ?? error.message}`));
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function text(from: Readable): Promise<string> {
  let all = "";
  for await (const part of from.setEncoding("utf8")) all += part;
  return all;
}

function messageOf(said: string): string {
  try {
    return JSON.parse(said).error.message;
  } catch {
    return `the agent answered: ${said.slice(0, 200)}`;
  }
}

/** The answer as a value. */
export async function ask<T>(socket: string, method: string, path: string, body?: unknown): Promise<T> {
  return JSON.parse(await text(await open(socket, method, path, body)));
}

/** The answer's lines, as they come. */
export async function* lines<T>(socket: string, path: string): AsyncIterable<T> {
  const reply = await open(socket, "GET", path);
  for await (const line of createInterface({ input: reply })) if (line !== "") yield JSON.parse(line);
}
