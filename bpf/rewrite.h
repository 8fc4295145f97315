/* What a router changes in a packet on its way. */
#ifndef CABLE_REWRITE_H
#define CABLE_REWRITE_H

#include "parse.h"

#define IP4_TTL_OFFSET (ETH_HLEN + offsetof(struct iphdr, ttl))
#define IP4_CHECK_OFFSET (ETH_HLEN + offsetof(struct iphdr, check))
#define IP6_HOP_LIMIT_OFFSET (ETH_HLEN + offsetof(struct ipv6hdr, hop_limit))

/* So many hops less (RFC 1812 section 5.3.1, RFC 8200 section 3). */
static __always_inline int decrement_ttl(struct __sk_buff *skb, const struct frame *frame, __u16 hops)
{
	__be16 old, new;
	__u8 ttl = frame->ttl - hops;

	if (frame->ethertype == bpf_htons(ETH_P_IPV6))
		return bpf_skb_store_bytes(skb, IP6_HOP_LIMIT_OFFSET, &ttl, 1, 0);
	/* The checksum is over words: TTL and protocol are one. */
	old = bpf_htons(frame->ttl << 8 | frame->key.proto);
	new = bpf_htons(ttl << 8 | frame->key.proto);
	if (bpf_l3_csum_replace(skb, IP4_CHECK_OFFSET, old, new, 2))
		return -1;
	return bpf_skb_store_bytes(skb, IP4_TTL_OFFSET, &ttl, 1, 0);
}

/* `macs`: destination and source, as in the packet. Non-zero when the packet cannot be written to. */
static __always_inline int apply_rewrite(struct __sk_buff *skb, const struct frame *frame, __u16 rewrite, __u16 hops,
					  const void *macs)
{
	if (rewrite & REWRITE_TTL && decrement_ttl(skb, frame, hops))
		return -1;
	if (rewrite & REWRITE_MACS && bpf_skb_store_bytes(skb, 0, macs, 2 * ETH_ALEN, 0))
		return -1;
	return 0;
}

#endif
