/* Neighbour discovery (RFC 4861), answered from `ips` like ARP. */
#ifndef CABLE_ND_H
#define CABLE_ND_H

#include "nd_frame.h"
#include "neighbour.h"
#include "spoof.h"
#include "switch.h"

/* Checks of RFC 4861 sections 7.1.1 and 7.1.2. */
static __always_inline int read_nd(struct __sk_buff *skb, const struct frame *frame, struct nd_message *message)
{
	__u32 size = ETH_HLEN + frame->ip_length - frame->l4_offset;
	__u8 hops;

	__builtin_memset(message, 0, sizeof(*message));
	if (size < ND_BARE_SIZE || frame->l4_offset > HEADERS_MAX)
		return DROP_MALFORMED;
	if (bpf_skb_load_bytes(skb, HOP_LIMIT_OFFSET, &hops, 1) ||
	    bpf_skb_load_bytes(skb, frame->l4_offset, message, ND_BARE_SIZE))
		return DROP_TRUNCATED;
	if (hops != ND_HOP_LIMIT || message->code != 0 || (message->target.w[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000))
		return DROP_MALFORMED;
	if (size < sizeof(*message))
		return DROP_NONE;
	if (bpf_skb_load_bytes(skb, frame->l4_offset + ND_BARE_SIZE, &message->option, 8))
		return DROP_TRUNCATED;
	return message->option_length == 0 ? DROP_MALFORMED : DROP_NONE;
}

static __always_inline int has_option(const struct nd_message *message, __u8 option)
{
	return message->option == option && message->option_length == 1;
}

/* Turns a solicitation into its advertisement: to the asker, or to all nodes if it has no address yet (section 7.2.4). */
static __always_inline int answer_nd(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
				     const struct nd_message *question, const struct ip_entry *entry)
{
	int probe = ip_is_unspecified(&frame->key.src);
	struct nd_frame answer = {
		.dst_mac = frame->src_mac,
		.src_mac = entry->mac,
		.ethertype = bpf_htons(ETH_P_IPV6),
		.ip = { .version = 6, .nexthdr = IPPROTO_ICMPV6, .hop_limit = ND_HOP_LIMIT },
	};
	struct nd_message message = {
		.type = ND_NEIGHBOUR_ADVERTISEMENT,
		.flags = probe ? NA_OVERRIDE : NA_OVERRIDE | NA_SOLICITED,
		.target = question->target,
		.option = ND_TARGET_LINK_LAYER,
		.option_length = 1,
		.mac = entry->mac,
	};
	ip_t to = frame->key.src;

	if (probe) {
		to.w[0] = bpf_htonl(0xff020000);
		to.w[3] = bpf_htonl(1);
	}
	finish_nd(&answer, &message, &question->target, &to);
	if (bpf_skb_change_tail(skb, sizeof(answer), 0) || bpf_skb_store_bytes(skb, 0, &answer, sizeof(answer), 0))
		return drop(origin->vif, DROP_REDIRECT);
	note(TRACE_ANSWERED, step->mac = entry->mac; step->dst = question->target);
	return reply(skb, origin);
}

static __always_inline int is_nd_spoofed(vif_t number, const struct frame *frame, const struct nd_message *message)
{
	__u8 option = message->type == ND_NEIGHBOUR_SOLICITATION ? ND_SOURCE_LINK_LAYER : ND_TARGET_LINK_LAYER;

	if (has_option(message, option) && !mac_equal(&message->mac, &frame->src_mac))
		return 1;
	return message->type == ND_NEIGHBOUR_ADVERTISEMENT && !is_source(number, &frame->src_mac, &message->target);
}

static __always_inline int is_neighbour_discovery(const struct frame *frame)
{
	return frame->key.proto == IPPROTO_ICMPV6 && (frame->icmp_type == ND_NEIGHBOUR_SOLICITATION ||
						      frame->icmp_type == ND_NEIGHBOUR_ADVERTISEMENT);
}

static __always_inline int nd_from_port(struct __sk_buff *skb, const struct origin *origin, const struct vif *vif,
					const struct frame *frame, const struct net *net)
{
	struct nd_message message;
	struct ip_entry *entry;
	int reason = read_nd(skb, frame, &message);

	if (reason)
		return drop(origin->vif, reason);
	if (vif->flags & VIF_PORT_SECURITY && is_nd_spoofed(origin->vif, frame, &message))
		return drop(origin->vif, DROP_SPOOFED_ND);
	if (message.type == ND_NEIGHBOUR_ADVERTISEMENT)
		return announce(skb, origin, frame, net, &message.target);
	entry = find_ip(origin->net, &message.target);
	if (!entry || (ip_is_unspecified(&frame->key.src) && is_held(entry)))
		return ask_others(skb, origin, frame, net, DROP_ND_UNKNOWN);
	return is_own(origin, entry) ? TC_ACT_SHOT : answer_nd(skb, origin, frame, &message, entry);
}

/* From a wire: an answer to us, which is used up by that; or what somebody says of himself to everybody. */
static __always_inline int is_advertised_to_us(net_t net, const struct frame *frame, const struct nd_message *message)
{
	struct ip_entry *entry = find_ip(net, &frame->key.dst);
	int is_ours = entry && entry->flags & IP_ANSWERED;

	if (has_option(message, ND_TARGET_LINK_LAYER))
		learn_neighbour(net, &message->target, &message->mac, is_ours ? BPF_ANY : BPF_EXIST);
	return is_ours;
}

static __always_inline int nd_from_outside(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
					   const struct net *net, const ip_t *peer)
{
	struct nd_message message;
	struct ip_entry *entry;
	int reason = read_nd(skb, frame, &message);

	if (reason)
		return unclaimed(origin, reason);
	if (!peer && message.type == ND_NEIGHBOUR_SOLICITATION) {
		entry = find_ip(origin->net, &message.target);
		if (entry && is_answered_here(entry)) {
			if (entry->flags & IP_ANSWERED && has_option(&message, ND_SOURCE_LINK_LAYER))
				learn_neighbour(origin->net, &frame->key.src, &message.mac, BPF_ANY);
			return answer_nd(skb, origin, frame, &message, entry);
		}
		if (mac_is_group(&frame->dst_mac) && !(net->flags & NET_MOVABLE))
			return unclaimed(origin, DROP_ND_UNKNOWN);
	}
	if (!peer && message.type == ND_NEIGHBOUR_ADVERTISEMENT && is_advertised_to_us(origin->net, frame, &message))
		return TC_ACT_SHOT;
	return mac_is_group(&frame->dst_mac) ? flood_locals(skb, origin) : switch_unicast(skb, origin, frame, net);
}

#endif
