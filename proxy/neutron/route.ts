/** A call of the API: a method, a path and what is done. The table of them all (routes.ts) is what the door serves. */
import type { FastifyRequest } from "fastify";
import type { Call } from "./call.ts";
import type { Resource } from "./resource.ts";
import type { Json } from "./validators.ts";

export interface Answer {
  status: number;
  /** Absent with 204. */
  json?: string | Buffer;
}

/** A request, as far as a handler needs it. */
export interface Asked {
  /** Without its resource where the route has none. */
  readonly call: Call;
  /** The parts of the path that the pattern leaves open, in order; without that of a parent, which is in the call. */
  readonly params: readonly string[];
  readonly request: FastifyRequest;
  /** The JSON of the body. @throws Fault */
  body(): Json | undefined;
  /** @throws Fault */
  ifRevision(): number | undefined;
}

export type Handler = (asked: Asked) => Promise<Answer> | Answer;

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /v2.0/: "routers/:id". */
  readonly path: string;
  readonly resource?: Resource;
  /** What it does, in a word or two: for the description of the API. */
  readonly name: string;
  readonly handle: Handler;
}

export const ok = (json: string | Buffer): Answer => ({ status: 200, json });
export const okJson = (value: unknown): Answer => ok(JSON.stringify(value));
export const created = (json: string | Buffer): Answer => ({ status: 201, json });
export const NONE: Answer = { status: 204 };
