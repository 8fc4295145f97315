/* The flow table: the fast path's one lookup, and how entries come and go. */
#ifndef CABLE_FLOW_H
#define CABLE_FLOW_H

#include "deliver.h"
#include "parse.h"
#include "spoof.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04

static __always_inline struct flow *find_flow(const struct frame *frame, __u32 generation, const ip_t *peer)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, &frame->key);

	if (!flow || flow->generation != generation || !mac_pairs_equal(&flow->dst_mac, &frame->dst_mac))
		return 0;
	return peer && !ip_equal(&flow->tunnel_peer, peer) ? 0 : flow;
}

/* The same flow as seen from its other end. */
static __always_inline void reverse_key(struct flow_key *to, const struct flow_key *from, net_t net, const struct target *target)
{
	switch (target->kind) {
	case TARGET_LOCAL:
		to->ingress = FLOW_VIF | target->vif;
		break;
	case TARGET_REMOTE:
		to->ingress = FLOW_TUNNEL | net;
		break;
	default:
		to->ingress = FLOW_WIRE | (net & ~NET_LOCAL);
	}
	to->src = from->dst;
	to->dst = from->src;
	to->src_port = from->dst_port;
	to->dst_port = from->src_port;
	to->proto = from->proto;
	__builtin_memset(to->pad, 0, sizeof(to->pad));
}

/* Notes a FIN or RST. True when this packet is the connection's last: both entries may go once it is delivered. An RST
 * is believed without looking at sequence numbers: a false one costs the flow one more slow-path packet. */
static __always_inline int is_last(const struct frame *frame, struct flow *flow, const struct flow_key *back)
{
	struct flow *other;

	if (frame->tcp_flags & TCP_RST)
		return 1;
	if (!(frame->tcp_flags & TCP_FIN))
		return flow->flags & FLOW_CLOSED;
	flow->flags |= FLOW_FIN;
	other = bpf_map_lookup_elem(&flows, back);
	if (other && other->flags & FLOW_FIN) {
		flow->flags |= FLOW_CLOSED;
		other->flags |= FLOW_CLOSED;
	}
	return 0;
}

/* A packet of a TCP connection that is closing. Preallocated entries are reused at once, so they are deleted only when
 * nothing of them is needed any more. */
static __always_inline int deliver_closing(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
					   struct flow *flow)
{
	struct flow_key back;
	int last, verdict;

	reverse_key(&back, &frame->key, origin->net, &flow->target);
	last = is_last(frame, flow, &back);
	verdict = deliver(skb, origin, &flow->target);
	if (last) {
		bpf_map_delete_elem(&flows, &frame->key);
		bpf_map_delete_elem(&flows, &back);
	}
	return verdict;
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
	if (unlikely(!set || !has_flow(&frame)))
		return tail(skb, origin, slow);
	frame.key.ingress = origin->ingress;
	flow = find_flow(&frame, set->generation, peer);
	if (unlikely(!flow || (frame.ip_length > flow->mtu && wire_length(skb, &frame) > flow->mtu)))
		return tail(skb, origin, slow);
	/* Plain additions: both directions have their own entry, and a flow's packets rarely arrive on two CPUs at once. */
	flow->packets++;
	flow->bytes += skb->len;
	flow->last_seen_ns = bpf_ktime_get_coarse_ns();
	if (unlikely(frame.tcp_flags & (TCP_FIN | TCP_RST) || flow->flags))
		return deliver_closing(skb, origin, &frame, flow);
	return deliver(skb, origin, &flow->target);
}

/* Where answers go. Only what the switch's own table says of the sender's MAC: nobody may draw another's answers to
 * himself by sending under his name. False = no entry for answers; they will be decided when they come. */
static __always_inline int find_back(const struct origin *origin, const struct frame *frame, const ip_t *peer, struct target *back)
{
	struct mac_key key = { .net = origin->net, .mac = frame->src_mac };
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
		return peer && ip_equal(&found->remote, peer);
	default:
		return (origin->ingress & FLOW_WIRE) == FLOW_WIRE;
	}
}

/* Whether the port at the other end may answer from the address that it was asked at. */
static __always_inline int may_answer(const struct frame *frame, const struct target *target)
{
	struct vif *vif;

	if (target->kind != TARGET_LOCAL)
		return 1;
	vif = bpf_map_lookup_elem(&vifs, &target->vif);
	return vif && (!(vif->flags & VIF_PORT_SECURITY) || is_source(target->vif, &frame->dst_mac, &frame->key.dst));
}

/* What is already known of a flow outlives a new decision. */
static __always_inline void carry_over(struct flow *flow, const struct flow_key *key)
{
	struct flow *old = bpf_map_lookup_elem(&flows, key);

	flow->packets = old ? old->packets : 0;
	flow->bytes = old ? old->bytes : 0;
	flow->flags = old ? old->flags : 0;
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

/* Keeps a decision, for both directions. Returns a reason not to forward, or 0. */
static __always_inline int write_flows(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
				       const struct target *target, const ip_t *peer, __u32 mtu)
{
	struct settings *set = get_settings();
	struct flow flow = { .target = *target, .vif_in = origin->vif, .mtu = mtu };
	struct flow_key back;

	if (!set || !is_worth_a_flow(frame))
		return DROP_NONE;
	flow.generation = set->generation;
	flow.last_seen_ns = bpf_ktime_get_coarse_ns();
	mac_pair_copy(&flow.dst_mac, &frame->dst_mac);
	if (peer)
		flow.tunnel_peer = *peer;
	carry_over(&flow, &frame->key);
	flow.packets++;
	flow.bytes += skb->len;
	if (bpf_map_update_elem(&flows, &frame->key, &flow, BPF_ANY) == -E2BIG)
		return DROP_FLOW_TABLE_FULL;

	if (!find_back(origin, frame, peer, &flow.target) || !may_answer(frame, target))
		return DROP_NONE;
	reverse_key(&back, &frame->key, origin->net, target);
	flow.dst_mac = frame->src_mac;
	flow.src_mac = frame->dst_mac;
	flow.vif_in = target->kind == TARGET_LOCAL ? target->vif : 0;
	flow.tunnel_peer = target->remote;
	carry_over(&flow, &back);
	if (bpf_map_update_elem(&flows, &back, &flow, BPF_ANY) != -E2BIG)
		return DROP_NONE;
	bpf_map_delete_elem(&flows, &frame->key);
	return DROP_FLOW_TABLE_FULL;
}

#endif
