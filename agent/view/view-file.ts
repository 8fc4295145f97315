import { createReadStream } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { HostView, ViewMessage } from "../../model/mod.ts";
import { HeldView } from "./held-view.ts";

const FORMAT = 1;
const LINES_A_WRITE = 500;

/**
 * A view on disk: a header line, then the very lines of the view stream, ending in "synced". A file without that last
 * line was cut off and is not used.
 */
export interface ViewFile {
  /** What was saved last for this host, or undefined when there is nothing usable. */
  load(): Promise<{ view: HostView; revision: number } | undefined>;
  /** Replaces the file in one step. Does not block the event loop for longer than some hundred objects take. */
  save(view: HostView, revision: number): Promise<void>;
}

export function viewFile(path: string, host: string): ViewFile {
  return { load: () => load(path, host), save: (view, revision) => save(path, host, view, revision) };
}

/** Anything that cannot be read is no view: the control node has it, and a start must not fail for want of a copy. */
async function load(path: string, host: string): Promise<{ view: HostView; revision: number } | undefined> {
  const held = new HeldView();
  let isHeader = true;
  try {
    for await (const line of createInterface({ input: createReadStream(path, "utf8") })) {
      const value = JSON.parse(line);
      if (!isHeader) held.receive(value as ViewMessage);
      else if (value.format !== FORMAT || value.host !== host) return undefined;
      isHeader = false;
    }
  } catch {
    return undefined;
  }
  return held.complete && held.revision !== undefined ? { view: held.view, revision: held.revision } : undefined;
}

async function save(path: string, host: string, view: HostView, revision: number): Promise<void> {
  const temporary = `${path}.new`;
  await mkdir(dirname(path), { recursive: true });
  const file = await open(temporary, "w", 0o600);
  try {
    // The objects are never altered, only replaced: copying the references fixes the moment that is saved.
    const copy: HostView = {
      networks: new Map(view.networks),
      ports: new Map(view.ports),
      endpoints: new Map(view.endpoints),
      groups: new Map(view.groups),
      routers: new Map(view.routers),
      balancers: new Map(view.balancers),
    };
    const lines = messages(copy, revision);
    let chunk = [JSON.stringify({ format: FORMAT, host })];
    for (const message of lines) {
      chunk.push(JSON.stringify(message));
      if (chunk.length < LINES_A_WRITE) continue;
      await file.write(`${chunk.join("\n")}\n`);
      chunk = [];
    }
    await file.write(`${chunk.join("\n")}\n`);
    // Without this a power cut after the rename may leave an empty file under the final name.
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

function* messages(view: HostView, revision: number): Generator<ViewMessage> {
  yield { type: "snapshot" };
  for (const value of view.networks.values()) yield { type: "put", kind: "network", value };
  for (const value of view.ports.values()) yield { type: "put", kind: "port", value };
  for (const value of view.endpoints.values()) yield { type: "put", kind: "endpoint", value };
  for (const value of view.groups.values()) yield { type: "put", kind: "group", value };
  for (const value of view.routers.values()) yield { type: "put", kind: "router", value };
  for (const value of view.balancers.values()) yield { type: "put", kind: "balancer", value };
  yield { type: "synced", revision };
}
