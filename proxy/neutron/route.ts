/** A call of the API: a method, a path and what is done. The table of them all (routes.ts) is what the door serves. */
import type { FastifyRequest } from "fastify";
import type { Call } from "./call.ts";
import type { Schema } from "./json-schema.ts";
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

/** What goes in and comes out, for the description of the API. */
export interface Form {
  /** Of success, or of what is never done; 200 without. */
  readonly status?: 200 | 201 | 204 | 501;
  /** What the query may say: filters and pages, or which fields are wanted. */
  readonly query?: "list" | "fields";
  /** The body is one of these; absent: there is none. */
  readonly body?: readonly Schema[];
  /** The answer's body is one of these; absent: there is none. */
  readonly answer?: readonly Schema[];
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /v2.0/: "routers/:id". */
  readonly path: string;
  readonly resource?: Resource;
  /** What it does, in a word or two: for the description of the API. */
  readonly name: string;
  readonly form?: Form;
  readonly handle: Handler;
}

export const ok = (json: string | Buffer): Answer => ({ status: 200, json });
export const okJson = (value: unknown): Answer => ok(JSON.stringify(value));
export const created = (json: string | Buffer): Answer => ({ status: 201, json });
export const NONE: Answer = { status: 204 };
