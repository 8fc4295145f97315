/* What the slow path has found out about a packet. It grows from one tail program to the next, in a slot of this CPU: the
 * programs of one packet run one after the other without another packet in between. */
#ifndef CABLE_DECISION_H
#define CABLE_DECISION_H

#include "parse.h"
#include "tails.h"

struct decision {
	struct frame frame;   /* as it came in, `key.ingress` set */
	ip_t peer;            /* came by VXLAN: from this host */
	__u32 has_peer;
	struct target target;
	net_t out;            /* the network in which it is delivered */
	__u32 mtu;
	mac_t new_dst_mac;    /* in the order of an Ethernet header */
	mac_t new_src_mac;
	__u16 rewrite;        /* enum rewrite */
	__u16 hops;
	router_t router;      /* 0 = switched, not routed */
	net_t router_net;     /* the network in which it came to that router */
	net_t src_net;        /* the network in which the sender is known */
	__u32 refusal;        /* what TAIL_REFUSE answers: enum refusal */
	struct flow_key now;  /* its ends as it goes out: other than `frame.key` after NAT */
	__u32 is_outside;     /* goes to, or came from, an external network by this host */
	net_t outside;        /* that external network */
	net_t metered;        /* as in struct flow */
	__u32 needs_port;     /* its sender's port is still to be claimed outside */
	router_t nat_router;  /* as in struct flow; 0 for what is itself an answer */
	router_t answered;    /* an answer: what its entry had as nat_router */
	router_t from_router; /* the router before this one */
	struct route way;     /* how `router` sends it on */
	struct route best_way; /* of several so far, and how much the flow belongs to it; see ways.h */
	__u32 best_weight;
	__u32 balanced;       /* FLOW_TO_BACKEND or FLOW_FROM_BACKEND, and of which router's balancer */
	router_t balancer;
	__u32 owner;          /* as in struct flow */
	/* An ICMP error: whether it is about a known flow, and the NAT of that. */
	__u32 is_related;
	__u32 related;        /* enum rewrite */
	struct nat related_nat;
	router_t related_router;
	__u32 related_flags;  /* enum flow_flag */
	__u32 is_from_end;    /* the other end of that flow says it, no router on the way */
	ip_t next_hop;        /* outside: whose MAC TAIL_ASK asks for, in the name of */
	__be32 asker4;
	ip_t asker6;
	struct flow entry;    /* in the making: it has no room on the stack. Not zeroed with the rest */
};

enum refusal { REFUSE_TTL = 1, REFUSE_NO_ROUTE, REFUSE_NO_HOST, REFUSE_NO_BACKEND };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
#if !IS_TRACE
	__uint(pinning, LIBBPF_PIN_BY_NAME);
#endif
	__type(key, __u32);
	__type(value, struct decision);
} decisions SEC(".maps");

static __always_inline struct decision *get_decision(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&decisions, &zero);
}

/* A packet's ends as they are called in NAT: they are in the same order. */
static __always_inline const struct nat *ends_of(const struct flow_key *key)
{
	_Static_assert(__builtin_offsetof(struct flow_key, dst_port) - __builtin_offsetof(struct flow_key, src) ==
			       __builtin_offsetof(struct nat, dst_port),
		       "the same order");
	return (const struct nat *)&key->src;
}

/* Begins a decision: switched in the packet's own network until a router says otherwise. */
static __always_inline struct decision *begin_decision(const struct origin *origin, const struct frame *frame, __u32 mtu,
						       const ip_t *peer)
{
	struct decision *decision = get_decision();

	if (!decision)
		return 0;
	__builtin_memset(decision, 0, offsetof(struct decision, entry));
	decision->frame = *frame;
	decision->frame.key.ingress = origin->ingress;
	decision->out = origin->net;
	decision->src_net = origin->net;
	decision->router_net = origin->net;
	decision->mtu = mtu;
	decision->now = decision->frame.key;
	if (peer) {
		decision->peer = *peer;
		decision->has_peer = 1;
	}
	return decision;
}

#endif
