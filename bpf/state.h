/* What a connection is doing, as far as one can tell without looking at sequence numbers: TCP (RFC 9293) by its flags, SCTP by its chunks. Only
 * the packets that begin and end one come here; how long an entry may be idle in which state is the agent's business
 * (datapath/ebpf/idle.ts). */
#ifndef CABLE_STATE_H
#define CABLE_STATE_H

#include "quota.h"

#define FLOW_STATE (FLOW_FIN | FLOW_CLOSED | FLOW_OPENING | FLOW_RESET)

static __always_inline int is_beginning_flags(__u8 flags)
{
	return (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* The entry's state with this packet, which no FIN or RST is. */
static __always_inline __u32 state_with(__u32 state, __u8 flags)
{
	if (is_beginning_flags(flags))
		return FLOW_OPENING;
	return flags & TCP_SYN ? state | FLOW_OPENING : state & ~(FLOW_OPENING | FLOW_RESET);
}

/* Both ends have agreed to it. */
static __always_inline int is_open(const struct flow *flow, const struct flow *other)
{
	return other && other->packets && !(flow->flags & other->flags & FLOW_OPENING);
}

/* The ports of a connection that is over are used again. */
static __always_inline void begin_again(struct flow *flow, struct flow *other)
{
	flow->flags = (flow->flags & ~FLOW_STATE) | FLOW_OPENING;
	flow->packets = 1;
	if (!other)
		return;
	other->flags = (other->flags & ~FLOW_STATE) | FLOW_OPENING;
	other->packets = 0;
}

static __always_inline void note_fin(struct flow *flow, struct flow *other)
{
	flow->flags |= FLOW_FIN;
	if (!other || !(other->flags & FLOW_FIN))
		return;
	flow->flags |= FLOW_CLOSED;
	other->flags |= FLOW_CLOSED;
}

/* Notes what a packet says of its connection. True when it is the last: both entries may go once it is delivered.
 * An RST is believed at once where nobody else can have sent it: from a port of this host, whose entries are its own, and
 * from a tunnel, whose host has let it through. From a wire it may be somebody's guess: it is believed once nothing else
 * has come from there for a while (RFC 6146 section 3.5.2.2 likewise), unless the connection was never open. */
static __always_inline int watch(const struct frame *frame, int is_wire, struct flow *flow, const struct flow_key *back)
{
	__u8 flags = frame->tcp_flags;
	struct flow *other;

	if (IS_TRACE)
		return 0;
	if (!(flags & (TCP_FIN | TCP_SYN | TCP_RST)) && !(flow->flags & FLOW_CLOSED)) {
		flow->flags = state_with(flow->flags, flags);
		return 0;
	}
	other = bpf_map_lookup_elem(&flows, back);
	if (flags & TCP_RST) {
		if (!is_wire || !is_open(flow, other))
			return 1;
		flow->flags |= FLOW_RESET;
		return 0;
	}
	if (is_beginning_flags(flags) && flow->flags & (FLOW_FIN | FLOW_CLOSED | FLOW_RESET))
		begin_again(flow, other);
	if (flags & TCP_SYN)
		return 0;
	flow->flags = state_with(flow->flags, flags);
	if (flags & TCP_FIN)
		note_fin(flow, other);
	return !(flags & TCP_FIN) && flow->flags & FLOW_CLOSED;
}

#endif
