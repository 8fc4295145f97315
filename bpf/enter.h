/* From an external network to whom it is inside. NAT is only decided here; commit.h keeps it, rewrite.h does it. */
#ifndef CABLE_ENTER_H
#define CABLE_ENTER_H

#include "decision.h"

static __always_inline struct gateway *find_gateway(router_t router)
{
	return bpf_map_lookup_elem(&gateways, &router);
}

/* It came to its router by the external network: by a wire or from another router. */
static __always_inline int is_entering(const struct decision *decision, const struct gateway *gateway)
{
	return gateway && gateway->net && gateway->net == decision->router_net;
}

static __always_inline struct forward *find_forward(net_t net, __be32 ip, __u8 proto, __be16 port)
{
	struct forward_key key = {
		.prefix_length = FORWARD_FIXED_BITS + 16,
		.net = net,
		.ip = ip,
		.proto = proto,
		.port = port,
	};

	return bpf_map_lookup_elem(&forwards, &key);
}

/* The inner port of an external one. */
static __always_inline __be16 forwarded_port(const struct forward *forward, __be16 port)
{
	return forward->external ? bpf_htons(forward->first + bpf_ntohs(port) - forward->external) : bpf_htons(forward->first);
}

/* What is kept of this packet's connection, if it answers: the ends that the question had. Kept NAT counts only in the
 * entry of answers, which alone names a router; that of questions is decided by the tables each time. */
static __always_inline struct flow *find_answer(const struct decision *decision, __u16 rewrite)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, &decision->frame.key);

	return flow && flow->nat_router && flow->rewrite & rewrite ? flow : 0;
}

/* To whom it is inside: the port of a floating IP, of a forwarded port, or who asked. */
static __always_inline void enter(struct decision *decision)
{
	struct ip_key key = { .net = decision->router_net, .ip = decision->now.dst };
	struct floating *floating;
	struct forward *forward;
	struct flow *answer;

	decision->is_outside = 1;
	decision->outside = decision->router_net;
	decision->nat_router = decision->router;
	if (!ip_is4(&key.ip))
		return;
	if (decision->related & REWRITE_DST) {
		if (decision->related_router)
			decision->router = decision->related_router;
		decision->now.dst = decision->related_nat.dst;
		return;
	}
	floating = bpf_map_lookup_elem(&floatings, &key);
	forward = has_ports(&decision->frame)
			  ? find_forward(key.net, key.ip.w[3], decision->now.proto, decision->now.dst_port)
			  : 0;
	answer = find_answer(decision, REWRITE_DST);
	if (floating) {
		decision->router = floating->router;
		decision->now.dst.w[3] = floating->fixed;
	} else if (forward) {
		decision->router = forward->router;
		decision->now.dst.w[3] = forward->ip;
		decision->now.dst_port = forwarded_port(forward, decision->now.dst_port);
	} else if (answer) {
		decision->router = answer->nat_router;
		decision->now.dst = answer->nat.dst;
		decision->now.dst_port = answer->nat.dst_port;
		if (is_icmp(&decision->frame))
			decision->now.src_port = answer->nat.dst_port;
	}
}

#endif
