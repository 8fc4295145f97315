/* What no flow is made of: packets that are well-formed, and yet not what anybody honest sends. Asked where there is no flow
 * yet; packets with IP options and fragments always come here. */
#ifndef CABLE_VET_H
#define CABLE_VET_H

#include "fragment.h"
#include "state.h"

#define IP4_HEADER_MAX 60
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_LOOSE_ROUTE 131
#define OPTION_STRICT_ROUTE 137
#define TCP_ENDS (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)

/* The header with nothing behind it but zeroes. */
struct header4 {
	__u8 bytes[IP4_HEADER_MAX];
} __attribute__((aligned(4)));

/* Source routing leads around whatever rules there are (RFC 7126 sections 4.3 and 4.4 drop it). */
static __always_inline int vet_options(const struct header4 *header, __u32 size)
{
	__u32 at = sizeof(struct iphdr);

#pragma clang loop unroll(disable)
	for (int i = 0; i < IP4_HEADER_MAX - (int)sizeof(struct iphdr); i++) {
		__u8 kind, length;

		if (at >= size || at >= IP4_HEADER_MAX)
			return DROP_NONE;
		kind = header->bytes[at];
		if (kind == OPTION_END)
			return DROP_NONE;
		if (kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE)
			return DROP_SOURCE_ROUTE;
		if (kind == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= size || at + 1 >= IP4_HEADER_MAX)
			return DROP_MALFORMED;
		length = header->bytes[at + 1];
		if (length < 2 || at + length > size)
			return DROP_MALFORMED;
		at += length;
	}
	return DROP_NONE;
}

/* RFC 1812 section 5.2.2. Of a packet that is still to be cut the kernel makes the headers anew. */
static __always_inline int vet_header4(struct __sk_buff *skb)
{
	struct header4 header = {};
	__u32 size;
	__s64 sum;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &header, sizeof(struct iphdr)))
		return DROP_TRUNCATED;
	size = (header.bytes[0] & 0xf) * 4;
	if (size > sizeof(struct iphdr)) {
		__u32 rest = size - sizeof(struct iphdr);

		/* A bound for the verifier, which the compiler would think away. */
		asm volatile("" : "+r"(rest));
		if (rest < 4 || rest > IP4_HEADER_MAX - sizeof(struct iphdr) ||
		    bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(struct iphdr), header.bytes + sizeof(struct iphdr), rest))
			return DROP_TRUNCATED;
	}
	sum = bpf_csum_diff(0, 0, (__be32 *)header.bytes, sizeof(header), 0);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	if (!skb->gso_size && sum != 0xffff)
		return DROP_CHECKSUM;
	return size > sizeof(struct iphdr) ? vet_options(&header, size) : DROP_NONE;
}

/* Addresses that nobody has on a network (RFC 6890), and LAND: from oneself to oneself. */
static __always_inline int is_martian(const ip_t *src, const ip_t *dst)
{
	if (ip_equal(src, dst))
		return 1;
	if (ip_is4(src)) {
		__u8 from = bpf_ntohl(src->w[3]) >> 24, to = bpf_ntohl(dst->w[3]) >> 24;

		return from >= 224 || from == 127 || to == 127;
	}
	return (src->w[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000) || ip_is_loopback6(src) || ip_is_loopback6(dst);
}

/* No TCP sends these (nf_conntrack's tcp_valid_flags): nothing at all, FIN without ACK, SYN with FIN or RST, all together. */
static __always_inline int has_odd_flags(const struct frame *frame)
{
	if (frame->key.proto != IPPROTO_TCP || !frame->l4_offset)
		return 0;
	switch (frame->tcp_flags & TCP_ENDS) {
	case TCP_SYN:
	case TCP_SYN | TCP_ACK:
	case TCP_RST:
	case TCP_RST | TCP_ACK:
	case TCP_FIN | TCP_ACK:
	case TCP_ACK:
		return 0;
	}
	return 1;
}

/* RFC 6980: neighbour discovery does not come in pieces. */
static __always_inline int is_discovery_in_pieces(const struct frame *frame)
{
	return frame->marks & FRAME_FIRST && frame->key.proto == IPPROTO_ICMPV6 &&
	       frame->icmp_type >= ND_ROUTER_SOLICITATION && frame->icmp_type <= ND_REDIRECT;
}

/* Returns a reason to drop, or 0; a later fragment gets its packet's ports. A function of its own, and global, so that the
 * verifier looks at it once. */
__attribute__((noinline)) int vet(struct __sk_buff *skb, struct frame *frame)
{
	struct origin origin = origin_of(skb);
	int reason = DROP_NONE;

	if (!frame || !frame->ip_length)
		return DROP_NONE;
	if (frame->ethertype == bpf_htons(ETH_P_IP))
		reason = vet_header4(skb);
	if (reason)
		return reason;
	if (is_martian(&frame->key.src, &frame->key.dst))
		return DROP_MARTIAN;
	if (is_discovery_in_pieces(frame))
		return DROP_MALFORMED;
	if (has_odd_flags(frame))
		return DROP_TCP_FLAGS;
	if (frame->marks & FRAME_LATER)
		return recall_first(&origin, frame);
	if (frame->marks & FRAME_FIRST)
		remember_first(&origin, frame);
	return DROP_NONE;
}

#endif
