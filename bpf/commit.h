/* The end of the slow path: do the security groups let it pass, and both directions are kept as flows. */
#ifndef CABLE_COMMIT_H
#define CABLE_COMMIT_H

#include "flow.h"
#include "policy.h"
#include "related.h"

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

/* What is already known of a flow outlives a new decision. */
static __always_inline void carry_over(struct flow *flow, const struct flow_key *key)
{
	struct flow *old = bpf_map_lookup_elem(&flows, key);

	flow->packets = old ? old->packets : 0;
	flow->bytes = old ? old->bytes : 0;
	flow->flags |= old ? old->flags & (FLOW_FIN | FLOW_CLOSED) : 0;
}

/* TCP's stragglers (a late ACK, a second FIN) make no flow: it would stay until it is aged. */
static __always_inline int is_worth_a_flow(const struct frame *frame)
{
	if (frame->key.proto != IPPROTO_TCP || !frame->l4_offset)
		return 1;
	if (frame->tcp_flags & (TCP_FIN | TCP_RST))
		return 0;
	return frame->tcp_flags & TCP_SYN || frame->ip_length > (__u32)frame->l4_offset - ETH_HLEN + frame->tcp_header;
}

/* The direction of the packet itself. */
static __always_inline int write_forward(struct __sk_buff *skb, const struct origin *origin, const struct decision *decision,
					 __u32 generation, __u32 flags)
{
	struct flow flow = {
		.generation = generation,
		.flags = flags | (decision->rewrite ? FLOW_REWRITE : 0),
		.target = decision->target,
		.vif_in = origin->vif,
		.tunnel_peer = decision->peer,
		.mtu = decision->mtu,
		.out = decision->out,
		.new_dst_mac = decision->new_dst_mac,
		.new_src_mac = decision->new_src_mac,
		.rewrite = decision->rewrite,
		.hops = decision->hops,
		.new_src4 = decision->now.src.w[3],
		.new_dst4 = decision->now.dst.w[3],
		.new_src_port = decision->now.src_port,
		.new_dst_port = decision->now.dst_port,
		.nat_router = decision->answered,
		.last_seen_ns = bpf_ktime_get_coarse_ns(),
	};

	mac_pair_copy(&flow.dst_mac, &decision->frame.dst_mac);
	carry_over(&flow, &decision->frame.key);
	flow.packets++;
	flow.bytes += skb->len;
	return bpf_map_update_elem(&flows, &decision->frame.key, &flow, BPF_ANY) == -E2BIG ? DROP_FLOW_TABLE_FULL : DROP_NONE;
}

/* Which ends are other ones now. An echo's identifier goes with the address that changes. */
static __always_inline void note_nat(struct decision *decision)
{
	const struct flow_key *in = &decision->frame.key, *now = &decision->now;
	int has_ports = !is_icmp(&decision->frame);

	if (!ip_is4(&in->src))
		return;
	if (in->src.w[3] != now->src.w[3] || (has_ports && in->src_port != now->src_port))
		decision->rewrite |= REWRITE_SRC;
	if (in->dst.w[3] != now->dst.w[3] || (has_ports && in->dst_port != now->dst_port))
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

/* What answers are given in place of their own ends: those that the question had. */
static __always_inline void undo_nat(struct flow *flow, const struct decision *decision)
{
	if (!decision->is_outside)
		return;
	flow->flags |= FLOW_REWRITE;
	flow->rewrite |= (decision->rewrite & REWRITE_SRC ? REWRITE_DST : 0) | (decision->rewrite & REWRITE_DST ? REWRITE_SRC : 0);
	flow->new_src4 = decision->frame.key.dst.w[3];
	flow->new_dst4 = decision->frame.key.src.w[3];
	flow->new_src_port = decision->frame.key.dst_port;
	flow->new_dst_port = decision->frame.key.src_port;
	flow->nat_router = decision->nat_router;
}

/* The other direction's entry. Where the answers' way is not known yet, or one end's groups are still to be asked about them
 * (`is_decided` 0), it says only that they belong to this, and whose they are. */
static __always_inline void make_back(struct flow *flow, const struct origin *origin, const struct decision *decision,
				      __u32 generation, __u32 flags, int is_decided)
{
	int routed = decision->rewrite & REWRITE_MACS && (decision->target.kind == TARGET_LOCAL || decision->is_outside);

	*flow = (struct flow){
		.flags = flags,
		.mtu = decision->mtu,
		.out = origin->net,
		.last_seen_ns = bpf_ktime_get_coarse_ns(),
	};
	undo_nat(flow, decision);
	if (!is_decided || !find_back(origin, decision, &flow->target) || !may_answer(decision)) {
		flow->target = (struct target){ .remote = decision->peer }; /* for ways.h */
		return;
	}
	flow->generation = generation;
	flow->dst_mac = routed ? decision->new_src_mac : decision->frame.src_mac;
	flow->src_mac = routed ? decision->new_dst_mac : decision->frame.dst_mac;
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

static __always_inline void back_key(struct flow_key *back, const struct origin *origin, const struct decision *decision)
{
	net_t net = answer_net(origin, decision->out, decision->rewrite);

	reverse_key(back, &decision->now, net, decision->out, &decision->target);
}

static __always_inline int write_back(const struct origin *origin, const struct decision *decision, __u32 generation,
				      __u32 flags, int is_decided)
{
	struct flow_key back;
	struct flow flow, *old;

	back_key(&back, origin, decision);
	old = bpf_map_lookup_elem(&flows, &back);
	if (!is_decided && old && old->generation == generation)
		return DROP_NONE; /* by the rules of that direction */
	make_back(&flow, origin, decision, generation, flags, is_decided);
	carry_over(&flow, &back);
	if (bpf_map_update_elem(&flows, &back, &flow, BPF_ANY) != -E2BIG)
		return DROP_NONE;
	bpf_map_delete_elem(&flows, &decision->frame.key);
	return DROP_FLOW_TABLE_FULL;
}

/* Ports that are tried for one connection under a shared address. */
#define CLAIM_TRIES 16
#define CLAIM_FIRST 1024
#define CLAIM_LENGTH (65536 - CLAIM_FIRST)

static __always_inline int is_same_asker(const struct flow *flow, const struct decision *decision)
{
	return flow->nat_router == decision->nat_router && flow->new_dst4 == decision->frame.key.src.w[3] &&
	       flow->new_dst_port == decision->frame.key.src_port;
}

/* Takes a port that nobody else uses towards the same far end (SCTP's cannot be changed: its checksum is over all there is):
 * whose entry for answers can be made first, has it. The own
 * port if it is free, else any (RFC 6056). Returns a reason to drop, or 0. */
static __always_inline int claim_port(const struct origin *origin, struct decision *decision)
{
	int has_port = decision->now.src_port && decision->frame.key.proto != IPPROTO_SCTP, is_id = is_icmp(&decision->frame);
	struct flow flow = {
		.flags = FLOW_REWRITE,
		.rewrite = REWRITE_DST,
		.new_dst4 = decision->frame.key.src.w[3],
		.new_dst_port = decision->frame.key.src_port,
		.nat_router = decision->nat_router,
		.last_seen_ns = bpf_ktime_get_coarse_ns(),
	};
	struct flow_key back;

	back_key(&back, origin, decision);
#pragma clang loop unroll(disable)
	for (int i = 0; i < CLAIM_TRIES; i++) {
		struct flow *found = bpf_map_lookup_elem(&flows, &back);
		long failed;

		if (found && is_same_asker(found, decision))
			goto claimed;
		failed = found ? -1 : bpf_map_update_elem(&flows, &back, &flow, BPF_NOEXIST);
		if (!failed)
			goto claimed;
		if (failed == -E2BIG)
			return DROP_FLOW_TABLE_FULL;
		if (!has_port)
			break;
		note(TRACE_CHANCE);
		back.dst_port = bpf_htons(CLAIM_FIRST + bpf_get_prandom_u32() % CLAIM_LENGTH);
		if (is_id)
			back.src_port = back.dst_port;
	}
	return DROP_NAT_PORTS;
claimed:
	decision->now.src_port = back.dst_port;
	if (is_id)
		decision->now.dst_port = back.dst_port;
	return DROP_NONE;
}

/* What cannot be an answer, whatever is remembered of its addresses and ports. */
static __always_inline int is_beginning(const struct frame *frame)
{
	if (!frame->l4_offset)
		return 0;
	if (frame->key.proto == IPPROTO_TCP)
		return (frame->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
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

/* Beside enum rule_flag: it answers what the rules let pass. */
#define PASSES_AS_ANSWER 0x100

/* Do the groups of one end let it pass? An answer does as long as a rule lets pass what it answers, so that a rule's end is
 * the end of its connections; it is never taken for a beginning instead. `far_net`: where the other end is known.
 * Returns enum rule_flag or PASSES_AS_ANSWER, 0 = no. */
static __always_inline __u32 ask_end(const struct decision *decision, const struct vif *vif, __u8 direction,
				     int is_answer, net_t far_net)
{
	const struct flow_key *ends = direction == RULE_EGRESS ? &decision->frame.key : &decision->now;
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

static __always_inline struct vif *local_vif(vif_t number)
{
	return number ? bpf_map_lookup_elem(&vifs, &number) : 0;
}

/* Both directions as flows. `ahead` and `back`: their flags. */
static __always_inline int keep(struct __sk_buff *skb, const struct origin *origin, struct decision *decision, __u32 generation,
				__u32 ahead, __u32 back)
{
	int is_decided = back ? back == FLOW_ANSWER : ahead == FLOW_ANSWER;
	int reason = decision->needs_port ? claim_port(origin, decision) : DROP_NONE;

	if (!reason)
		reason = write_forward(skb, origin, decision, generation, ahead);
	if (reason || (!back && !is_decided && !decision->is_outside))
		return reason;
	return write_back(origin, decision, generation, back, is_decided);
}

SEC("tc")
int commit(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct decision *decision = get_decision();
	struct settings *set = get_settings();
	__u32 reason, answers, from_passes, to_passes, ahead, back;
	struct vif *from, *to;
	struct flow *old;
	struct nat nat;

	if (!decision || !set)
		return drop(origin.vif, DROP_INTERNAL);
	from = local_vif(origin.vif);
	to = decision->target.kind == TARGET_LOCAL ? local_vif(decision->target.vif) : 0;
	old = bpf_map_lookup_elem(&flows, &decision->frame.key);
	answers = old && !is_beginning(&decision->frame) ? old->flags & FLOW_ANSWER : 0;
	from_passes = ask_end(decision, from, RULE_EGRESS, answers & FLOW_ANSWER_OUT, decision->out);
	to_passes = from_passes ? ask_end(decision, to, RULE_INGRESS, answers & FLOW_ANSWER_IN, decision->src_net) : 0;
	if (!to_passes) {
		/* What it was an answer to stays known, or the next one would pass for a beginning. */
		if (old && !answers)
			bpf_map_delete_elem(&flows, &decision->frame.key);
		return from_passes ? drop(decision->target.vif, DROP_POLICY_INGRESS) : drop(origin.vif, DROP_POLICY_EGRESS);
	}
	ahead = (from_passes & PASSES_AS_ANSWER ? FLOW_ANSWER_OUT : 0) | (to_passes & PASSES_AS_ANSWER ? FLOW_ANSWER_IN : 0);
	back = (from_passes & RULE_STATEFUL ? FLOW_ANSWER_IN : 0) | (to_passes & RULE_STATEFUL ? FLOW_ANSWER_OUT : 0);
	note_nat(decision);
	note_answer(decision, old);
	if (has_flow(&decision->frame) && is_worth_a_flow(&decision->frame)) {
		reason = keep(skb, &origin, decision, set->generation, ahead, back);
		if (reason)
			return drop(origin.vif, reason);
		note(TRACE_KEPT);
	}
	if (decision->rewrite & (REWRITE_SRC | REWRITE_DST))
		note_ends(&decision->now, decision->router);
	nat = (struct nat){ decision->now.src.w[3], decision->now.dst.w[3], decision->now.src_port, decision->now.dst_port };
	if (decision->related && translate_quote(skb, decision))
		return drop(origin.vif, DROP_MALFORMED);
	if (decision->rewrite &&
	    apply_rewrite(skb, &decision->frame, decision->rewrite, decision->hops, &decision->new_dst_mac, &nat))
		return drop(origin.vif, DROP_REDIRECT);
	return deliver(skb, &origin, decision->out, &decision->target);
}

#endif
