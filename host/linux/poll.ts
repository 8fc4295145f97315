/** Tells when a descriptor can be read, from libuv's own epoll: no thread, no timer, nothing while all is quiet. */
import koffi, { type node } from "koffi";

/** Poll handles must stay reachable: a collected one is closed. */
const open = new Set<node.PollHandle>();

/**
 * Calls `onReadable` while `fd` has something to read; it should read until there is no more. Keeps the process alive
 * only if `keepAlive`. Close it before the descriptor.
 */
export function pollReadable(fd: number, onReadable: () => void, options = { keepAlive: false }): { close(): void } {
  let closed = false;
  // koffi calls from outside of any JavaScript frame, where errors vanish and promises are not run: an immediate, which
  // libuv runs right after this poll, has both.
  const handle = koffi.node.poll(fd, { readable: true }, () => {
    setImmediate(() => {
      if (!closed) onReadable();
    });
  });
  if (!options.keepAlive) handle.unref();
  open.add(handle);
  return {
    close() {
      if (closed) return;
      closed = true;
      open.delete(handle);
      handle.close();
    },
  };
}
