/* A frame's headers by cursors: from the Ethernet header to the ports. */
#ifndef CABLE_PARSE_H
#define CABLE_PARSE_H

#include "address.h"

/* Ethernet, IPv6 and as many extension headers as are followed. */
#define HEADERS_MAX 256
#define EXTENSION_HEADERS 6
#define FRAGMENT_OFFSET 0x1fff
#define MORE_FRAGMENTS 0x2000
#define FRAGMENT_BITS bpf_htons(MORE_FRAGMENTS | FRAGMENT_OFFSET)
#define IP_SIZE_MAX 65535

/* What takes a packet off the fast path. */
enum frame_mark {
	FRAME_FIRST = 1,  /* fragment, with the ports */
	FRAME_LATER = 2,  /* fragment: its ports are known once they are recalled (fragment.h) */
	FRAME_OPTIONS = 4 /* IPv4 options */
};
#define FRAME_FRAGMENT (FRAME_FIRST | FRAME_LATER)

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct frame {
	struct flow_key key; /* `ingress` is the caller's */
	mac_t dst_mac;
	mac_t src_mac;
	__be16 ethertype;
	__u16 l4_offset; /* from the frame's start; 0 where there are no ports */
	__u32 ip_length; /* bytes of the whole IP packet; 0 = not IP */
	__u8 tcp_flags;  /* SCTP: what the first chunk says, in TCP's words */
	__u8 tcp_header; /* bytes */
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 ttl;
	__u8 marks;      /* enum frame_mark */
	__u8 pad[2];
	/* Of a fragment: */
	__u32 fragment_id;
	__u16 fragment_at;   /* where in the packet behind its IP header */
	__u16 fragment_size;
};

static __always_inline int is_echo(const struct frame *frame)
{
	if (frame->key.proto == IPPROTO_ICMP)
		return frame->icmp_type == ICMP_ECHO || frame->icmp_type == ICMP_ECHOREPLY;
	return frame->icmp_type == ICMPV6_ECHO_REQUEST || frame->icmp_type == ICMPV6_ECHO_REPLY;
}

static __always_inline int is_icmp(const struct frame *frame)
{
	return frame->key.proto == IPPROTO_ICMP || frame->key.proto == IPPROTO_ICMPV6;
}

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
#define SCTP_CHUNK_TYPE 12

/* RFC 9260 section 3.2. What completes a shutdown is the ACK after the last FIN. */
static __always_inline __u8 sctp_flags(__u8 chunk)
{
	switch (chunk) {
	case 1: /* INIT */
		return TCP_SYN;
	case 2: /* INIT ACK */
		return TCP_SYN | TCP_ACK;
	case 6: /* ABORT */
		return TCP_RST;
	case 7: /* SHUTDOWN */
	case 8: /* SHUTDOWN ACK */
		return TCP_FIN | TCP_ACK;
	}
	return TCP_ACK;
}

/* Ports, or what stands for them. `room` is what the IP header says is left. */
static __always_inline int parse_l4(struct frame *frame, void *data, void *end, __u32 offset, __u32 room)
{
	void *l4;

	/* No packet reaches more: HEADERS_MAX bounds IPv6, ihl bounds IPv4. Kernel 6.1's verifier also walks branches that
	 * contradict what it knows of `offset`, and loses the packet pointer there unless it is bounded once more; in
	 * assembly, since the compiler knows the bound and would leave it out. */
	asm volatile("%0 &= 0x1ff" : "+r"(offset));
	l4 = data + offset;
	frame->l4_offset = offset;
	switch (frame->key.proto) {
	case IPPROTO_TCP: {
		struct tcphdr *tcp = l4;

		if (room < sizeof(*tcp) || (void *)(tcp + 1) > end)
			return DROP_TRUNCATED;
		if (tcp->doff < 5)
			return DROP_MALFORMED;
		if (room < (__u32)tcp->doff * 4)
			return DROP_TRUNCATED;
		frame->key.src_port = tcp->source;
		frame->key.dst_port = tcp->dest;
		frame->tcp_header = tcp->doff * 4;
		frame->tcp_flags = ((__u8 *)tcp)[13];
		return DROP_NONE;
	}
	case IPPROTO_SCTP:
		if (l4 + SCTP_CHUNK_TYPE < end && room > SCTP_CHUNK_TYPE)
			frame->tcp_flags = sctp_flags(((__u8 *)l4)[SCTP_CHUNK_TYPE]);
		/* fall through */
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP: {
		struct udphdr *udp = l4; /* all have their ports where UDP has them, and are no shorter */

		if (room < sizeof(*udp) || (void *)(udp + 1) > end)
			return DROP_TRUNCATED;
		if (frame->key.proto == IPPROTO_UDP && !(frame->marks & FRAME_FRAGMENT) &&
		    (bpf_ntohs(udp->len) < sizeof(*udp) || bpf_ntohs(udp->len) > room))
			return DROP_MALFORMED;
		frame->key.src_port = udp->source;
		frame->key.dst_port = udp->dest;
		return DROP_NONE;
	}
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: {
		struct icmphdr *icmp = l4;

		if (room < sizeof(*icmp) || (void *)(icmp + 1) > end)
			return DROP_TRUNCATED;
		frame->icmp_type = icmp->type;
		frame->icmp_code = icmp->code;
		if (is_echo(frame)) {
			frame->key.src_port = icmp->un.echo.id;
			frame->key.dst_port = icmp->un.echo.id;
		}
		return DROP_NONE;
	}
	}
	return DROP_NONE;
}

/* A packet length that stands for itself: 0 where a GSO packet is too large for the field (BIG TCP). */
static __always_inline __u32 ip_length(struct __sk_buff *skb, __u32 said)
{
	return said == 0 && skb->gso_size ? skb->len - ETH_HLEN : said;
}

/* Where in its packet a fragment is. All but the last hold a multiple of 8 bytes (RFC 791 section 3.2), and none reaches
 * beyond the largest packet there can be. */
static __always_inline int note_fragment(struct frame *frame, __u32 id, __u32 at, __u32 size, int has_more)
{
	if (!size || (has_more && size & 7) || at + size > IP_SIZE_MAX)
		return DROP_MALFORMED;
	frame->marks |= at ? FRAME_LATER : FRAME_FIRST;
	frame->fragment_id = id;
	frame->fragment_at = at;
	frame->fragment_size = size;
	return DROP_NONE;
}

static __always_inline int note_some_fragment(struct frame *frame)
{
	frame->marks = FRAME_FRAGMENT;
	return DROP_NONE;
}

static __always_inline int parse_ip4(struct __sk_buff *skb, struct frame *frame, void *data, void *end, int deep)
{
	struct iphdr *ip = data + ETH_HLEN;
	__u32 header, length;

	if ((void *)(ip + 1) > end)
		return DROP_TRUNCATED;
	header = ip->ihl * 4;
	length = ip_length(skb, bpf_ntohs(ip->tot_len));
	if (ip->version != 4 || header < sizeof(*ip) || length < header)
		return DROP_MALFORMED;
	if (length > skb->len - ETH_HLEN)
		return DROP_TRUNCATED;
	ip_from4(&frame->key.src, ip->saddr);
	ip_from4(&frame->key.dst, ip->daddr);
	frame->key.proto = ip->protocol;
	frame->ttl = ip->ttl;
	frame->ip_length = length;
	if (unlikely(header > sizeof(*ip)))
		frame->marks = FRAME_OPTIONS;
	if (unlikely(ip->frag_off & FRAGMENT_BITS)) {
		__u32 bits = bpf_ntohs(ip->frag_off);
		int reason;

		if (!deep)
			return note_some_fragment(frame);
		reason = note_fragment(frame, bpf_ntohs(ip->id), (bits & FRAGMENT_OFFSET) * 8, length - header,
				       bits & MORE_FRAGMENTS);

		if (reason || frame->marks & FRAME_LATER)
			return reason;
	}
	return parse_l4(frame, data, end, ETH_HLEN + header, length - header);
}

struct fragment_header6 {
	__u8 next;
	__u8 reserved;
	__be16 bits; /* offset, and the lowest one: more */
	__be32 id;
};

/* `room`: bytes from the fragment header on. A packet of one fragment is none (RFC 6946). */
static __always_inline int parse_fragment6(struct frame *frame, const struct fragment_header6 *header, __u32 room)
{
	__u32 bits = bpf_ntohs(header->bits);

	if (frame->marks & FRAME_FRAGMENT)
		return DROP_MALFORMED;
	if (!(bits & 0xfff9))
		return DROP_NONE;
	frame->key.proto = header->next;
	return note_fragment(frame, bpf_ntohl(header->id), bits & 0xfff8, room - sizeof(*header), bits & 1);
}

static __always_inline int parse_ip6(struct __sk_buff *skb, struct frame *frame, void *data, void *end, int deep)
{
	struct ipv6hdr *ip = data + ETH_HLEN;
	__u32 offset = ETH_HLEN + sizeof(*ip), length;
	__u8 next;

	if ((void *)(ip + 1) > end)
		return DROP_TRUNCATED;
	if (ip->version != 6)
		return DROP_MALFORMED;
	length = ip_length(skb, bpf_ntohs(ip->payload_len) ? bpf_ntohs(ip->payload_len) + sizeof(*ip) : 0);
	if (length == 0)
		length = sizeof(*ip); /* no payload at all */
	if (length > skb->len - ETH_HLEN)
		return DROP_TRUNCATED;
	ip_from6(&frame->key.src, &ip->saddr);
	ip_from6(&frame->key.dst, &ip->daddr);
	/* A mapped address on the wire (RFC 4942 section 2.2) would pass for an IPv4 one in every map here. */
	if (ip_is4(&frame->key.src) || ip_is4(&frame->key.dst))
		return DROP_MALFORMED;
	frame->ip_length = length;
	frame->ttl = ip->hop_limit;
	next = ip->nexthdr;
	for (int i = 0; i < EXTENSION_HEADERS; i++) {
		__u8 *extension;
		__u32 size;

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS && next != IPPROTO_FRAGMENT)
			break;
		extension = data + offset;
		if (offset + 8 > ETH_HLEN + length || (void *)(extension + 8) > end)
			return DROP_TRUNCATED;
		size = (extension[1] + 1) * 8;
		if (next == IPPROTO_FRAGMENT) {
			int reason;

			if (!deep)
				return note_some_fragment(frame);
			reason = parse_fragment6(frame, (const struct fragment_header6 *)extension, ETH_HLEN + length - offset);
			if (reason || frame->marks & FRAME_LATER)
				return reason;
			size = sizeof(struct fragment_header6);
		}
		/* RFC 5095. */
		if (next == IPPROTO_ROUTING && extension[2] == 0)
			return DROP_SOURCE_ROUTE;
		next = extension[0];
		offset += size;
		/* A bound for the verifier, and longer chains than this are refused in practice everywhere (RFC 9098). */
		if (offset > HEADERS_MAX)
			return DROP_MALFORMED;
	}
	frame->key.proto = next;
	if (offset > ETH_HLEN + length)
		return DROP_TRUNCATED;
	return parse_l4(frame, data, end, offset, ETH_HLEN + length - offset);
}

static __always_inline int parse_linear(struct __sk_buff *skb, struct frame *frame, int deep)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > end)
		return DROP_TRUNCATED;
	mac_pair_copy(&frame->dst_mac, eth);
	frame->ethertype = eth->h_proto;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return parse_ip4(skb, frame, data, end, deep);
	if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		return parse_ip6(skb, frame, data, end, deep);
	return DROP_NONE;
}

/* Reads the headers; `deep`: a fragment's, too. Those of a large packet may lie outside the linear part, which alone can be read directly: then
 * they are pulled in once. Not done beforehand, since pulling copies, and hardly any packet needs it. */
static __always_inline int parse_to(struct __sk_buff *skb, struct frame *frame, int deep)
{
	int reason = DROP_NONE;

#pragma clang loop unroll(disable)
	for (int i = 0; i < 2; i++) {
		__builtin_memset(frame, 0, sizeof(*frame));
		reason = parse_linear(skb, frame, deep);
		if (likely(reason != DROP_TRUNCATED) || skb->data_end - skb->data >= skb->len)
			break;
		if (bpf_skb_pull_data(skb, skb->len < HEADERS_MAX ? skb->len : HEADERS_MAX))
			break;
	}
	/* Whole, and yet without its headers (RFC 1858 section 3, RFC 8200 section 4.5). */
	return unlikely(reason == DROP_TRUNCATED && frame->marks & FRAME_FIRST) ? DROP_FRAGMENT_SHORT : reason;
}

/* As far as the fast path needs: of a fragment it sees only that it is one. */
static __always_inline int parse(struct __sk_buff *skb, struct frame *frame)
{
	return parse_to(skb, frame, 0);
}

/* Also once they are recalled. */
static __always_inline int has_ports(const struct frame *frame)
{
	return frame->l4_offset || frame->marks & FRAME_LATER;
}

/* The same for programs that have time: a function of its own, and global, so that the verifier looks at it once, and what
 * follows once and not for each way through the headers. */
__attribute__((noinline)) int parse_once(struct __sk_buff *skb, struct frame *frame)
{
	return frame ? parse_to(skb, frame, 1) : DROP_INTERNAL;
}

/* A VLAN tag that the kernel left in the frame. */
static __always_inline int is_tagged(const struct frame *frame)
{
	return frame->ethertype == bpf_htons(ETH_P_8021Q) || frame->ethertype == bpf_htons(ETH_P_8021AD);
}

/* Of which no errors are made (RFC 1122 section 3.2.2, RFC 4443 section 2.4 e). */
static __always_inline int is_icmp_error(const struct frame *frame)
{
	if (frame->key.proto == IPPROTO_ICMP)
		return frame->icmp_type != ICMP_ECHO && frame->icmp_type != ICMP_ECHOREPLY;
	return frame->key.proto == IPPROTO_ICMPV6 && frame->icmp_type < ICMPV6_ECHO_REQUEST;
}

/* Whether flows may decide: unicast IP. Of ICMP only echoes, which alone have something like ports: an error is looked at
 * by what it quotes, and neighbour discovery packet by packet (RFC 4861). */
static __always_inline int has_flow(const struct frame *frame)
{
	return frame->ip_length && !mac_is_group(&frame->dst_mac) && (!is_icmp(frame) || is_echo(frame));
}

/* Bytes of the largest IP packet that this one becomes on a wire: GSO packets are cut there, not here. */
static __always_inline __u32 wire_length(struct __sk_buff *skb, const struct frame *frame)
{
	__u32 header;

	if (!skb->gso_size)
		return frame->ip_length;
	header = frame->l4_offset - ETH_HLEN;
	return skb->gso_size + header + (frame->key.proto == IPPROTO_TCP ? frame->tcp_header : sizeof(struct udphdr));
}

#endif
