/** Lines out of a stream of text that arrives in pieces. */
import type { Readable } from "node:stream";

/** A view message is one object; a longer line is not from a control node. */
const MAX_LENGTH = 16 * 1024 * 1024;

/** The complete lines of each piece, without their ends. What follows the last line end is dropped: it was cut off. */
export async function* lines(stream: Readable): AsyncGenerator<string[]> {
  stream.setEncoding("utf8");
  let rest = "";
  for await (const chunk of stream as AsyncIterable<string>) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > MAX_LENGTH) throw new RangeError(`a line of more than ${MAX_LENGTH} characters`);
    yield parts;
  }
}
