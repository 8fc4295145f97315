/* What a router changes in a packet on its way: MACs, TTL, and its ends. */
#ifndef CABLE_REWRITE_H
#define CABLE_REWRITE_H

#include "parse.h"

#define IP6_HOP_LIMIT_OFFSET (ETH_HLEN + offsetof(struct ipv6hdr, hop_limit))

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

static __always_inline __sum16 add_to_sum(__sum16 sum, __u64 change)
{
	__u64 all = (__u16)~sum + change;

	all = (all & 0xffffffff) + (all >> 32);
	all = (all & 0xffff) + (all >> 16);
	all = (all & 0xffff) + (all >> 16);
	return ~((all & 0xffff) + (all >> 16));
}

static __always_inline __u64 sum_change16(__be16 a, __be16 b)
{
	return (__u64)(__u16)~a + b;
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

/* An echo's identifier stands for both ports. */
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

/* What is behind the IP header; of a later fragment nothing is. The first one's checksum is over the whole packet, and in it.
 * What no checksum is known of keeps what it has. */
static __always_inline int translate_rest(struct __sk_buff *skb, const struct frame *frame, __u16 rewrite, const struct nat *nat,
					  __u32 addresses)
{
	__be16 src_port = rewrite & REWRITE_SRC ? nat->src_port : frame->key.src_port;
	__be16 dst_port = rewrite & REWRITE_DST ? nat->dst_port : frame->key.dst_port;

	if (!frame->l4_offset)
		return 0;
	if (frame->key.proto == IPPROTO_TCP || has_udp_checksum(frame->key.proto))
		return translate_ports(skb, frame, addresses, src_port, dst_port);
	if (frame->key.proto == IPPROTO_ICMPV6 &&
	    bpf_l4_csum_replace(skb, frame->l4_offset + ICMP_CHECK, 0, addresses, BPF_F_PSEUDO_HDR))
		return -1;
	if (is_icmp(frame))
		return translate_echo(skb, frame, rewrite & REWRITE_SRC ? src_port : dst_port);
	return 0;
}

/* The headers as they are written back, in one go. The IP header is aligned in it. */
struct head4 {
	__u16 pad;
	__u16 macs[6]; /* destination and source */
	__be16 ethertype;
	struct iphdr ip;
};

static __always_inline void put_macs(__u16 *to, const void *macs)
{
	const __u16 *from = macs;

	for (int i = 0; i < 6; i++)
		to[i] = from[i];
}

static __always_inline int read_ip4(struct __sk_buff *skb, struct iphdr *ip)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const word_t *from = data + ETH_HLEN;
	word_t *to = (word_t *)ip;

	if (data + ETH_HLEN + sizeof(*ip) > end)
		return -1;
	for (__u32 i = 0; i < sizeof(*ip) / sizeof(*to); i++)
		to[i] = from[i];
	return 0;
}

/* RFC 1812 section 5.3.1: so many hops less. */
static __always_inline int rewrite4(struct __sk_buff *skb, const struct frame *frame, __u16 rewrite, __u16 hops, const void *macs,
				    const struct nat *nat)
{
	__u8 ttl = rewrite & REWRITE_TTL ? frame->ttl - hops : frame->ttl;
	struct head4 head;
	__u64 change = 0;

	if (read_ip4(skb, &head.ip))
		return -1;
	if (rewrite & (REWRITE_SRC | REWRITE_DST)) {
		__be32 src = rewrite & REWRITE_SRC ? nat->src.w[3] : head.ip.saddr, dst = rewrite & REWRITE_DST ? nat->dst.w[3] : head.ip.daddr;

		change = fold_to_32(sum_change(head.ip.saddr, src) + sum_change(head.ip.daddr, dst));
		if (translate_rest(skb, frame, rewrite, nat, change))
			return -1;
		head.ip.saddr = src;
		head.ip.daddr = dst;
	}
	/* The checksum is over words: TTL and protocol are one. */
	change += sum_change16(bpf_htons(head.ip.ttl << 8 | head.ip.protocol), bpf_htons(ttl << 8 | head.ip.protocol));
	head.ip.check = add_to_sum(head.ip.check, change);
	head.ip.ttl = ttl;
	head.ethertype = frame->ethertype;
	put_macs(head.macs, rewrite & REWRITE_MACS ? macs : (const void *)&frame->dst_mac);
	return bpf_skb_store_bytes(skb, 0, head.macs, ETH_HLEN + sizeof(head.ip), 0);
}

static __always_inline __u64 ip_change(const ip_t *a, const ip_t *b)
{
	return sum_change(a->w[0], b->w[0]) + sum_change(a->w[1], b->w[1]) + sum_change(a->w[2], b->w[2]) + sum_change(a->w[3], b->w[3]);
}

/* The end of an IPv6 header: it is written back in one go, from the hop limit on. */
struct head6 {
	__u8 pad[3];
	__u8 hop_limit;
	ip_t src;
	ip_t dst;
};

/* Addresses are in no checksum but the upper layer's. With CHECKSUM_COMPLETE, what bpf_l4_csum_replace takes from the sum of all
 * there is for the sake of these is still in it: in IPv4 its header's own checksum makes up for them. */
static __always_inline int translate6(struct __sk_buff *skb, const struct frame *frame, __u16 rewrite, const struct nat *nat, __u8 left)
{
	struct head6 head = {
		.hop_limit = left,
		.src = rewrite & REWRITE_SRC ? nat->src : frame->key.src,
		.dst = rewrite & REWRITE_DST ? nat->dst : frame->key.dst,
	};
	__u32 change = fold_to_32(ip_change(&frame->key.src, &head.src) + ip_change(&frame->key.dst, &head.dst));

	if (translate_rest(skb, frame, rewrite, nat, change))
		return -1;
	bpf_csum_update(skb, change);
	return bpf_skb_store_bytes(skb, IP6_HOP_LIMIT_OFFSET, &head.hop_limit, 1 + 2 * sizeof(ip_t), 0);
}

static __always_inline int rewrite6(struct __sk_buff *skb, const struct frame *frame, __u16 rewrite, __u16 hops, const void *macs,
				    const struct nat *nat)
{
	__u8 left = rewrite & REWRITE_TTL ? frame->ttl - hops : frame->ttl;

	if (rewrite & (REWRITE_SRC | REWRITE_DST)) {
		if (translate6(skb, frame, rewrite, nat, left))
			return -1;
	} else if (rewrite & REWRITE_TTL && bpf_skb_store_bytes(skb, IP6_HOP_LIMIT_OFFSET, &left, 1, 0)) {
		return -1;
	}
	return rewrite & REWRITE_MACS ? bpf_skb_store_bytes(skb, 0, macs, 2 * ETH_ALEN, 0) : 0;
}

/* `macs`: destination and source, as in the packet. Non-zero when the packet cannot be written to. */
static __always_inline int apply_rewrite(struct __sk_buff *skb, const struct frame *frame, __u16 rewrite, __u16 hops,
					  const void *macs, const struct nat *nat)
{
	if (frame->ethertype == bpf_htons(ETH_P_IP))
		return rewrite4(skb, frame, rewrite, hops, macs, nat);
	return rewrite6(skb, frame, rewrite, hops, macs, nat);
}

#endif
