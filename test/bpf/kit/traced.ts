/** Holds the explaining build to what really happens: each frame that a test sends is traced first. */
import assert from "node:assert/strict";
import { dropReasonNames, type NetNumber, TraceKind, type TraceStep } from "../../../bpf/layout.gen.ts";
import type { TraceOutcome, TraceRun } from "../../../datapath/ebpf/trace-run.ts";
import type { Plane } from "./plane.ts";
import type { Place } from "./world.ts";

/** What cannot be foreseen, and why. */
export const UNFORESEEN: Record<string, string> = {
  redirect: "only the kernel knows, when it sends, that a device is gone or down",
};

/** Reasons that some trace of this process has said beforehand. */
export const foreseenReasons = new Set<string>();

interface Seen {
  drops: string[];
  /** Frames out of each place. */
  out: string[];
}

const stepsOf = (steps: readonly TraceStep[], kind: number) => steps.filter((step) => step.kind === kind);

/** What a trace says of drops and of what comes out where. `placeOf`: by device. */
export function foreseen({ steps }: TraceOutcome, placeOf: (ifindex: number) => Place | "copies" | undefined): Seen {
  const dropped = stepsOf(steps, TraceKind.DROPPED);
  const sent = steps.filter(({ kind }) => kind === TraceKind.SENT || kind === TraceKind.COPIED);
  return {
    drops: dropped.map(({ vif, number }) => `${vif} ${dropReasonNames[number]}`).sort(),
    out: sent.flatMap(({ number }) => placeOf(number) ?? []).sort(),
  };
}

function dropsOf(plane: Plane): Map<string, bigint> {
  const all = new Map<string, bigint>();
  for (let vif = 0; vif < 64; vif++)
    for (const [reason, count] of plane.stats(vif).drops.entries()) all.set(`${vif} ${dropReasonNames[reason]}`, count);
  return all;
}

/** BPF_PROG_TEST_RUN takes no IP packet that is shorter than its fixed header. */
function isTestable(frame: Uint8Array): boolean {
  const type = Buffer.from(frame).readUInt16BE(12);
  return frame.length >= (type === 0x0800 ? 34 : type === 0x86dd ? 54 : 14);
}

/** Traces the frame, which must change nothing, then sends it, and compares. Returns what came out. `justBefore`: of both,
 * for what depends on the time that has passed since. */
export function sendTraced(
  plane: Plane,
  run: TraceRun,
  placeOf: (ifindex: number) => Place | "copies" | undefined,
  send: () => Record<Place, Buffer[]>,
  justBefore: () => void = () => {},
): Record<Place, Buffer[]> {
  justBefore();
  if (!isTestable(run.frame)) return send();
  const before = plane.bytes();
  const outcome = plane.trace(run);
  assert.deepEqual(plane.bytes(), before, "a trace changes nothing");
  const drops = dropsOf(plane);
  justBefore();
  const came = send();
  const really: Seen = {
    drops: [...dropsOf(plane)].flatMap(([name, count]) =>
      Array.from({ length: Number(count - (drops.get(name) ?? 0n)) }, () => name),
    ),
    out: (Object.keys(came) as Place[]).flatMap((place) => came[place].map(() => place)).sort(),
  };
  if (really.drops.some((drop) => (drop.split(" ")[1] as string) in UNFORESEEN)) return came;
  if (outcome.more > 0) return came; // a broadcast to more members than a trace has room for
  const wanted = foreseen(outcome, placeOf);
  if (wanted.out.includes("copies")) withoutCopies(wanted, really);
  assert.deepEqual(wanted, { ...really, drops: really.drops.sort() }, "as it was traced");
  for (const drop of really.drops) foreseenReasons.add(drop.split(" ")[1] as string);
  compareFrame(outcome, came);
  return came;
}

/** What is mirrored is traced to where the copies are made, and not what becomes of them. */
function withoutCopies(wanted: Seen, really: Seen): void {
  wanted.out = wanted.out.filter((place) => place !== "copies");
  const rest = [...wanted.out];
  really.out = really.out.filter((place) => rest.includes(place) && rest.splice(rest.indexOf(place), 1));
  really.drops = really.drops.filter((drop) => !drop.endsWith(" copy"));
}

/** A machine's tag is put beside the frame, where a test run does not show it. */
const untagged = (frame: Buffer) =>
  frame.readUInt16BE(12) === 0x8100 ? Buffer.concat([frame.subarray(0, 12), frame.subarray(16)]) : frame;

/** What leaves whole is as it was traced, byte for byte. */
function compareFrame({ steps, frame }: TraceOutcome, came: Record<Place, Buffer[]>): void {
  const frames = Object.values(came).flat();
  const isCertain = !steps.some(({ kind }) => kind === TraceKind.COPIED || kind === TraceKind.CHANCE);
  if (frames.length !== 1 || !isCertain) return;
  const tunnelled = stepsOf(steps, TraceKind.ENCAPSULATED)[0];
  const envelope = tunnelled === undefined ? "" : `vni ${tunnelled.net satisfies NetNumber} to ${tunnelled.dst} `;
  assert.equal(
    untagged(frames[0] as Buffer).toString("hex"),
    Buffer.concat([Buffer.from(envelope), frame]).toString("hex"),
  );
}
