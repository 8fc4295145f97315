import {
  CNI_VERSIONS,
  type Cni,
  type CniCall,
  CniFailure,
  type CniVersion,
  failureBody,
  parseRequest,
} from "../cni/mod.ts";
import type { Log } from "../log.ts";
import type { Reply, Routes } from "./server.ts";

/** `POST /v1/cni`: 200 and what to print, or another status and the CNI error object. */
export function cniRoutes(cni: Pick<Cni, "run">, log: Log): Routes {
  return {
    "POST /v1/cni": async ({ body }): Promise<Reply> => {
      const startMs = performance.now();
      let call: CniCall | undefined;
      try {
        call = parseCall(body);
        const printed = await cni.run(parseRequest(call));
        const { command, containerId: container, ifname } = call;
        log.info({ command, container, ifname, ms: Math.round(performance.now() - startMs) }, "cni");
        return { status: 200, body: printed };
      } catch (error) {
        const failure = error instanceof CniFailure ? error : unexpected(error, log);
        const facts = {
          command: call?.command,
          container: call?.containerId,
          ifname: call?.ifname,
          code: failure.code,
        };
        log.warn({ ...facts, reason: failure.message }, "cni call failed");
        return {
          status: failure.code === 11 || failure.code === 50 ? 503 : 400,
          body: failureBody(failure, versionOf(call)),
        };
      }
    },
  };
}

function unexpected(error: unknown, log: Log): CniFailure {
  log.error({ reason: error instanceof Error ? error.stack : String(error) }, "cni call ended unexpectedly");
  return new CniFailure("io", `the agent failed: ${String(error)}; its log says more`);
}

const MEMBERS = ["command", "containerId", "netns", "ifname", "args", "path", "config"] as const;

function parseCall(body: string): CniCall {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(body) ?? {};
  } catch (error) {
    throw new CniFailure("undecodable", "the request of the CNI executable is not JSON", String(error));
  }
  const texts = MEMBERS.map((name) => [name, value[name] ?? ""] as const);
  const wrong = texts.find(([, text]) => typeof text !== "string");
  if (wrong !== undefined)
    throw new CniFailure("undecodable", `"${wrong[0]}" in the executable's request is not a text`);
  return Object.fromEntries(texts) as unknown as CniCall;
}

/** Errors come in the version of the configuration, when that can be read. */
function versionOf(call: CniCall | undefined): string {
  try {
    const { cniVersion } = JSON.parse(call?.config ?? "") as { cniVersion?: unknown };
    if (CNI_VERSIONS.includes(cniVersion as CniVersion)) return cniVersion as string;
  } catch {
    // Not to be read: the newest.
  }
  return "1.1.0";
}
