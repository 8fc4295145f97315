/** The Neutron door over the control node's own networking, with a store in memory: everything but etcd and sockets. */
import fastify, { type InjectOptions } from "fastify";
import pino from "pino";
import type { Authenticator, Networking } from "../../api/mod.ts";
import { HostRecords } from "../../control/hosts/host-records.ts";
import { MemoryCache } from "../../control/memory-cache.ts";
import { makeNetworking, type NetworkingOptions } from "../../control/networking/mod.ts";
import { neutronDoor } from "../../proxy/neutron/mod.ts";
import { MemoryStore } from "../../store/memory-store.ts";

/** Everyone is a member of the project that the token names; "admin" is everything everywhere, "service" a service. */
const authenticator: Authenticator = {
  async authenticate(headers, requestId) {
    const projectId = String(headers["x-auth-token"] ?? "admin");
    const isAdmin = projectId === "admin";
    const role = isAdmin ? "admin" : projectId === "service" ? "service" : "member";
    return { requestId, userId: projectId, projectId, roles: [role], isAdmin };
  },
};

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any;
  text: string;
}

export interface RealDoor {
  networking: Networking;
  ask(method: NonNullable<InjectOptions["method"]>, url: string, body?: unknown, token?: string): Promise<Reply>;
  /** Registers a host that has reported nothing yet. */
  host(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function realDoor(options: Partial<NetworkingOptions> = {}): Promise<RealDoor> {
  const log = pino({ level: "silent" });
  const store = new MemoryStore();
  const memory = await MemoryCache.start(store, log);
  const networking = makeNetworking({ store, memory, log, options });
  const app = fastify();
  await app.register(neutronDoor, { networking, authenticator });
  return {
    networking,
    async ask(method, url, body, token = "admin") {
      const payload = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
      const headers = { "x-auth-token": token };
      const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
      const isJson = answer.payload !== "" && String(answer.headers["content-type"]).startsWith("application/json");
      return { status: answer.statusCode, text: answer.payload, body: isJson ? answer.json() : undefined };
    },
    async host(name) {
      await new HostRecords(store, memory).create({ name });
    },
    async close() {
      await app.close();
      await memory.close();
      await store.close();
    },
  };
}
