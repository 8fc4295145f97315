/* Balancers: an address and port that stand for backends, to who sends there by a router. The sender's host chooses one; from
 * then on the packet is routed like any other, and what answers it gets the balancer's address back at the same host. The
 * ends are only decided here; keep.h keeps them, rewrite.h changes them. */
#ifndef CABLE_BALANCE_H
#define CABLE_BALANCE_H

#include "keep.h"
#include "ways.h"

static __always_inline int is_backend(const struct balancer_key *of, const ip_t *ip, __be16 port)
{
	struct backing_key key = { .of = *of, .ip = *ip, .port = port };

	return bpf_map_lookup_elem(&backings, &key) != 0;
}

static __always_inline void set_backend(struct decision *decision, const ip_t *ip, __be16 port, __u32 choice)
{
	decision->balanced = FLOW_TO_BACKEND;
	decision->balancer = decision->router;
	decision->now.dst = *ip;
	decision->now.dst_port = port;
	note(TRACE_BALANCED, step->router = decision->router; step->dst = *ip; step->dst_port = port;
	     step->proto = decision->now.proto; step->number = choice);
}

/* Whether it goes on with the backend it has: a connection to its end, what has no end as long as that is a backend. */
static __always_inline int goes_on(const struct frame *frame, const struct flow *old, int is_member)
{
	if (frame->key.proto != IPPROTO_UDP && !is_beginning_flags(frame->tcp_flags))
		return 1;
	/* The same SYN once more, or a new connection by the ports of an old one. */
	return is_member && (frame->key.proto == IPPROTO_UDP || old->flags & FLOW_OPENING);
}

/* The client's backend of late, if it is one still. */
static __always_inline struct affinity *find_affinity(const struct affinity_key *key)
{
	struct affinity *found = bpf_map_lookup_elem(&affinities, key);

	if (!found || found->until_ns < bpf_ktime_get_coarse_ns() || !is_backend(&key->of, &found->to.ip, found->to.port))
		return 0;
	return found;
}

/* One by a hash of the flow: the same again if a packet is sent again. Where the list is being changed, the first. */
static __always_inline struct backend *pick_backend(const struct decision *decision, const struct balancer_key *of, __u32 count)
{
	struct backend_key key = { .of = *of };
	struct backend *found;

	key.index = (__u64)hash_flow(&decision->frame.key) * count >> 32;
	found = bpf_map_lookup_elem(&backends, &key);
	if (found)
		return found;
	key.index = 0;
	return bpf_map_lookup_elem(&backends, &key);
}

static __always_inline int choose_backend(struct decision *decision, const struct balancer_key *of, const struct balancer *balancer)
{
	struct affinity_key client = { .of = *of, .client = decision->frame.key.src };
	struct affinity *affinity = balancer->affinity_seconds ? find_affinity(&client) : 0;
	struct affinity next = {};
	struct backend *found;

	found = affinity ? &affinity->to : pick_backend(decision, of, balancer->backends);
	if (!found || !balancer->backends)
		return -1;
	set_backend(decision, &found->ip, found->port, affinity ? TRACE_CHOICE_AFFINITY : TRACE_CHOICE_NEW);
	if (!balancer->affinity_seconds)
		return 0;
	next.to.ip = decision->now.dst;
	next.to.port = decision->now.dst_port;
	next.until_ns = bpf_ktime_get_coarse_ns() + balancer->affinity_seconds * 1000000000ull;
	bpf_map_update_elem(&affinities, &client, &next, BPF_ANY);
	return 0;
}

/* The ends that its flow was given beside the backend: of a port that somebody else has, another one. */
static __always_inline void keep_source(struct decision *decision, const struct flow *old)
{
	if (old->rewrite & REWRITE_SRC)
		decision->now.src_port = old->nat.src_port;
}

/* Whom an answer answers knows the balancer's address, and has an address and port of his own. */
static __always_inline void set_balancer(struct decision *decision, const struct flow *flow)
{
	decision->balanced = FLOW_FROM_BACKEND;
	decision->balancer = flow->balancer;
	decision->now.src = flow->nat.src;
	decision->now.src_port = flow->nat.src_port;
	if (!(flow->rewrite & REWRITE_DST) || flow->nat_router)
		return;
	decision->now.dst = flow->nat.dst;
	decision->now.dst_port = flow->nat.dst_port;
}

/* An error goes to whom what it is about came from, and comes from the balancer if it comes from the backend. */
static __always_inline void relate_balanced(struct decision *decision)
{
	if (decision->related_flags & FLOW_TO_BACKEND)
		decision->now.dst = decision->related_nat.dst;
	if (!(decision->related_flags & FLOW_FROM_BACKEND))
		return;
	if (decision->is_from_end)
		decision->now.src = decision->related_nat.src;
	if (decision->related & REWRITE_DST && !decision->related_router)
		decision->now.dst = decision->related_nat.dst;
}

/* Gives what answers a balanced flow, or is an error about one, its ends. `old`: its own entry. True: it is such. */
static __always_inline int unbalance(struct decision *decision, const struct flow *old)
{
	if (decision->is_related) {
		relate_balanced(decision);
		return 1;
	}
	if (!old || !(old->flags & FLOW_FROM_BACKEND) || is_beginning_flags(decision->frame.tcp_flags))
		return 0;
	set_balancer(decision, old);
	return 1;
}

/* Chooses a backend if it is to a balancer of this router; or gives an answer its ends. Returns 0, or REFUSE_NO_BACKEND. A
 * function of its own, and global, so that the verifier looks at it once. */
__attribute__((noinline)) int balance(struct __sk_buff *skb)
{
	struct decision *decision = get_decision();
	struct origin origin = origin_of(skb);
	struct balancer_key key = {};
	struct balancer *balancer;
	struct flow *old;

	if (!decision || decision->balanced)
		return 0;
	old = bpf_map_lookup_elem(&flows, &decision->frame.key);
	if (unbalance(decision, old) || is_outside(&origin) || is_icmp(&decision->frame))
		return 0;
	key.ip = decision->now.dst;
	key.router = decision->router;
	key.port = decision->now.dst_port;
	key.proto = decision->now.proto;
	if (old && old->flags & FLOW_TO_BACKEND && old->balancer == key.router) {
		if (goes_on(&decision->frame, old, is_backend(&key, &old->nat.dst, old->nat.dst_port))) {
			set_backend(decision, &old->nat.dst, old->nat.dst_port, TRACE_CHOICE_KEPT);
			keep_source(decision, old);
			return 0;
		}
	}
	balancer = bpf_map_lookup_elem(&balancers, &key);
	return balancer && choose_backend(decision, &key, balancer) ? REFUSE_NO_BACKEND : 0;
}

#endif
