/** The door over {@link FakeNetworking}, for its tests: one caller per token, requests in, status and body out. */
import fastify from "fastify";
import type { Authenticator, Caller } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";
import { neutronDoor } from "./door.ts";
import { FakeNetworking } from "./fake-networking.ts";
import { Policy, type PolicySource } from "./policy/mod.ts";

const caller = (projectId: string, roles: string[], host?: string): Omit<Caller, "requestId"> => ({
  userId: "user",
  projectId,
  roles,
  isAdmin: roles.includes("admin"),
  ...(host === undefined ? {} : { host }),
});

/** Token to caller. "other" is a member of another project than "member" and "reader". */
export const CALLERS: Record<string, Omit<Caller, "requestId">> = {
  admin: caller("admin-project", ["admin"]),
  service: caller("service-project", ["service"]),
  manager: caller("mine", ["manager"]),
  member: caller("mine", ["member"]),
  reader: caller("mine", ["reader"]),
  other: caller("theirs", ["member"]),
  host: caller("mine", ["admin"], "host-1"),
};

const authenticator: Authenticator = {
  async authenticate(headers, requestId) {
    const found = CALLERS[String(headers["x-auth-token"])];
    if (found === undefined) throw fault("Unauthorized", { msg: "unknown token", uri: "http://keystone:5000" });
    return { ...found, requestId };
  },
};

export interface Reply {
  status: number;
  /** Parsed, or the text when it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any;
  text: string;
  headers: Record<string, unknown>;
}

type Method = "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "PATCH" | "OPTIONS";

export interface Ask {
  token?: string;
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface FakeDoor {
  networking: FakeNetworking;
  ask(method: Method, url: string, ask?: Ask): Promise<Reply>;
  close(): Promise<void>;
}

/** A door with no records; `bodyLimit` in bytes. */
export async function fakeDoor(bodyLimit = 1 << 20, policy: PolicySource = Policy.make()): Promise<FakeDoor> {
  const networking = new FakeNetworking();
  const app = fastify({ bodyLimit });
  await app.register(neutronDoor, { networking, authenticator, policy });
  return {
    networking,
    async ask(method, url, { token = "admin", body, headers = {} } = {}) {
      const payload = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const answer = await app.inject({
        method,
        url,
        headers: {
          "x-auth-token": token,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(payload === undefined ? {} : { payload }),
      });
      const { statusCode: status, payload: text } = answer;
      return { status, text, body: parsed(text), headers: answer.headers };
    },
    close: () => app.close(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
