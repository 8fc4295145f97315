/** How long a flow's entries may be idle: by what the data plane has noted in both of them (bpf/state.h). Pure. */
import { type Flow, FlowFlag } from "../../bpf/layout.gen.ts";

/** After how long without a packet in either direction a flow is forgotten. */
export interface FlowTimeouts {
  /** Open: both ends have agreed to it. RFC 5382 REQ-5: no less than 2 hours and 4 minutes. */
  tcpSeconds: number;
  /** A SYN that nobody has answered, or packets of one direction only. */
  tcpSynSentSeconds: number;
  /** SYN and its answer, and nothing after. */
  tcpSynReceivedSeconds: number;
  /** One end has finished. */
  tcpFinSeconds: number;
  /** Both ends have, or an RST was seen. */
  tcpClosedSeconds: number;
  /** Both ends have spoken. RFC 4787 REQ-5: no less than 2 minutes. */
  udpSeconds: number;
  udpSingleSeconds: number;
  icmpSeconds: number;
  /** As for TCP; an association's heartbeats come every 30 s (RFC 9260 section 16). */
  sctpSeconds: number;
  sctpOpeningSeconds: number;
  sctpClosedSeconds: number;
  otherSeconds: number;
  /** Other than TCP: an answer that is not let through any more. */
  refusedSeconds: number;
}

export const FLOW_TIMEOUTS: FlowTimeouts = {
  tcpSeconds: 7440,
  tcpSynSentSeconds: 30,
  tcpSynReceivedSeconds: 60,
  tcpFinSeconds: 120,
  tcpClosedSeconds: 10,
  udpSeconds: 180,
  udpSingleSeconds: 60,
  icmpSeconds: 30,
  sctpSeconds: 210,
  sctpOpeningSeconds: 30,
  sctpClosedSeconds: 10,
  otherSeconds: 60,
  refusedSeconds: 30,
};

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMP6 = 58;
const SCTP = 132;

export type FlowFacts = Pick<Flow, "flags" | "packets">;
type State = "unanswered" | "answered" | "open" | "finishing" | "closed" | "refused";

/** What the two entries of a connection say together; it does not matter which is which. */
export function stateOf(flow: FlowFacts, other: FlowFacts | undefined): State {
  const either = flow.flags | (other?.flags ?? 0);
  if ((flow.flags & FlowFlag.REFUSED) !== 0) return "refused";
  if ((either & (FlowFlag.CLOSED | FlowFlag.RESET)) !== 0) return "closed";
  if ((either & FlowFlag.FIN) !== 0) return "finishing";
  if (other === undefined || flow.packets === 0n || other.packets === 0n) return "unanswered";
  return (flow.flags & other.flags & FlowFlag.OPENING) !== 0 ? "answered" : "open";
}

const TCP_LIMITS = {
  unanswered: "tcpSynSentSeconds",
  answered: "tcpSynReceivedSeconds",
  open: "tcpSeconds",
  finishing: "tcpFinSeconds",
  closed: "tcpClosedSeconds",
  // Whoever is refused sends it again, ever more rarely, and each time counts (bpf/commit.h).
  refused: "tcpFinSeconds",
} as const satisfies Record<State, keyof FlowTimeouts>;

const SCTP_LIMITS = {
  unanswered: "sctpOpeningSeconds",
  answered: "sctpOpeningSeconds",
  open: "sctpSeconds",
  finishing: "sctpClosedSeconds",
  closed: "sctpClosedSeconds",
  refused: "refusedSeconds",
} as const satisfies Record<State, keyof FlowTimeouts>;

/** How long this entry may be idle. `other`: the other direction's, if there is one. */
export function idleSeconds(
  proto: number,
  flow: FlowFacts,
  other: FlowFacts | undefined,
  timeouts: FlowTimeouts,
): number {
  const state = stateOf(flow, other);
  if (proto === TCP) return timeouts[TCP_LIMITS[state]];
  if (proto === SCTP) return timeouts[SCTP_LIMITS[state]];
  if (state === "refused") return timeouts.refusedSeconds;
  if (proto === UDP) return state === "unanswered" ? timeouts.udpSingleSeconds : timeouts.udpSeconds;
  return proto === ICMP || proto === ICMP6 ? timeouts.icmpSeconds : timeouts.otherSeconds;
}
