/* Several next hops of one destination: which of them a flow takes. By rendezvous hashing (RFC 2991 section 2, "highest random
 * weight"): one that goes takes only its own flows with it. What is known of a flow goes before: one that comes is given
 * new flows only, and answers go to where their question came from. */
#ifndef CABLE_WAYS_H
#define CABLE_WAYS_H

#include "decision.h"
#include "switch.h"

/* Above every hash. */
#define KNOWN_WAY 0xffffffffu

static __always_inline struct route *find_way(router_t router, const struct route *shared, __u32 index)
{
	struct way_key key = {
		.router = router,
		.prefix_length = shared->prefix_length,
		.ip = shared->next_hop,
		.index = index,
	};

	return bpf_map_lookup_elem(&ways, &key);
}

/* The finalizer of MurmurHash3. */
static __always_inline __u32 mix(__u32 hash)
{
	hash ^= hash >> 16;
	hash *= 0x85ebca6b;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35;
	return hash ^ hash >> 16;
}

static __always_inline __u32 hash_ip(const ip_t *ip, __u32 seed)
{
	return mix(mix(mix(mix(seed ^ ip->w[0]) + ip->w[1]) + ip->w[2]) + ip->w[3]);
}

/* The same for both directions of a flow. */
static __always_inline __u32 hash_flow(const struct flow_key *key)
{
	return mix(hash_ip(&key->src, key->src_port) + hash_ip(&key->dst, key->dst_port) + key->proto);
}

/* What is remembered of this packet's flow: where it went, or of an answer from which host its question came. */
static __always_inline int is_known_way(const struct flow *flow, const struct ip_entry *hop)
{
	if (flow->target.kind)
		return mac_equal(&flow->new_dst_mac, &hop->mac);
	return hop->target.kind == TARGET_REMOTE && ip_equal(&flow->target.remote, &hop->target.remote);
}

/* How much the flow belongs to the way; 0 = it leads nowhere now. */
static __always_inline __u32 weigh_way(const struct decision *decision, const struct route *way)
{
	__u32 weight = mix(hash_flow(&decision->now) ^ hash_ip(&way->next_hop, way->net));
	struct ip_entry *hop;
	struct flow *flow;

	if (weight == 0 || weight == KNOWN_WAY)
		weight = 1;
	if (way->kind != ROUTE_VIA)
		return weight;
	hop = find_ip(way->net, &way->next_hop);
	if (!hop)
		return 0;
	flow = bpf_map_lookup_elem(&flows, &decision->frame.key);
	return flow && is_known_way(flow, hop) ? KNOWN_WAY : weight;
}

/* Keeps the way if it is better than those before it. A function of its own, and global, so that the verifier looks at it once
 * and not for each turn of the loop; what it finds is kept in the decision, or each turn would be a state of its own. */
__attribute__((noinline)) int try_way(struct __sk_buff *skb, __u32 index)
{
	struct decision *decision = get_decision();
	struct route *way;
	__u32 weight;

	if (!skb || !decision)
		return 0;
	way = find_way(decision->router, &decision->way, index);
	if (!way)
		return 0; /* the agent is changing the list */
	weight = weigh_way(decision, way);
	if (weight > decision->best_weight) {
		decision->best_weight = weight;
		decision->best_way = *way;
	}
	return 0;
}

/* Puts the chosen one in the place of the shared route. Returns 0, or -1 if all lead nowhere. */
static __always_inline int choose_way(struct __sk_buff *skb, struct decision *decision)
{
	decision->best_weight = 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < WAYS_MAX; i++) {
		if (i >= decision->way.ways)
			break;
		try_way(skb, i);
	}
	if (!decision->best_weight)
		return -1;
	decision->way = decision->best_way;
	return 0;
}

#endif
