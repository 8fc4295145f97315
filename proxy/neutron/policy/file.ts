/** A policy that follows its file, as oslo.policy's does: what an operator changes is in force without a restart. */
import { readFileSync, statSync } from "node:fs";
import type { Caller } from "../../../api/mod.ts";
import type { CallerPolicy } from "./caller-policy.ts";
import { parsePolicyFile } from "./file-text.ts";
import { Policy, type PolicySource } from "./policy.ts";

export interface PolicyFileLog {
  info(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

const CHECK_EVERY_MS = 1000;

export class PolicyFile implements PolicySource {
  readonly #path: string;
  readonly #log: PolicyFileLog;
  readonly #now: () => number;
  #checkedAt: number;
  /** What the file looked like when it was last read, or why it could not be. */
  #seen: string;
  #policy: Policy;

  private constructor(path: string, log: PolicyFileLog, now: () => number) {
    this.#path = path;
    this.#log = log;
    this.#now = now;
    this.#checkedAt = now();
    this.#seen = stampOf(path);
    this.#policy = read(path);
  }

  /** @throws Error, with the path and all that is wrong: a process does not start with a policy that it cannot read. */
  static open(path: string, log: PolicyFileLog, now: () => number = () => performance.now()): PolicyFile {
    return new PolicyFile(path, log, now);
  }

  for(caller: Caller): CallerPolicy {
    const now = this.#now();
    if (now - this.#checkedAt >= CHECK_EVERY_MS) {
      this.#checkedAt = now;
      this.#follow();
    }
    return this.#policy.for(caller);
  }

  /** A file that is gone or broken leaves the former rules in force, and is told of once. */
  #follow(): void {
    const seen = stampOf(this.#path);
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      this.#policy = read(this.#path);
      this.#log.info({ file: this.#path }, "policy read again");
    } catch (error) {
      this.#log.error({ file: this.#path, err: error }, "policy not read, the former rules stay in force");
    }
  }
}

function stampOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

function read(path: string): Policy {
  try {
    return Policy.make(parsePolicyFile(readFileSync(path, "utf8")));
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}
