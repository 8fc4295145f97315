/** The load of `bench api`: tasks of HTTP requests, sent by a C program that costs a few microseconds a request. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { BUILD } from "../kit/place.ts";
import { buildProgram } from "./program.ts";

const PROGRAM = join(BUILD, "bench/api-load");
/** In a request: the id in the first reply of its task. As long as an id, so that the body's length stays true. */
export const FIRST_ID = "@".repeat(36);

export interface ApiRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  token: string;
  body?: unknown;
}

/** Requests that follow each other on one connection. */
export type Task = readonly ApiRequest[];

export interface Reply {
  status: number;
  body: string;
  tookMs: number;
}

/** What became of a task that was begun; broken off after a reply that is no success. */
export interface Outcome {
  task: Task;
  replies: Reply[];
  tookMs: number;
}

export interface Load {
  outcomes: Outcome[];
  wallSeconds: number;
  /** CPU time of the load program for one request; the servers share the machine with it. */
  cpuMicroseconds: number;
  /** Connections that the server closed in place of a reply. */
  lost: number;
}

export const buildLoad = () => buildProgram("api-load");

function wire({ method, path, token, body }: ApiRequest): string {
  const text = body === undefined ? "" : JSON.stringify(body);
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: ${token}\r\nAccept: application/json\r\n`;
  const about = text === "" ? "" : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`;
  return `${head}${about}\r\n${text}`;
}

/** Runs the tasks over `clients` connections; none is begun after `seconds`. */
export async function load(
  port: number,
  tasks: readonly Task[],
  { clients, seconds }: { clients: number; seconds: number },
): Promise<Load> {
  const child = spawn(PROGRAM, [String(port), String(clients), String(seconds)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  child.stdin.on("error", () => {}); // its exit status tells
  tasks.forEach((task, number) => {
    for (const text of task.map(wire)) child.stdin.write(`${number} ${Buffer.byteLength(text)}\n${text}`);
  });
  child.stdin.end();
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout) pieces.push(piece);
  const status = await ended;
  if (status !== 0) throw new Error(`api-load ended with ${status}`);
  return parse(Buffer.concat(pieces), tasks);
}

function parse(output: Buffer, tasks: readonly Task[]): Load {
  const replies = new Map<number, Reply[]>();
  let count = 0;
  for (let at = 0; ; ) {
    const lineEnd = output.indexOf(10, at);
    const [first = "", ...rest] = output.toString("latin1", at, lineEnd).split(" ");
    const [status = 0, sentUs = 0, tookUs = 0, length = 0] = rest.map(Number);
    if (first === "end") {
      const [wallUs = 0, cpuUs = 0, lost = 0] = rest.map(Number);
      const outcomes = [...replies].map(([number, all]) => outcome(tasks[number] as Task, all));
      return { outcomes, wallSeconds: wallUs / 1e6, cpuMicroseconds: cpuUs / Math.max(count, 1), lost };
    }
    if (sentUs === 0) throw new Error("api-load wrote something else than replies");
    const body = output.toString("utf8", lineEnd + 1, lineEnd + 1 + length);
    const number = Number(first);
    replies.set(number, [...(replies.get(number) ?? []), { status, body, tookMs: tookUs / 1000 }]);
    count++;
    at = lineEnd + 1 + length;
  }
}

const outcome = (task: Task, replies: Reply[]): Outcome => ({
  task,
  replies,
  tookMs: replies.reduce((sum, reply) => sum + reply.tookMs, 0),
});
