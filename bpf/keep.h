/* A decision as entries of the flow table: both directions', and the port that its sender has outside. */
#ifndef CABLE_KEEP_H
#define CABLE_KEEP_H

#include "flow.h"

#define FLOW_ANSWER (FLOW_ANSWER_OUT | FLOW_ANSWER_IN)

/* Where answers go. Only what the switch's own table says of the sender's MAC: nobody may draw another's answers to
 * himself by sending under his name. False = that is to be decided when they come. */
static __always_inline int find_back(const struct origin *origin, const struct decision *decision, struct target *back)
{
	struct mac_key key = { .net = origin->net, .mac = decision->frame.src_mac };
	struct target *found = bpf_map_lookup_elem(&macs, &key);

	if (!found) {
		*back = (struct target){ .kind = TARGET_WIRE };
		return (origin->ingress & FLOW_WIRE) == FLOW_WIRE;
	}
	*back = *found;
	switch (found->kind) {
	case TARGET_LOCAL:
		return origin->vif && found->vif == origin->vif;
	case TARGET_REMOTE:
		return decision->has_peer && ip_equal(&found->remote, &decision->peer);
	case TARGET_ROUTER:
		return 0;
	default:
		return (origin->ingress & FLOW_WIRE) == FLOW_WIRE;
	}
}

/* Whether the port at the other end may answer from the address that it was asked at. */
static __always_inline int may_answer(const struct decision *decision)
{
	const mac_t *mac = decision->rewrite & REWRITE_MACS ? &decision->new_dst_mac : &decision->frame.dst_mac;
	struct vif *vif;

	if (decision->target.kind != TARGET_LOCAL)
		return 1;
	vif = bpf_map_lookup_elem(&vifs, &decision->target.vif);
	return vif && (!(vif->flags & VIF_PORT_SECURITY) || is_source(decision->target.vif, mac, &decision->now.dst));
}

/* What is already known of a flow outlives a new decision, but not a new connection. */
static __always_inline void carry_over(struct flow *flow, const struct flow_key *key)
{
	struct flow *old = bpf_map_lookup_elem(&flows, key);

	flow->packets = old ? old->packets : 0;
	flow->bytes = old ? old->bytes : 0;
	flow->flags |= old ? old->flags & FLOW_STATE : 0;
}

/* TCP's stragglers (a late ACK, a second FIN) make no flow: it would stay until it is aged. */
static __always_inline int is_worth_a_flow(const struct frame *frame)
{
	if (!frame->l4_offset)
		return 1;
	if (frame->tcp_flags & (TCP_FIN | TCP_RST))
		return 0;
	return frame->key.proto != IPPROTO_TCP || frame->tcp_flags & TCP_SYN || frame->ip_length > (__u32)frame->l4_offset - ETH_HLEN + frame->tcp_header;
}

/* By a router to whom it came from: a client that is its own backend. */
static __always_inline int is_to_itself(const struct origin *origin, const struct decision *decision)
{
	return decision->target.kind == TARGET_LOCAL && decision->target.vif == origin->vif;
}

/* A backend elsewhere answers to its client's network: by the switch if that is its own, else its host routes it there. */
static __always_inline __u32 back_ingress_of(const struct origin *origin, const struct decision *decision)
{
	if (decision->balanced == FLOW_TO_BACKEND && !decision->is_outside && decision->target.kind != TARGET_LOCAL)
		return origin->net & NET_LOCAL ? FLOW_WIRE | (origin->net & ~NET_LOCAL) : FLOW_TUNNEL | origin->net;
	return back_ingress(answer_net(origin, decision->out, decision->rewrite), decision->out, &decision->target);
}

static __always_inline void back_key(struct flow_key *back, const struct origin *origin, const struct decision *decision)
{
	reverse_key(back, &decision->now, back_ingress_of(origin, decision));
}

/* The direction of the packet itself. */
static __always_inline int write_forward(struct __sk_buff *skb, const struct origin *origin, struct decision *decision,
					 const struct settings *set, __u32 flags)
{
	struct flow *flow = &decision->entry;

	__builtin_memset(flow, 0, sizeof(*flow));
	flow->generation = set->generation;
	flow->flags = flags | decision->balanced | (decision->rewrite ? FLOW_REWRITE : 0);
	flow->target = decision->target;
	flow->vif_in = origin->vif;
	flow->tunnel_peer = decision->peer;
	flow->mtu = decision->mtu;
	flow->out = decision->out;
	flow->new_dst_mac = decision->new_dst_mac;
	flow->new_src_mac = decision->new_src_mac;
	flow->rewrite = decision->rewrite;
	flow->hops = decision->hops;
	flow->nat = *ends_of(&decision->now);
	flow->nat_router = decision->answered;
	flow->owner = decision->owner;
	flow->back = back_ingress_of(origin, decision);
	flow->metered = decision->metered;
	flow->balancer = decision->balancer;
	flow->last_seen_ns = bpf_ktime_get_coarse_ns();
	mac_pair_copy(&flow->dst_mac, &decision->frame.dst_mac);
	carry_over(flow, &decision->frame.key);
	if (is_beginning_flags(decision->frame.tcp_flags))
		flow->packets = 0;
	flow->flags = (flow->flags & ~FLOW_STATE) | state_with(flow->flags & FLOW_STATE, decision->frame.tcp_flags);
	flow->packets++;
	flow->bytes += skb->len;
	return put_flow(set, &decision->frame.key, flow);
}

/* Which ends are other ones now. An echo's identifier goes with the address that changes. */
static __always_inline void note_nat(struct decision *decision)
{
	const struct flow_key *in = &decision->frame.key, *now = &decision->now;
	int has_ports = !is_icmp(&decision->frame);

	if (!ip_equal(&in->src, &now->src) || (has_ports && in->src_port != now->src_port))
		decision->rewrite |= REWRITE_SRC;
	if (!ip_equal(&in->dst, &now->dst) || (has_ports && in->dst_port != now->dst_port))
		decision->rewrite |= REWRITE_DST;
}

/* Whether it answers a connection whose ends were changed. */
static __always_inline void note_answer(struct decision *decision, const struct flow *old)
{
	if (!old || !old->nat_router || decision->needs_port)
		return;
	decision->answered = old->nat_router;
	decision->nat_router = 0;
}

/* Answers are given the ends of the question that came in. */
static __always_inline void set_question(struct flow *flow, const struct flow_key *asked)
{
	flow->nat.src = asked->dst;
	flow->nat.dst = asked->src;
	flow->nat.src_port = asked->dst_port;
	flow->nat.dst_port = asked->src_port;
}

static __always_inline void undo_nat(struct flow *flow, const struct decision *decision)
{
	if (!decision->is_outside && !decision->balanced)
		return;
	flow->flags |= FLOW_REWRITE | (decision->balanced ? FLOW_FROM_BACKEND : 0);
	flow->balancer = decision->balancer;
	flow->rewrite |= (decision->rewrite & REWRITE_SRC ? REWRITE_DST : 0) | (decision->rewrite & REWRITE_DST ? REWRITE_SRC : 0);
	set_question(flow, &decision->frame.key);
	flow->nat_router = decision->nat_router;
	flow->metered = decision->metered;
}

/* A backend in its client's own network needs no router to answer. */
static __always_inline int is_answered_by_switch(const struct origin *origin, const struct decision *decision)
{
	return decision->balanced && decision->rewrite & REWRITE_MACS && decision->out == origin->net && !decision->is_outside &&
	       !is_to_itself(origin, decision);
}

/* The other direction's entry. Where the answers' way is not known yet, or one end's groups are still to be asked about them
 * (`is_decided` 0), it says only that they belong to this, and whose they are. */
static __always_inline void make_back(struct flow *flow, const struct origin *origin, const struct decision *decision,
				      __u32 generation, __u32 flags, int is_decided)
{
	int switched = is_answered_by_switch(origin, decision);
	int routed = !switched && decision->rewrite & REWRITE_MACS && (decision->target.kind == TARGET_LOCAL || decision->is_outside);

	__builtin_memset(flow, 0, sizeof(*flow));
	flow->flags = flags;
	flow->mtu = decision->mtu;
	flow->out = origin->net;
	flow->owner = decision->owner;
	flow->back = decision->frame.key.ingress;
	flow->last_seen_ns = bpf_ktime_get_coarse_ns();
	undo_nat(flow, decision);
	if (!is_decided || !find_back(origin, decision, &flow->target) || !may_answer(decision)) {
		flow->target = (struct target){ .remote = decision->peer }; /* for ways.h */
		return;
	}
	flow->generation = generation;
	flow->dst_mac = routed ? decision->new_src_mac : decision->frame.src_mac;
	flow->src_mac = routed || switched ? decision->new_dst_mac : decision->frame.dst_mac;
	flow->vif_in = decision->target.kind == TARGET_LOCAL ? decision->target.vif : 0;
	flow->tunnel_peer = decision->target.remote;
	if (!routed)
		return;
	flow->flags |= FLOW_REWRITE;
	flow->new_dst_mac = decision->frame.src_mac;
	flow->new_src_mac = decision->frame.dst_mac;
	flow->rewrite |= REWRITE_MACS | REWRITE_TTL;
	flow->hops = decision->hops;
}

static __always_inline int write_back(const struct origin *origin, struct decision *decision,
				      const struct settings *set, __u32 flags, int is_decided)
{
	struct flow_key back;
	struct flow *flow = &decision->entry, *old;
	int reason;

	back_key(&back, origin, decision);
	old = bpf_map_lookup_elem(&flows, &back);
	if (!is_decided && old && old->generation == set->generation)
		return DROP_NONE; /* by the rules of that direction */
	make_back(flow, origin, decision, set->generation, flags, is_decided);
	carry_over(flow, &back);
	if (old)
		flow->owner = old->owner;
	if (is_beginning_flags(decision->frame.tcp_flags)) {
		flow->flags = (flow->flags & ~FLOW_STATE) | FLOW_OPENING;
		flow->packets = 0;
	}
	reason = put_flow(set, &back, flow);
	if (reason)
		forget_flow(&decision->frame.key, decision->owner);
	return reason;
}

/* Ports that are tried for one connection under a shared address. */
#define CLAIM_TRIES 16
#define CLAIM_FIRST 1024
#define CLAIM_LENGTH (65536 - CLAIM_FIRST)

static __always_inline int is_same_asker(const struct flow *flow, const struct decision *decision)
{
	if (decision->balanced && (!ip_equal(&flow->nat.src, &decision->frame.key.dst) || flow->nat.src_port != decision->frame.key.dst_port))
		return 0;
	return (flow->flags & FLOW_FROM_BACKEND) == (decision->balanced ? FLOW_FROM_BACKEND : 0) &&
	       flow->nat_router == decision->nat_router && ip_equal(&flow->nat.dst, &decision->frame.key.src) &&
	       flow->nat.dst_port == decision->frame.key.src_port;
}

/* Takes a port that nobody else uses towards the same far end (SCTP's cannot be changed: its checksum is over all there is):
 * whose entry for answers can be made first, has it. The own port if it is free, else any (RFC 6056). Returns a reason to drop, or 0. */
static __always_inline int claim_port(const struct origin *origin, struct decision *decision, const struct settings *set)
{
	int has_port = decision->now.src_port && decision->frame.key.proto != IPPROTO_SCTP, is_id = is_icmp(&decision->frame);
	struct flow *flow = &decision->entry;
	struct flow_key back;

	__builtin_memset(flow, 0, sizeof(*flow));
	flow->flags = FLOW_REWRITE | (decision->balanced ? FLOW_FROM_BACKEND : 0);
	flow->rewrite = REWRITE_DST;
	set_question(flow, &decision->frame.key);
	flow->nat_router = decision->nat_router;
	flow->owner = decision->owner;
	flow->back = decision->frame.key.ingress;
	flow->balancer = decision->balancer;
	flow->last_seen_ns = bpf_ktime_get_coarse_ns();
	back_key(&back, origin, decision);
#pragma clang loop unroll(disable)
	for (int i = 0; i < CLAIM_TRIES; i++) {
		struct flow *found = bpf_map_lookup_elem(&flows, &back);
		int reason;

		if (found && is_same_asker(found, decision))
			goto claimed;
		reason = found ? -1 : make_flow(set, &back, flow);
		if (!reason)
			goto claimed;
		if (reason > 0)
			return reason;
		if (!has_port)
			break;
		note_numbers(TRACE_CHANCE, 0, 0, 0);
		back.dst_port = bpf_htons(CLAIM_FIRST + bpf_get_prandom_u32() % CLAIM_LENGTH);
		if (is_id)
			back.src_port = back.dst_port;
	}
	return DROP_NAT_PORTS;
claimed:
	decision->now.src_port = back.dst_port;
	decision->rewrite |= REWRITE_SRC;
	if (is_id)
		decision->now.dst_port = back.dst_port;
	return DROP_NONE;
}

/* Who asks two balancers with one backend from one port, or also the backend itself, could not tell the answers apart. */
static __always_inline int is_taken(const struct origin *origin, const struct decision *decision)
{
	struct flow_key back;
	struct flow *found;

	if (decision->balanced != FLOW_TO_BACKEND)
		return 0;
	back_key(&back, origin, decision);
	found = bpf_map_lookup_elem(&flows, &back);
	return found && !is_same_asker(found, decision);
}

/* Both directions as flows. `ahead` and `back`: their flags. Returns a reason to drop, or 0. Functions of their own, and
 * global, so that the verifier looks at each once. */
__attribute__((noinline)) int keep_ahead(struct __sk_buff *skb, __u32 ahead)
{
	struct decision *decision = get_decision();
	struct origin origin = origin_of(skb);
	struct settings *set = get_settings();
	int reason;

	if (!decision || !set)
		return DROP_INTERNAL;
	reason = decision->needs_port || is_taken(&origin, decision) ? claim_port(&origin, decision, set) : DROP_NONE;
	return reason ? reason : write_forward(skb, &origin, decision, set, ahead);
}

__attribute__((noinline)) int keep_back(struct __sk_buff *skb, __u32 back, __u32 is_decided)
{
	struct decision *decision = get_decision();
	struct origin origin = origin_of(skb);
	struct settings *set = get_settings();

	return decision && set ? write_back(&origin, decision, set, back, is_decided) : DROP_INTERNAL;
}

static __always_inline int keep(struct __sk_buff *skb, const struct decision *decision, __u32 ahead, __u32 back)
{
	int is_decided = back ? back == FLOW_ANSWER : ahead == FLOW_ANSWER;
	int reason = keep_ahead(skb, ahead);

	/* Whom a backend answers goes to it by a decision of his own. */
	if (reason || decision->balanced == FLOW_FROM_BACKEND ||
	    (!back && !is_decided && !decision->is_outside && !decision->balanced))
		return reason;
	return keep_back(skb, back, is_decided);
}

#endif
