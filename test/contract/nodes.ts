/** Several control nodes for a test, each a process with its own memory, over one real etcd. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Answer, Call, Question } from "./ipam.node.ts";

export const NODES = 4;

export class Node {
  readonly child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #count = 0;

  constructor(endpoint: string, options: object) {
    const script = new URL("ipam.node.ts", import.meta.url);
    this.child = fork(script, [endpoint, JSON.stringify(options)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.child.on("message", (message: { id: number; answer: Answer }) => {
      this.#waiting.get(message.id)?.(message.answer);
      this.#waiting.delete(message.id);
    });
    this.child.on("exit", () => {
      for (const settle of this.#waiting.values()) settle({ code: "died", message: "the node died" });
    });
  }

  call(call: Call): Promise<Answer> {
    const question: Question = { id: this.#count++, call };
    return new Promise((resolve) => {
      this.#waiting.set(question.id, resolve);
      this.child.send(question);
    });
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill(signal);
    await gone;
  }
}

export async function startNodes(endpoint: string, options: object = {}): Promise<Node[]> {
  const nodes = Array.from({ length: NODES }, () => new Node(endpoint, options));
  const died = (node: Node) => once(node.child, "exit").then(() => assert.fail("a node died at its start"));
  await Promise.all(nodes.map((node) => Promise.race([once(node.child, "message"), died(node)])));
  return nodes;
}

/** The value of a call that was done. */
export function granted<T>(answer: Answer | undefined): T {
  assert.ok(answer && "value" in answer, JSON.stringify(answer));
  return answer.value as T;
}
export const codeOf = (answer: Answer) => ("code" in answer ? answer.code : "done");
