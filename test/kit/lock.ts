/** One lab of a name at a time. */
import { createServer, type Server } from "node:net";
import { isRunning, readState } from "./state.ts";

/**
 * An abstract socket by the lab's name: the kernel gives it to one process, and takes it back when that ends.
 * @throws Error that says who has it
 */
export async function takeLock(name: string): Promise<Server> {
  const server = createServer();
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(true);
      else reject(error);
    });
    server.listen(`\0${name}`, () => resolve(false));
  });
  if (!taken) {
    server.unref();
    return server;
  }
  const state = await readState(name);
  const who = state !== undefined && isRunning(state) ? ` (process ${state.pid})` : "";
  throw new Error(
    `the lab "${name}" is running already${who}; "./cable lab status" shows it, "./cable lab down" ends it`,
  );
}

/** Whether nothing listens on this TCP port of loopback. */
export async function isFreePort(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  await new Promise((resolve) => server.close(resolve));
  return free;
}
