/* A TCP packet turned into the RST that refuses its connection (RFC 9293 section 3.10.7.1). Where nobody listens at a balancer
 * that is better than an ICMP error, which Linux looks at only once connect() has let go of the socket: a second later. */
#ifndef CABLE_RESET_H
#define CABLE_RESET_H

#include "checksum.h"
#include "nd.h"

struct reset4_frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

struct reset6_frame {
	struct ethhdr eth;
	struct ipv6hdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

/* What answers `asked`, without a checksum. `length`: bytes of the segment's data. */
static __always_inline void make_reset(struct tcphdr *tcp, const struct tcphdr *asked, __u32 length)
{
	tcp->source = asked->dest;
	tcp->dest = asked->source;
	tcp->doff = sizeof(*tcp) / 4;
	tcp->rst = 1;
	if (asked->ack) {
		tcp->seq = asked->ack_seq;
		return;
	}
	tcp->ack = 1;
	tcp->ack_seq = bpf_htonl(bpf_ntohl(asked->seq) + length + asked->syn + asked->fin);
}

/* A mapped address's 0xffff is nothing in a checksum: one pseudo header does for both families. A pending one is for the device
 * to complete, which wants the pseudo header's part in its place. */
static __always_inline void sum_reset(struct tcphdr *tcp, const struct frame *frame, int pending)
{
	struct pseudo_header6 pseudo = {
		.src = frame->key.dst,
		.dst = frame->key.src,
		.length = bpf_htonl(sizeof(*tcp)),
		.next = bpf_htonl(IPPROTO_TCP),
	};
	__s64 sum = bpf_csum_diff(0, 0, (__be32 *)&pseudo, sizeof(pseudo), 0);

	tcp->check = pending ? (__u16)~fold(sum) : fold(bpf_csum_diff(0, 0, (__be32 *)tcp, sizeof(*tcp), sum));
}

static __always_inline int store_reset4(struct __sk_buff *skb, const struct frame *frame, const struct tcphdr *tcp)
{
	struct reset4_frame reset = {
		.eth.h_proto = bpf_htons(ETH_P_IP),
		.ip = {
			.version = 4,
			.ihl = 5,
			.tot_len = bpf_htons(sizeof(struct iphdr) + sizeof(*tcp)),
			.ttl = 64,
			.protocol = IPPROTO_TCP,
			.saddr = frame->key.dst.w[3],
			.daddr = frame->key.src.w[3],
		},
		.tcp = *tcp,
	};
	struct iphdr ip = reset.ip; /* aligned, as bpf_csum_diff's memory must be */

	reset.ip.check = fold(bpf_csum_diff(0, 0, (__be32 *)&ip, sizeof(ip), 0));
	__builtin_memcpy(reset.eth.h_dest, &frame->src_mac, ETH_ALEN);
	__builtin_memcpy(reset.eth.h_source, &frame->dst_mac, ETH_ALEN);
	return bpf_skb_change_tail(skb, sizeof(reset), 0) || bpf_skb_store_bytes(skb, 0, &reset, sizeof(reset), 0);
}

static __always_inline int store_reset6(struct __sk_buff *skb, const struct frame *frame, const struct tcphdr *tcp)
{
	struct reset6_frame reset = {
		.eth.h_proto = bpf_htons(ETH_P_IPV6),
		.ip = { .version = 6, .nexthdr = IPPROTO_TCP, .hop_limit = 64, .payload_len = bpf_htons(sizeof(*tcp)) },
		.tcp = *tcp,
	};

	__builtin_memcpy(&reset.ip.saddr, &frame->key.dst, sizeof(ip_t));
	__builtin_memcpy(&reset.ip.daddr, &frame->key.src, sizeof(ip_t));
	__builtin_memcpy(reset.eth.h_dest, &frame->src_mac, ETH_ALEN);
	__builtin_memcpy(reset.eth.h_source, &frame->dst_mac, ETH_ALEN);
	return bpf_skb_change_tail(skb, sizeof(reset), 0) || bpf_skb_store_bytes(skb, 0, &reset, sizeof(reset), 0);
}

/* Whether a RST can say it: to a whole packet without options of IP or extension headers. */
static __always_inline int can_reset(const struct frame *frame)
{
	__u32 header = frame->ethertype == bpf_htons(ETH_P_IP) ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);

	return frame->key.proto == IPPROTO_TCP && !(frame->marks & FRAME_FRAGMENT) && frame->l4_offset == ETH_HLEN + header;
}

/* Of a packet of which can_reset() is true. */
static __always_inline int reset(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame)
{
	struct tcphdr asked, tcp = {};

	if (frame->tcp_flags & TCP_RST || bpf_skb_load_bytes(skb, frame->l4_offset, &asked, sizeof(asked)))
		return TC_ACT_SHOT;
	make_reset(&tcp, &asked, frame->ip_length - (frame->l4_offset - ETH_HLEN) - frame->tcp_header);
	sum_reset(&tcp, frame, is_checksum_pending(skb, frame));
	if (frame->ethertype == bpf_htons(ETH_P_IP) ? store_reset4(skb, frame, &tcp) : store_reset6(skb, frame, &tcp))
		return TC_ACT_SHOT;
	note_numbers(TRACE_RESET, 0, 0, 0);
	return reply(skb, origin);
}

#endif
