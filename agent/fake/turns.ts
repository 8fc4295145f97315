import { setImmediate as turn } from "node:timers/promises";

/** Some turns of the event loop: what does not wait for a timer has happened after them, however slow the machine. */
export async function turns(): Promise<void> {
  for (let count = 0; count < 8; count++) await turn();
}
