/* How many flows one owner may have: a flood of new ones fills the quota of whoever sent it, or, from outside, of the port
 * that it is for, and nobody else's. */
#ifndef CABLE_QUOTA_H
#define CABLE_QUOTA_H

#include "decision.h"

#define EVERYBODY 0

/* The place among FLOW_BUCKETS of a sender that is no port of this host: two such may share one, which costs them some of
 * their quota and others nothing. */
static __always_inline __u32 bucket_of(net_t net, const ip_t *ip)
{
	__u32 hash = net * 0x9e3779b1u;

	for (int i = 0; i < 4; i++) {
		hash ^= ip->w[i];
		hash *= 0x85ebca6bu;
		hash ^= hash >> 15;
	}
	return FLOW_SENDERS + (hash & (FLOW_BUCKETS - 1));
}

/* Who asked; of what came from outside the port that it is for; of what only passes through who it is from. */
static __always_inline __u32 owner_of(const struct origin *origin, const struct decision *decision)
{
	if (origin->vif)
		return origin->vif;
	if (decision->target.kind == TARGET_LOCAL)
		return decision->target.vif;
	return bucket_of(origin->net, &decision->frame.key.src);
}

/* Whose fault it is that there is no room: a port's, or nobody's here. */
static __always_inline vif_t blamed(__u32 owner)
{
	return owner < FLOW_SENDERS ? owner : 0;
}

static __always_inline __u64 flows_of(__u32 owner, const struct flow_count *count)
{
	struct flow_aged *aged = bpf_map_lookup_elem(&flow_aged, &owner);
	__u64 entries = aged ? count->live - aged->entries : count->live;

	/* An entry that both sides have just deleted is counted out twice until the agent's next walk. */
	return (__s64)entries < 0 ? 0 : entries;
}

/* Counts a new entry in, or returns a reason to drop. */
static __always_inline int take_quota(const struct settings *set, __u32 owner)
{
	__u32 everybody = EVERYBODY;
	struct flow_count *count = bpf_map_lookup_elem(&flow_counts, &owner), *all = bpf_map_lookup_elem(&flow_counts, &everybody);
	__u64 entries;

	if (!count || !all)
		return DROP_INTERNAL;
	entries = flows_of(owner, count) + pending_flows();
	if (entries >= set->flow_quota ||
	    (entries >= set->flow_share && flows_of(everybody, all) + pending_flows() >= set->flow_room))
		return DROP_FLOW_QUOTA;
	if (IS_TRACE)
		return DROP_NONE;
	__sync_fetch_and_add(&count->live, 1);
	__sync_fetch_and_add(&count->made, 1);
	__sync_fetch_and_add(&all->live, 1);
	__sync_fetch_and_add(&all->made, 1);
	return DROP_NONE;
}

static __always_inline void count_out(__u32 owner)
{
	struct flow_count *count = bpf_map_lookup_elem(&flow_counts, &owner);

	if (!IS_TRACE && count)
		__sync_fetch_and_add(&count->live, -1);
}

static __always_inline void give_back_quota(__u32 owner)
{
	count_out(owner);
	count_out(EVERYBODY);
}

static __always_inline void forget_flow(const struct flow_key *key, __u32 owner)
{
	if (!bpf_map_delete_elem(&flows, key))
		give_back_quota(owner);
}

/* A flow entry that is not there yet. Returns 0, a reason to drop, or -1 if somebody else has made one meanwhile. */
static __always_inline int make_flow(const struct settings *set, const struct flow_key *key, const struct flow *flow)
{
	int reason = take_quota(set, flow->owner);
	long failed;

	if (reason)
		return reason;
	failed = bpf_map_update_elem(&flows, key, flow, BPF_NOEXIST);
	if (!failed)
		return DROP_NONE;
	give_back_quota(flow->owner);
	return failed == -E2BIG ? DROP_FLOW_TABLE_FULL : -1;
}

/* A flow entry, new or in the place of an old one. Returns a reason to drop, or 0. */
static __always_inline int put_flow(const struct settings *set, const struct flow_key *key, const struct flow *flow)
{
	int reason;

	if (!bpf_map_update_elem(&flows, key, flow, BPF_EXIST))
		return DROP_NONE;
	reason = make_flow(set, key, flow);
	/* Two packets of one flow on two CPUs at once say the same. */
	return reason < 0 ? DROP_NONE : reason;
}

#endif
