import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Id } from "../../model/mod.ts";
import type { AttachmentKey } from "./request.ts";

/** What is known on disk of one interface of one container. */
export interface Attachment extends AttachmentKey {
  /** "adding": a device or port may be half-made; "added": ADD said so; "removing": only the port is left to give back. */
  state: "adding" | "added" | "removing";
  /** The configuration's network name: what GC goes by. */
  configName: string;
  netns: string;
  /** The host's end of the veth pair. */
  device: string;
  /** Null while the control node has not told it. */
  portId: Id | null;
  /** The network in which the port was made for this container, to be deleted with it; null: a port of the caller's. */
  ownNetworkId: Id | null;
  /** The interface of whose ADD this one was made, and with which it goes; a pod may have several. */
  primary?: string;
}

function isAttachment(value: unknown): value is Attachment {
  const texts = ["containerId", "ifname", "state", "configName", "netns", "device"];
  return (
    typeof value === "object" && value !== null && texts.every((name) => typeof Reflect.get(value, name) === "string")
  );
}

function readAttachment(path: string): Attachment | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isAttachment(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const hashOf = ({ containerId, ifname }: AttachmentKey) =>
  createHash("sha256").update(`${containerId}\0${ifname}`).digest("hex");

/** The name of the host's end: the same for the same container and interface, so that a lost record leaves no orphan. */
export function deviceOf(key: AttachmentKey): string {
  return `cab${hashOf(key).slice(0, 12)}`;
}

/** Whether a link's name is one that {@link deviceOf} gives. */
export function isContainerDevice(name: string): boolean {
  return /^cab[0-9a-f]{12}$/.test(name);
}

/**
 * The attachments of this host, one file each, in memory as well. Files are replaced in one step but not synced to
 * disk: after a power cut the containers are gone, too.
 */
export class Attachments {
  readonly #directory: string;
  readonly #byHash = new Map<string, Attachment>();
  readonly #byPort = new Map<Id, Attachment>();

  /** Reads what an earlier run left. An undecodable file is told to `onBad` and removed: its device name is known anyway. */
  constructor(directory: string, onBad: (file: string) => void = () => {}) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(directory)) {
      const path = join(directory, file);
      const attachment = file.endsWith(".json") ? readAttachment(path) : undefined;
      if (attachment !== undefined) this.#index(attachment);
      else {
        if (file.endsWith(".json")) onBad(path);
        rmSync(path);
      }
    }
  }

  get(key: AttachmentKey): Attachment | undefined {
    return this.#byHash.get(hashOf(key));
  }

  ofPort(portId: Id): Attachment | undefined {
    return this.#byPort.get(portId);
  }

  /** The device that the port is, or is about to be, on. */
  deviceOfPort(portId: Id): string | undefined {
    const attachment = this.#byPort.get(portId);
    return attachment?.state === "removing" ? undefined : attachment?.device;
  }

  all(): Attachment[] {
    return [...this.#byHash.values()];
  }

  /** On disk first, then in memory. */
  put(attachment: Attachment): void {
    const path = join(this.#directory, `${hashOf(attachment)}.json`);
    writeFileSync(`${path}.new`, JSON.stringify(attachment), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.#index(attachment);
  }

  remove(key: AttachmentKey): void {
    const hash = hashOf(key);
    rmSync(join(this.#directory, `${hash}.json`), { force: true });
    this.#unindex(hash);
  }

  #index(attachment: Attachment): void {
    const hash = hashOf(attachment);
    this.#unindex(hash);
    this.#byHash.set(hash, attachment);
    if (attachment.portId !== null) this.#byPort.set(attachment.portId, attachment);
  }

  #unindex(hash: string): void {
    const before = this.#byHash.get(hash);
    this.#byHash.delete(hash);
    if (before?.portId && this.#byPort.get(before.portId) === before) this.#byPort.delete(before.portId);
  }
}
