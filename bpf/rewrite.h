/* What a router changes in a packet on its way: MACs, TTL, and the ends of an IPv4 packet. */
#ifndef CABLE_REWRITE_H
#define CABLE_REWRITE_H

#include "nat.h"
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

/* What a checksum's sum grows by when a becomes b (RFC 1624). */
static __always_inline __u64 sum_change(__be32 a, __be32 b)
{
	return (__u64)(__u32)~a + b;
}

static __always_inline __u32 fold_to_32(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (sum & 0xffffffff) + (sum >> 32);
}

static __always_inline __be32 both_ports(__be16 first, __be16 second)
{
	struct { __be16 first, second; } pair = { first, second };
	__be32 word;

	__builtin_memcpy(&word, &pair, sizeof(word));
	return word;
}

#define TCP_CHECK 16
#define UDP_CHECK 6 /* UDP-Lite's and DCCP's too */
#define ICMP_CHECK 2
#define ICMP_ID 4

/* An echo's identifier stands for both ports; no address is in the checksum. */
static __always_inline int translate_echo(struct __sk_buff *skb, const struct frame *frame, __be16 id)
{
	__u32 at = frame->l4_offset;

	if (id == frame->key.src_port || !is_echo(frame))
		return 0;
	if (bpf_l4_csum_replace(skb, at + ICMP_CHECK, frame->key.src_port, id, 2))
		return -1;
	return bpf_skb_store_bytes(skb, at + ICMP_ID, &id, sizeof(id), 0);
}

static __always_inline int translate_ports(struct __sk_buff *skb, const struct frame *frame, __u32 addresses, __be16 src, __be16 dst)
{
	__be32 old = both_ports(frame->key.src_port, frame->key.dst_port), new = both_ports(src, dst);
	__u32 at = frame->l4_offset, check = at + (frame->key.proto == IPPROTO_TCP ? TCP_CHECK : UDP_CHECK);
	/* A UDP checksum of 0 is none, and stays so (RFC 768). */
	__u64 flags = frame->key.proto == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;

	if (bpf_l4_csum_replace(skb, check, 0, addresses, flags | BPF_F_PSEUDO_HDR))
		return -1;
	if (old == new)
		return 0;
	if (bpf_l4_csum_replace(skb, check, old, new, flags | 4))
		return -1;
	return bpf_skb_store_bytes(skb, at, &new, sizeof(new), 0);
}

/* Addresses are in the checksum, and in the same place as UDP's. */
static __always_inline int has_udp_checksum(__u8 proto)
{
	return proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

/* Of IPv4. What no checksum is known of keeps what it has behind the IP header. */
static __always_inline int translate(struct __sk_buff *skb, const struct frame *frame, __u16 rewrite, const struct nat *nat)
{
	struct { __be32 src, dst; } addresses = {
		rewrite & REWRITE_SRC ? nat->src4 : frame->key.src.w[3],
		rewrite & REWRITE_DST ? nat->dst4 : frame->key.dst.w[3],
	};
	__u32 change = fold_to_32(sum_change(frame->key.src.w[3], addresses.src) + sum_change(frame->key.dst.w[3], addresses.dst));
	__be16 src_port = rewrite & REWRITE_SRC ? nat->src_port : frame->key.src_port;
	__be16 dst_port = rewrite & REWRITE_DST ? nat->dst_port : frame->key.dst_port;
	int wrong = 0;

	if (frame->l4_offset && (frame->key.proto == IPPROTO_TCP || has_udp_checksum(frame->key.proto)))
		wrong = translate_ports(skb, frame, change, src_port, dst_port);
	else if (frame->l4_offset && frame->key.proto == IPPROTO_ICMP)
		wrong = translate_echo(skb, frame, rewrite & REWRITE_SRC ? src_port : dst_port);
	if (wrong || bpf_l3_csum_replace(skb, IP4_CHECK_OFFSET, 0, change, 0))
		return -1;
	return bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), &addresses, sizeof(addresses), 0);
}

/* `macs`: destination and source, as in the packet. Non-zero when the packet cannot be written to. */
static __always_inline int apply_rewrite(struct __sk_buff *skb, const struct frame *frame, __u16 rewrite, __u16 hops,
					  const void *macs, const struct nat *nat)
{
	if (rewrite & (REWRITE_SRC | REWRITE_DST) && translate(skb, frame, rewrite, nat))
		return -1;
	if (rewrite & REWRITE_TTL && decrement_ttl(skb, frame, hops))
		return -1;
	if (rewrite & REWRITE_MACS && bpf_skb_store_bytes(skb, 0, macs, 2 * ETH_ALEN, 0))
		return -1;
	return 0;
}

#endif
