/** A long TCP transfer between two namespaces, watched for any disturbance. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ip } from "../../model/mod.ts";
import { mustIn } from "./netns.ts";
import { start, until } from "./process.ts";

export interface StreamResult {
  bytes: number;
  /** Bytes that were not what was sent. */
  wrong: number;
  /** Between two arrivals. */
  longestGapMs: number;
  error: string;
  /** Segments that the sender's kernel had to send again. */
  retransmitted: number;
}

const PORT = 5001;
const END = join(import.meta.dirname, "stream-end.ts");

/** Starts it; `finish` ends it in good order and tells how it went. */
export async function startStream(options: {
  directory: string;
  from: string;
  to: string;
  address: Ip;
}): Promise<{ finish(): Promise<StreamResult> }> {
  const log = (end: string) => join(options.directory, `stream-${end}.log`);
  const receiver = start({
    name: "receiver",
    command: [process.execPath, END, "receive", String(PORT)],
    logFile: log("receiver"),
    netns: options.to,
  });
  const said = async () => (await readFile(log("receiver"), "utf8")).trim().split("\n");
  await until("the receiver to listen", async () => ((await said()).includes("listening") ? true : undefined));
  const before = await retransmitted(options.from);
  const sender = start({
    name: "sender",
    command: [process.execPath, END, "send", options.address, String(PORT)],
    logFile: log("sender"),
    netns: options.from,
  });
  return {
    finish: async () => {
      sender.kill("SIGTERM");
      await Promise.all([sender.ended(), receiver.ended()]);
      const result = JSON.parse((await said()).at(-1) ?? "") as Omit<StreamResult, "retransmitted">;
      return { ...result, retransmitted: (await retransmitted(options.from)) - before };
    },
  };
}

/** RetransSegs of RFC 1213's TCP group, which Linux counts per namespace. */
async function retransmitted(netns: string): Promise<number> {
  const lines = (await mustIn(netns, ["cat", "/proc/net/snmp"])).split("\n").filter((line) => line.startsWith("Tcp:"));
  const [names = [], values = []] = lines.map((line) => line.split(" "));
  return Number(values[names.indexOf("RetransSegs")]);
}
