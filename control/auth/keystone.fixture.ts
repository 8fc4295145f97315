/** A stand-in for Keystone before each test, an authenticator that asks it, and what becomes of a request. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, type TestContext } from "node:test";
import { Fault } from "../../model/mod.ts";
import { FakeKeystone, PASSWORD } from "./fake-keystone.ts";
import { KeystoneAuth, type KeystoneAuthOptions } from "./keystone.ts";
import type { KeystoneAccount } from "./keystone-client.ts";

export const URI = "http://public/v3";
export const REFUSED = `401 ${URI}`;
export const OUT = "503 The Keystone service is temporarily unavailable.";

export let keystone: FakeKeystone;
/** Lines of the log: text and facts. */
export let logged: string[];

/** Call it once in a test file: each test gets a Keystone that knows the token "good". */
export function keystoneForEach(): void {
  beforeEach(async () => {
    keystone = await FakeKeystone.start();
    keystone.tokens.set("good", {});
    logged = [];
  });
  afterEach(() => keystone.stop());
}

const note = (facts: unknown, text?: string) => void logged.push(`${text} ${JSON.stringify(facts)}`);

export function made(options: Partial<KeystoneAuthOptions> = {}, account: Partial<KeystoneAccount> = {}): KeystoneAuth {
  return new KeystoneAuth({
    account: {
      url: keystone.url,
      user: "cable",
      userDomain: "Default",
      project: "service",
      projectDomain: "Default",
      password: async () => PASSWORD,
      ...account,
    },
    wwwAuthenticateUri: URI,
    log: { debug: note, info: note, warn: note, error: note },
    ...options,
  });
}

export type Headers = Record<string, string | string[] | undefined>;
export const token = (name: string): Headers => ({ "x-auth-token": name });

/** "401 http://public/v3", "503 text" or the roles of who was let in. */
export async function outcome(auth: KeystoneAuth, headers: Headers, request?: { method: string; path: string }) {
  try {
    return (await auth.authenticate(headers, "r", request)).roles.join();
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return `${error.status} ${error.status === 401 ? error.facts.uri : error.message}`;
  }
}

/** Time stands still until the test moves it; only Date, so that HTTP works. */
export function stopClock(t: TestContext): (ms: number) => void {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  return (ms) => t.mock.timers.tick(ms);
}
