/** --flow-timeout: the states of flows as an operator writes them, `tcp-syn-sent` for tcpSynSentSeconds. */
import { FLOW_TIMEOUTS, type FlowTimeouts } from "../datapath/ebpf/mod.ts";

const LINE_LENGTH = 118;
const MAX_SECONDS = 10_000_000;

type Key = keyof FlowTimeouts;
const KEYS = new Map(
  (Object.keys(FLOW_TIMEOUTS) as Key[]).map((key) => [
    key.replace(/Seconds$/, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    key,
  ]),
);

export const FLOW_STATES = [...KEYS.keys()].join(", ");

/** STATE=SECONDS; undefined if it is not. */
export function parseTimeout(value: string): [Key, number] | undefined {
  const [, state = "", digits] = /^([a-z-]+)=(\d+)$/.exec(value) ?? [];
  const key = KEYS.get(state);
  const seconds = Number(digits);
  return key === undefined || !(seconds >= 1 && seconds <= MAX_SECONDS) ? undefined : [key, seconds];
}

/** All states with their defaults, in lines with `indent` blanks in front. */
export function timeoutDefaults(indent: number): string {
  const lines: string[] = [];
  for (const [state, key] of KEYS) {
    const pair = `${state}=${FLOW_TIMEOUTS[key]}`;
    const last = lines.at(-1);
    if (last === undefined || indent + last.length + pair.length >= LINE_LENGTH) lines.push(pair);
    else lines[lines.length - 1] = `${last} ${pair}`;
  }
  return lines.map((line) => " ".repeat(indent) + line).join("\n");
}
