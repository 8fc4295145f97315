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
  /** Segments that the sender's kernel had to send again, and of which the receiver did not say that it had them already. */
  lost: number;
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
  const before = await lost(options.from);
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
      const result = JSON.parse((await said()).at(-1) ?? "") as Omit<StreamResult, "lost">;
      return { ...result, lost: Math.max(0, (await lost(options.from)) - before) };
    },
  };
}

/**
 * A busy machine makes acknowledgements late, and the sender then asks by sending again (RFC 8985 section 7.3): what had
 * arrived is told of as a duplicate (RFC 2883), so the rest was lost.
 */
async function lost(netns: string): Promise<number> {
  const text = await mustIn(netns, ["cat", "/proc/net/snmp", "/proc/net/netstat"]);
  const counter = (group: string, name: string) => {
    const lines = text.split("\n").filter((line) => line.startsWith(`${group}:`));
    const [names = [], values = []] = lines.map((line) => line.split(" "));
    const value = Number(values[names.indexOf(name)]);
    if (Number.isNaN(value)) throw new Error(`the kernel counts no ${name}`);
    return value;
  };
  return counter("Tcp", "RetransSegs") - counter("TcpExt", "TCPDSACKRecv");
}
