/** Commands for a virtual machine, over a virtio port; guest-init.sh is the other end. */
import { randomUUID } from "node:crypto";
import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome } from "./run.ts";

export class GuestChannel {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  #rest = "";

  private constructor(socket: Socket) {
    this.#socket = socket.unref(); // a command that waits has a timer, which keeps the process
    socket.setEncoding("latin1").on("data", (text: string) => this.#receive(text));
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const resolve of this.#waiting.values()) {
        resolve({ code: 255, stdout: "", stderr: "the virtual machine is gone" });
      }
      this.#waiting.clear();
    });
  }

  /** Connects as soon as QEMU has made the socket. @throws Error when that does not happen in time */
  static async connect(path: string, timeoutMs = 10_000): Promise<GuestChannel> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const socket = createConnection(path);
      const error = await new Promise<Error | undefined>((resolve) => {
        socket.once("connect", () => resolve(undefined));
        socket.once("error", resolve);
      });
      if (error === undefined) return new GuestChannel(socket);
      if (performance.now() > deadline) throw new Error(`the virtual machine has no channel: ${error.message}`);
      await sleep(20);
    }
  }

  /** Runs a shell script in the guest; scripts run side by side. Output and errors come together as stdout. */
  run(script: string, timeoutMs = 60_000): Promise<Outcome> {
    const id = randomUUID();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve({ code: 254, stdout: "", stderr: `no answer from the virtual machine in ${timeoutMs / 1000} s` });
      }, timeoutMs);
      this.#waiting.set(id, (outcome) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(outcome);
      });
      this.#socket.write(`${id} ${Buffer.from(script).toString("base64")}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [id = "", code = "", output = ""] = line.trim().split(" ");
      const stdout = Buffer.from(output, "base64").toString();
      this.#waiting.get(id)?.({ code: Number(code), stdout, stderr: "" });
    }
  }
}
