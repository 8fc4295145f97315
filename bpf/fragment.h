/* Fragments: the first one has its packet's ports, and they are kept for those that follow, which so meet the same rules,
 * the same flow and the same NAT. A later one without its first goes nowhere: nothing is put together here, and nothing is
 * held back. */
#ifndef CABLE_FRAGMENT_H
#define CABLE_FRAGMENT_H

#include "quota.h"

/* As long as Linux waits for the rest (net.ipv4.ipfrag_time): identifications come again. */
#define FRAGMENT_NS 30000000000ull

/* Each sender has places of its own: a flood of fragments overwrites what its own sender has kept. */
static __always_inline void fragment_key(struct fragment_key *key, const struct origin *origin, const struct frame *frame)
{
	__u32 towards = bucket_of(0, &frame->key.dst);

	key->owner = origin->vif ? origin->vif : bucket_of(origin->net, &frame->key.src);
	key->slot = (frame->fragment_id ^ towards) & (FRAGMENT_SLOTS - 1);
}

/* IPv4's identification is of one protocol (RFC 791 section 3.2); in IPv6 the first fragment alone says which it is
 * (RFC 8200 section 4.5). */
static __always_inline int is_same_packet(const struct fragment *first, const struct origin *origin, const struct frame *frame)
{
	return first->ingress == origin->ingress && first->id == frame->fragment_id && ip_equal(&first->src, &frame->key.src) &&
	       ip_equal(&first->dst, &frame->key.dst) && (!ip_is4(&frame->key.src) || first->proto == frame->key.proto);
}

static __always_inline void remember_first(const struct origin *origin, const struct frame *frame)
{
	struct fragment first = {
		.ingress = origin->ingress,
		.src = frame->key.src,
		.dst = frame->key.dst,
		.id = frame->fragment_id,
		.src_port = frame->key.src_port,
		.dst_port = frame->key.dst_port,
		.proto = frame->key.proto,
		.icmp_type = frame->icmp_type,
		.icmp_code = frame->icmp_code,
		.size = frame->fragment_size,
		.seen_ns = bpf_ktime_get_coarse_ns(),
	};
	struct fragment_key key;

	fragment_key(&key, origin, frame);
	bpf_map_update_elem(&fragments, &key, &first, BPF_ANY);
}

/* Gives a later fragment its packet's ports. One that reaches back into the first would change what was decided by
 * (RFC 1858 section 4, RFC 5722). Returns a reason to drop, or 0. */
static __always_inline int recall_first(const struct origin *origin, struct frame *frame)
{
	struct fragment_key key;
	struct fragment *first;

	fragment_key(&key, origin, frame);
	first = bpf_map_lookup_elem(&fragments, &key);
	if (!first || !is_same_packet(first, origin, frame) || bpf_ktime_get_coarse_ns() - first->seen_ns > FRAGMENT_NS)
		return DROP_FRAGMENT_ALONE;
	if (frame->fragment_at < first->size)
		return DROP_FRAGMENT_OVERLAP;
	frame->key.src_port = first->src_port;
	frame->key.dst_port = first->dst_port;
	frame->key.proto = first->proto;
	frame->icmp_type = first->icmp_type;
	frame->icmp_code = first->icmp_code;
	return DROP_NONE;
}

#endif
