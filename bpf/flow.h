/* The flow table: the fast path's one lookup, and how entries come and go. */
#ifndef CABLE_FLOW_H
#define CABLE_FLOW_H

#include "decision.h"
#include "deliver.h"
#include "rewrite.h"
#include "spoof.h"
#include "state.h"

static __always_inline struct flow *find_flow(const struct frame *frame, __u32 generation, const ip_t *peer)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, &frame->key);

	if (!flow || flow->generation != generation || !mac_pairs_equal(&flow->dst_mac, &frame->dst_mac))
		return 0;
	return peer && !ip_equal(&flow->tunnel_peer, peer) ? 0 : flow;
}

/* What the flow table knew of a traced packet. */
static __always_inline void note_flow(const struct frame *frame, __u32 generation, const struct flow *found)
{
	struct flow *held = IS_TRACE ? bpf_map_lookup_elem(&flows, &frame->key) : 0;

	note(TRACE_FLOW, step->number = found			       ? TRACE_FLOW_CURRENT
					: !held			       ? TRACE_FLOW_NONE
					: !held->generation	       ? TRACE_FLOW_UNDECIDED
					: held->generation != generation ? TRACE_FLOW_OLD
									 : TRACE_FLOW_OTHER);
}

static __always_inline void note_frame(const struct frame *frame)
{
	note(TRACE_PARSED, step->src = frame->key.src; step->dst = frame->key.dst; step->src_port = frame->key.src_port;
	     step->dst_port = frame->key.dst_port; step->proto = frame->key.proto; step->number = frame->ip_length;
	     step->tag = bpf_ntohs(frame->ethertype));
}

/* A traced packet's new ends. */
static __always_inline void note_ends(const struct flow_key *key, router_t router)
{
	note(TRACE_NAT, step->src = key->src; step->dst = key->dst; step->src_port = key->src_port;
	     step->dst_port = key->dst_port; step->proto = key->proto; step->router = router);
}

/* A packet's ends after NAT. */
static __always_inline void translate_key(struct flow_key *key, __u16 rewrite, const struct nat *nat)
{
	if (rewrite & REWRITE_SRC) {
		key->src = nat->src;
		key->src_port = nat->src_port;
	}
	if (rewrite & REWRITE_DST) {
		key->dst = nat->dst;
		key->dst_port = nat->dst_port;
	}
}

/* Traced: which ends a known flow's packet is given. */
static __always_inline void note_kept_nat(const struct frame *frame, const struct flow *flow)
{
	struct flow_key now;

	if (!IS_TRACE || !(flow->rewrite & (REWRITE_SRC | REWRITE_DST)))
		return;
	now = frame->key;
	translate_key(&now, flow->rewrite, &flow->nat);
	note_ends(&now, flow->nat_router);
}

/* In which network answers come in by a tunnel. A router's come in where the question did, since the other host routes
 * them; what came from outside this host, or was given another address here, must come back to be routed here. */
static __always_inline net_t answer_net(const struct origin *origin, net_t out, __u16 rewrite)
{
	return is_outside(origin) || rewrite & (REWRITE_SRC | REWRITE_DST) ? out : origin->net;
}

/* Where answers come in. `net`: see above. */
static __always_inline __u32 back_ingress(net_t net, net_t out, const struct target *target)
{
	switch (target->kind) {
	case TARGET_LOCAL:
		return FLOW_VIF | target->vif;
	case TARGET_REMOTE:
		return FLOW_TUNNEL | net;
	default:
		return FLOW_WIRE | (out & ~NET_LOCAL);
	}
}

/* The key under which the answers of a flow come in. `from`: its ends as they go out. */
static __always_inline void reverse_key(struct flow_key *to, const struct flow_key *from, __u32 ingress)
{
	to->ingress = ingress;
	to->src = from->dst;
	to->dst = from->src;
	to->src_port = from->dst_port;
	to->dst_port = from->src_port;
	to->proto = from->proto;
	__builtin_memset(to->pad, 0, sizeof(to->pad));
}

/* The other direction's key. */
static __always_inline void partner_key(struct flow_key *back, const struct flow_key *key, const struct flow *flow)
{
	struct flow_key now = *key;

	translate_key(&now, flow->flags & FLOW_REWRITE ? flow->rewrite : 0, &flow->nat);
	reverse_key(back, &now, flow->back);
}

/* A packet of a connection that begins or ends. Preallocated entries are reused at once, so nothing of them is needed any
 * more when they are deleted; and nothing is done after the delivery, which may be a tail call. */
static __always_inline int deliver_watched(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
					   struct flow *flow)
{
	struct target target = flow->target;
	__u32 owner = flow->owner;
	net_t out = flow->out;
	struct flow_key back;

	partner_key(&back, &frame->key, flow);
	if (watch(frame, is_from_wire(origin), flow, &back)) {
		forget_flow(&frame->key, owner);
		forget_flow(&back, owner);
	}
	return deliver(skb, origin, out, &target);
}

/* The fast path. `peer` is the sending host of a tunnelled frame; what no flow decides goes to the tail program `slow`. */
static __always_inline int forward(struct __sk_buff *skb, const struct origin *origin, const ip_t *peer, __u32 slow)
{
	struct settings *set = get_settings();
	struct frame frame;
	struct flow *flow;
	int reason = parse(skb, &frame);

	if (unlikely(reason))
		return is_shared_with_host(origin) ? TC_ACT_OK : drop(origin->vif, reason);
	note_frame(&frame);
	if (unlikely(!set || frame.marks || !has_flow(&frame)))
		return tail(skb, origin, slow);
	frame.key.ingress = origin->ingress;
	flow = find_flow(&frame, set->generation, peer);
	note_flow(&frame, set->generation, flow);
	if (unlikely(!flow || (frame.ip_length > flow->mtu && wire_length(skb, &frame) > flow->mtu)))
		return tail(skb, origin, slow);
	/* Plain additions: both directions have their own entry, and a flow's packets rarely arrive on two CPUs at once. */
	if (!IS_TRACE) {
		flow->packets++;
		flow->bytes += skb->len;
		flow->last_seen_ns = bpf_ktime_get_coarse_ns();
	}
	if (flow->flags & FLOW_REWRITE) {
		if (unlikely(frame.ttl <= flow->hops))
			return tail(skb, origin, slow);
		/* A new connection: its backend may be no backend any more. */
		if (unlikely(flow->flags & FLOW_TO_BACKEND && is_beginning_flags(frame.tcp_flags)))
			return tail(skb, origin, slow);
		note_kept_nat(&frame, flow);
		if (unlikely(flow->metered)) {
			reason = meter_outside(skb, flow->metered, flow->rewrite, flow->nat.src.w[3], frame.key.dst.w[3]);
			if (reason)
				return drop(origin->vif, reason);
		}
		if (unlikely(apply_rewrite(skb, &frame, flow->rewrite, flow->hops, &flow->new_dst_mac, &flow->nat)))
			return drop(origin->vif, DROP_REDIRECT);
	}
	if (unlikely(frame.tcp_flags & (TCP_FIN | TCP_RST) || flow->flags & FLOW_STATE))
		return deliver_watched(skb, origin, &frame, flow);
	return deliver(skb, origin, flow->out, &flow->target);
}

#endif
