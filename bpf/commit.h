/* The end of the slow path: do the security groups let it pass, and then it is kept (keep.h), changed and delivered. */
#ifndef CABLE_COMMIT_H
#define CABLE_COMMIT_H

#include "balance.h"
#include "keep.h"
#include "policy.h"
#include "related.h"

/* What cannot be an answer, whatever is remembered of its addresses and ports. */
static __always_inline int is_beginning(const struct frame *frame)
{
	if (!frame->l4_offset)
		return 0;
	if (frame->key.proto == IPPROTO_TCP || frame->key.proto == IPPROTO_SCTP)
		return is_beginning_flags(frame->tcp_flags);
	return is_icmp(frame) && frame->icmp_type == (frame->key.proto == IPPROTO_ICMP ? ICMP_ECHO : ICMPV6_ECHO_REQUEST);
}

/* An answer as what it answers: the ends are changed over. `ends`: as they are on one side of a NAT. */
static __always_inline void question_of(struct frame *asked, const struct frame *answer, const struct flow_key *ends)
{
	*asked = *answer;
	asked->key.src = ends->dst;
	asked->key.dst = ends->src;
	asked->key.src_port = ends->dst_port;
	asked->key.dst_port = ends->src_port;
	if (is_icmp(answer))
		asked->icmp_type = answer->key.proto == IPPROTO_ICMP ? ICMP_ECHO : ICMPV6_ECHO_REQUEST;
}

static __always_inline struct vif *local_vif(vif_t number)
{
	return number ? bpf_map_lookup_elem(&vifs, &number) : 0;
}

/* Beside enum rule_flag: it answers what the rules let pass. */
#define PASSES_AS_ANSWER 0x100

/* The ends as one end's rules mean them: its own side of a NAT, and never the balancer in place of the backend. */
static __always_inline const struct flow_key *ends_for(const struct decision *decision, __u8 direction)
{
	if (decision->balanced)
		return decision->balanced == FLOW_TO_BACKEND ? &decision->now : &decision->frame.key;
	return direction == RULE_EGRESS ? &decision->frame.key : &decision->now;
}

/* Do the groups of one end let it pass? An answer does as long as a rule lets pass what it answers, so that a rule's end is
 * the end of its connections; it is never taken for a beginning instead. `far_net`: where the other end is known.
 * Returns enum rule_flag or PASSES_AS_ANSWER, 0 = no. */
static __always_inline __u32 ask_groups(const struct decision *decision, const struct vif *vif, __u8 direction,
					int is_answer, net_t far_net)
{
	const struct flow_key *ends = ends_for(decision, direction);
	__u8 asked_direction = direction;
	struct frame asked;
	__u32 passes;

	if (decision->is_related) {
		if (vif)
			note_policy(TRACE_POLICY_RELATED | direction << 8, 0, 0, 0);
		return PASSES_AS_ANSWER;
	}
	if (!vif || !vif->policy) {
		if (vif)
			note_policy(TRACE_POLICY_NO_GROUPS | direction << 8, 0, 0, 0);
		return is_answer ? PASSES_AS_ANSWER : RULE_STATEFUL;
	}
	if (is_answer) {
		note_policy(TRACE_POLICY_ANSWER | direction << 8, 0, 0, 0);
		question_of(&asked, &decision->frame, ends);
		asked_direction = direction == RULE_INGRESS ? RULE_EGRESS : RULE_INGRESS;
	} else {
		asked = decision->frame;
		asked.key = *ends;
	}
	passes = may_pass(vif, &asked, asked_direction, far_net);
	if (is_answer)
		return passes & RULE_STATEFUL ? PASSES_AS_ANSWER : 0;
	return passes;
}

/* The same for the sender (RULE_EGRESS) or the receiver, if they are ports of this host. Functions of their own, and global,
 * so that the verifier looks at each once. */
/* Nobody is kept from himself (Kubernetes, NetworkPolicy). */
static __always_inline int is_own_backend(const struct origin *origin, const struct decision *decision)
{
	return decision->balanced && is_to_itself(origin, decision);
}

__attribute__((noinline)) int ask_sender(struct __sk_buff *skb, __u32 is_answer)
{
	struct decision *decision = get_decision();
	struct origin origin = origin_of(skb);

	if (decision && is_own_backend(&origin, decision))
		return RULE_STATEFUL;
	return decision ? ask_groups(decision, local_vif(origin.vif), RULE_EGRESS, is_answer != 0, decision->out) : 0;
}

__attribute__((noinline)) int ask_receiver(struct __sk_buff *skb, __u32 is_answer)
{
	struct decision *decision = get_decision();
	struct origin origin = origin_of(skb);
	struct vif *from = local_vif(origin.vif), *to;

	if (!decision)
		return 0;
	to = decision->target.kind == TARGET_LOCAL ? local_vif(decision->target.vif) : 0;
	/* What a node asks of its own pods passes, whatever their policies say (Kubernetes, NetworkPolicy). */
	if ((from && from->flags & VIF_HOST) || is_own_backend(&origin, decision))
		to = 0;
	return ask_groups(decision, to, RULE_INGRESS, is_answer != 0, decision->src_net);
}

/* A rule's end is the end of its connections: what answers one is blocked while it goes on, TCP as long as it is sent again
 * (RFC 9293 section 3.8.3), the rest for a while, since a new beginning looks no different. */
static __always_inline void refuse_answer(struct flow *flow, const struct frame *frame)
{
	if (IS_TRACE || (flow->flags & FLOW_REFUSED && frame->key.proto != IPPROTO_TCP))
		return;
	flow->flags |= FLOW_REFUSED;
	flow->last_seen_ns = bpf_ktime_get_coarse_ns();
}

/* A TCP packet that makes no flow says something of one that may be there. A function of its own, and global, so
 * that the verifier looks at it once. */
__attribute__((noinline)) int note_end(struct __sk_buff *skb)
{
	struct decision *decision = get_decision();
	struct origin origin = origin_of(skb);
	struct flow_key back;
	struct flow *flow;

	flow = decision ? bpf_map_lookup_elem(&flows, &decision->frame.key) : 0;
	if (!flow)
		return 0;
	back_key(&back, &origin, decision);
	if (!watch(&decision->frame, is_from_wire(&origin), flow, &back))
		return 0;
	forget_flow(&decision->frame.key, decision->owner);
	forget_flow(&back, decision->owner);
	return 0;
}

/* Whether the addresses outside that it goes by have limits, in whichever direction, which its flow then knows; and whether
 * it is within them: a reason to drop it, or 0. A function of its own, and global, so that the verifier looks at it once. */
__attribute__((noinline)) int limit_outside(struct __sk_buff *skb)
{
	struct decision *decision = get_decision();
	net_t net;

	if (!decision || !decision->is_outside)
		return DROP_NONE;
	net = decision->outside;
	if ((decision->rewrite & REWRITE_SRC && has_limits(net, decision->now.src.w[3])) ||
	    (decision->rewrite & REWRITE_DST && has_limits(net, decision->frame.key.dst.w[3])))
		decision->metered = net;
	if (!decision->metered)
		return DROP_NONE;
	return meter_outside(skb, net, decision->rewrite, decision->now.src.w[3], decision->frame.key.dst.w[3]);
}

/* A fragment's packet may be of a flow that needs no new entries. */
static __always_inline int is_kept(const struct decision *decision, const struct flow *flow, __u32 generation)
{
	return decision->frame.marks & FRAME_FRAGMENT && flow && flow->generation == generation &&
	       mac_pairs_equal(&flow->dst_mac, &decision->frame.dst_mac);
}

static __always_inline void count_kept(struct __sk_buff *skb, struct flow *flow)
{
	if (IS_TRACE)
		return;
	flow->packets++;
	flow->bytes += skb->len;
	flow->last_seen_ns = bpf_ktime_get_coarse_ns();
}

SEC("tc")
int commit(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct decision *decision = get_decision();
	struct settings *set = get_settings();
	__u32 reason, answers, from_passes, to_passes, ahead, back;
	struct flow *old;

	if (!decision || !set)
		return drop(origin.vif, DROP_INTERNAL);
	old = bpf_map_lookup_elem(&flows, &decision->frame.key);
	if (!decision->balanced)
		unbalance(decision, old);
	answers = old && !is_beginning(&decision->frame) ? old->flags & FLOW_ANSWER : 0;
	from_passes = ask_sender(skb, answers & FLOW_ANSWER_OUT);
	to_passes = from_passes ? ask_receiver(skb, answers & FLOW_ANSWER_IN) : 0;
	if (!to_passes) {
		/* What it was an answer to stays known, or the next one would pass for a beginning. */
		if (old && !answers)
			forget_flow(&decision->frame.key, old->owner);
		else if (old)
			refuse_answer(old, &decision->frame);
		return from_passes ? drop(decision->target.vif, DROP_POLICY_INGRESS) : drop(origin.vif, DROP_POLICY_EGRESS);
	}
	ahead = (from_passes & PASSES_AS_ANSWER ? FLOW_ANSWER_OUT : 0) | (to_passes & PASSES_AS_ANSWER ? FLOW_ANSWER_IN : 0);
	back = (from_passes & RULE_STATEFUL ? FLOW_ANSWER_IN : 0) | (to_passes & RULE_STATEFUL ? FLOW_ANSWER_OUT : 0);
	note_nat(decision);
	note_answer(decision, old);
	reason = limit_outside(skb);
	if (reason)
		return drop(origin.vif, reason);
	decision->owner = old ? old->owner : owner_of(&origin, decision);
	if (is_kept(decision, old, set->generation)) {
		count_kept(skb, old);
	} else if (has_flow(&decision->frame) && !is_worth_a_flow(&decision->frame)) {
		note_end(skb);
	} else if (has_flow(&decision->frame)) {
		reason = keep(skb, decision, ahead, back);
		if (reason)
			return drop(reason == DROP_FLOW_QUOTA ? blamed(decision->owner) : origin.vif, reason);
		note(TRACE_KEPT);
	}
	if (decision->rewrite & (REWRITE_SRC | REWRITE_DST))
		note_ends(&decision->now, decision->router);
	if (decision->related && translate_quote(skb))
		return drop(origin.vif, DROP_MALFORMED);
	if (decision->rewrite &&
	    apply_rewrite(skb, &decision->frame, decision->rewrite, decision->hops, &decision->new_dst_mac,
			  ends_of(&decision->now)))
		return drop(origin.vif, DROP_REDIRECT);
	return deliver(skb, &origin, decision->out, &decision->target);
}

#endif
