/** Requests to a control node, whose failures say what to do. */
import { ControlFailure } from "../api/client.ts";

const TIMEOUT_MS = 15_000;

export interface Access {
  readonly url: string;
  /** The operator's token. */
  readonly token: string | undefined;
}

/** The answer's JSON, or undefined where there is none. @throws ControlFailure */
export async function ask({ url, token }: Access, method: string, path: string, body?: unknown): Promise<unknown> {
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const payload = body === undefined ? {} : { body: JSON.stringify(body) };
  const { status, text } = await send(url, path, { method, headers, ...payload });
  if (status >= 400) throw new ControlFailure(status, reason(status, text));
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlFailure(status, `what answers at ${url} is no control node of Cable: it sent no JSON`);
  }
}

async function send(url: string, path: string, init: RequestInit): Promise<{ status: number; text: string }> {
  try {
    const reply = await fetch(url.replace(/\/$/, "") + path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { status: reply.status, text: await reply.text() };
  } catch (error) {
    const hint = "Is it running? --url or CABLE_URL says where.";
    throw new ControlFailure(0, `no control node answers at ${url} (${causeOf(error)}). ${hint}`);
  }
}

/** fetch hides why it failed one level down. */
function causeOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message: string };
  return cause?.code ?? cause?.message ?? message;
}

function reason(status: number, text: string): string {
  if (status === 401) {
    return "the control node does not know this token. Give the operator's with --token-file FILE or CABLE_TOKEN_FILE: what its --admin-token-file holds.";
  }
  try {
    return JSON.parse(text).error.message;
  } catch {
    return `the answer was ${status}: ${text.slice(0, 200)}`;
  }
}
