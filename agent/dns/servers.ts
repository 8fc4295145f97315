/** Whom to ask what we do not know: the servers that were named, or those of the host's own resolv.conf, read when it changes. */
import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { SERVICE_IP4, SERVICE_IP6 } from "../../model/mod.ts";

export interface Server {
  /** An IPv6 address may have a zone, as fe80::1%eth0. */
  address: string;
  port: number;
}

const DNS_PORT = 53;
/** How often the file is looked at, when somebody asks. */
const LOOK_MS = 1_000;
const MOST_SERVERS = 8;

/** "192.0.2.1", "192.0.2.1:5353", "2001:db8::1" or "[2001:db8::1]:5353"; undefined for anything else. */
export function parseServer(text: string): Server | undefined {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT };
  const [, bracketed, bare, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? bare ?? "";
  const isRight = isIP(address) === (bracketed === undefined ? 4 : 6) && Number(port) > 0 && Number(port) < 65536;
  return isRight ? { address, port: Number(port) } : undefined;
}

/** resolv.conf(5). Our own addresses are left out: a question that goes in a circle never ends. */
export function parseResolvConf(text: string): Server[] {
  return text
    .split("\n")
    .flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .filter((address) => isIP(address) !== 0 && !isOurs(address))
    .slice(0, MOST_SERVERS)
    .map((address) => ({ address, port: DNS_PORT }));
}

const isOurs = (address: string) =>
  [SERVICE_IP4, SERVICE_IP6].some((own) => own === address.replace(/%.*/, "").toLowerCase());

/** The servers named in a file. Without one that can be read there are none. */
export class ResolvConf {
  readonly #file: string;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #version = "";
  #servers: readonly Server[] = [];

  constructor(file = "/etc/resolv.conf") {
    this.#file = file;
  }

  servers(nowMs = performance.now()): readonly Server[] {
    if (nowMs - this.#lookedMs < LOOK_MS) return this.#servers;
    this.#lookedMs = nowMs;
    try {
      const { ino, mtimeMs, size } = statSync(this.#file);
      const version = `${ino} ${mtimeMs} ${size}`;
      if (version === this.#version) return this.#servers;
      this.#servers = parseResolvConf(readFileSync(this.#file, "latin1"));
      this.#version = version;
    } catch {
      this.#version = "";
      this.#servers = [];
    }
    return this.#servers;
  }
}
