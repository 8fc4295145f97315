/* Neighbour solicitations and advertisements as bytes (RFC 4861 section 4). */
#ifndef CABLE_ND_FRAME_H
#define CABLE_ND_FRAME_H

#include "address.h"

#define ND_SOURCE_LINK_LAYER 1
#define ND_TARGET_LINK_LAYER 2
#define ND_HOP_LIMIT 255
#define NA_SOLICITED bpf_htonl(0x40000000)
#define NA_OVERRIDE bpf_htonl(0x20000000)
#define HOP_LIMIT_OFFSET (ETH_HLEN + 7)

/* A solicitation or advertisement with its one option. */
struct nd_message {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 flags;
	ip_t target;
	__u8 option;
	__u8 option_length; /* in units of 8 bytes; 0 = none there */
	mac_t mac;
} __attribute__((packed, aligned(4)));

#define ND_BARE_SIZE 24 /* without the option */

struct nd_frame {
	mac_t dst_mac;
	mac_t src_mac;
	__be16 ethertype;
	struct ipv6hdr ip;
	struct nd_message message;
} __attribute__((packed));

struct pseudo_header6 {
	ip_t src;
	ip_t dst;
	__be32 length;
	__be32 next;
};

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

/* Puts the message into the frame, between these two. `message` is aligned, as bpf_csum_diff's memory must be. */
static __always_inline void finish_nd(struct nd_frame *frame, struct nd_message *message, const ip_t *src, const ip_t *dst)
{
	struct pseudo_header6 pseudo = {
		.src = *src,
		.dst = *dst,
		.length = bpf_htonl(sizeof(*message)),
		.next = bpf_htonl(IPPROTO_ICMPV6),
	};
	__s64 sum = bpf_csum_diff(0, 0, (__be32 *)&pseudo, sizeof(pseudo), 0);

	sum = bpf_csum_diff(0, 0, (__be32 *)message, sizeof(*message), sum);
	message->checksum = fold(sum);
	__builtin_memcpy(&frame->message, message, sizeof(*message));
	frame->ip.payload_len = bpf_htons(sizeof(*message));
	__builtin_memcpy(&frame->ip.saddr, src, sizeof(ip_t));
	__builtin_memcpy(&frame->ip.daddr, dst, sizeof(ip_t));
}

#endif
