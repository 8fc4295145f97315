/** Starts what tells Nova, when --nova-url asks for it. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Store } from "../store/mod.ts";
import { JsonHttp, KeystoneClient } from "./auth/mod.ts";
import { type KeystoneFlags, keystoneOptions } from "./keystone-flags.ts";
import type { Memory } from "./memory.ts";
import { Courier, novaAt, withOutbox } from "./nova/mod.ts";

interface Parts {
  store: Store;
  memory: Memory;
  log: Logger;
}

/** The store to write through, and the end of the sending. @throws Error that names every missing flag */
export async function startNova(
  flags: KeystoneFlags & { novaUrl?: string },
  { store, memory, log }: Parts,
): Promise<{ store: Store; close(): Promise<void> }> {
  if (flags.novaUrl === undefined) return { store, close: async () => {} };
  const { account } = await keystoneOptions(flags, log, "--nova-url");
  const keystone = new KeystoneClient(account);
  const http = new JsonHttp(account.tls ?? {});
  const name = randomUUID();
  const courier = new Courier(store, novaAt(flags.novaUrl, keystone, http), log, { name });
  await courier.start();
  return {
    store: withOutbox(store, memory, name),
    async close() {
      await courier.close();
      keystone.close();
      http.close();
    },
  };
}
