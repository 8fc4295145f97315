import { setImmediate as turn } from "node:timers/promises";

/** Some turns of the event loop: what does not wait for a timer has happened after them, however slow the machine. */
export async function turns(count = 8): Promise<void> {
  for (let done = 0; done < count; done++) await turn();
}
