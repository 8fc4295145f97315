/** A control node's networking as a process of its own: calls come over IPC, so that several truly run at once. */
import type { Attributes, Networking } from "../../api/mod.ts";
import { MemoryCache } from "../../control/memory-cache.ts";
import type { NetworkingOptions } from "../../control/networking/mod.ts";
import { makeNetworking } from "../../control/networking/mod.ts";
import { ADMIN, NO_QUOTAS, silent } from "../../control/networking/networking.fixture.ts";
import { Fault } from "../../model/mod.ts";
import { etcdStore } from "../../store/mod.ts";

export type Answer = { value: unknown } | { code: string; message: string };

export interface Calls {
  create: Parameters<Networking["create"]> extends [unknown, infer K, infer B] ? [kind: K, bodies: B] : never;
  update: [kind: "network" | "subnet" | "port", id: string, changes: Attributes];
  delete: [kind: "network" | "subnet" | "port", id: string];
  /** Creates ports, `parallel` at a time, until one is refused. */
  fill: [networkId: string, parallel: number];
}
export type Call = { [M in keyof Calls]: { method: M; args: Calls[M] } }[keyof Calls];
export interface Question {
  id: number;
  call: Call;
}

async function fill(networking: Networking, networkId: string, parallel: number) {
  const made: { id: string; ip: string }[] = [];
  const refusals: string[] = [];
  const one = async () => {
    while (refusals.length === 0) {
      try {
        const [port] = await networking.create(ADMIN, "port", [{ network_id: networkId }]);
        if (port) made.push({ id: port.id, ip: port.fixed_ips[0]?.ip_address ?? "none" });
      } catch (error) {
        refusals.push(error instanceof Fault ? error.code : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, one));
  return { made, refusals };
}

async function answer(networking: Networking, call: Call): Promise<Answer> {
  try {
    if (call.method === "fill") return { value: await fill(networking, ...call.args) };
    if (call.method === "create") return { value: await networking.create(ADMIN, ...call.args) };
    if (call.method === "update") return { value: await networking.update(ADMIN, ...call.args) };
    return { value: (await networking.delete(ADMIN, ...call.args)) ?? null };
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, message: error.message };
    return { code: "unexpected", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const [endpoint = "", optionsText = "{}"] = process.argv.slice(2);
const store = etcdStore({ endpoints: [endpoint] });
const memory = await MemoryCache.start(store, silent);
const options: Partial<NetworkingOptions> = JSON.parse(optionsText);
const networking = makeNetworking({ store, memory, log: silent, options: { quotas: NO_QUOTAS, ...options } });
process.on("message", async ({ id, call }: Question) => {
  process.send?.({ id, answer: await answer(networking, call) });
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
