/** The credentials of a Kubernetes node's agent: what kubelet gave its pod, and what it got for that. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { HostClientOptions } from "../api/client.ts";

/**
 * `kept` is where the host's token is between starts. That one is tried first, so that an agent starts with neither the API server nor a control node
 * there; one that is not taken, since the host was made anew, say, is replaced.
 */
export function nodeCredentials(
  { kubernetesTokenFile, cluster }: { kubernetesTokenFile: string; cluster: string | undefined },
  kept: string,
): Pick<HostClientOptions, "token" | "node"> {
  return {
    token: readIfThere(kept),
    node: {
      cluster,
      serviceAccountToken: () => readFileSync(kubernetesTokenFile, "utf8").trim(),
      keep(token) {
        mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
        writeFileSync(`${kept}.new`, token, { mode: 0o600 });
        renameSync(`${kept}.new`, kept);
      },
    },
  };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
