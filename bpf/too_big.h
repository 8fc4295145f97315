/* A packet larger than the network's MTU, turned into the ICMP error that tells its sender: "fragmentation needed"
 * (RFC 792, RFC 1191) or "packet too big" (RFC 4443 section 3.2). */
#ifndef CABLE_TOO_BIG_H
#define CABLE_TOO_BIG_H

#include "nd.h"

/* What is quoted of the packet. IPv4: its header at its longest and 8 bytes more (RFC 792). IPv6: all that fits into
 * its smallest MTU (RFC 4443 section 2.4 c). A packet that is too big is at least that long. */
#define QUOTE4_SIZE 68
#define QUOTE6_SIZE (1280 - sizeof(struct ipv6hdr) - sizeof(struct icmp6hdr))
/* bpf_csum_diff takes no more at once than 512 bytes. */
#define QUOTE6_PIECE (QUOTE6_SIZE / 4)
#define DONT_FRAGMENT bpf_htons(0x4000)

struct quote {
	__u8 bytes[QUOTE6_SIZE];
};

/* Per CPU: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct quote);
} quotes SEC(".maps");

struct error4_frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct icmphdr icmp;
} __attribute__((packed));

struct error6_frame {
	struct ethhdr eth;
	struct ipv6hdr ip;
	struct icmp6hdr icmp;
} __attribute__((packed));

/* Where in the quoted transport header the checksum is; 0 = unknown. */
static __always_inline __u32 checksum_offset(__u8 proto)
{
	return proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 0;
}

/* Whether the frame's checksum is still to be filled in by a device (CHECKSUM_PARTIAL), which programs cannot see, but
 * for this: such a frame cannot be cut before the place of that checksum. Cuts the frame if it is not.
 * It matters, since the device will write into what was quoted, after our own checksum was computed over it. */
static __always_inline int is_checksum_pending(struct __sk_buff *skb, const struct frame *frame)
{
	return checksum_offset(frame->key.proto) && bpf_skb_change_tail(skb, frame->l4_offset + 2, 0) != 0;
}

static __always_inline struct quote *read_quote(struct __sk_buff *skb, __u32 size)
{
	__u32 zero = 0;
	struct quote *quote = bpf_map_lookup_elem(&quotes, &zero);

	return quote && !bpf_skb_load_bytes(skb, ETH_HLEN, quote->bytes, size) ? quote : 0;
}

/* The quoted bytes' part in our checksum. With a pending checksum, its field set to zero makes everything from the
 * transport header on sum up to nothing once the device has filled it in: so only what is in front of it counts. */
static __always_inline __s64 sum_quote4(const struct quote *quote, int pending, __s64 seed)
{
	return bpf_csum_diff(0, 0, (__be32 *)quote->bytes, pending ? sizeof(struct iphdr) : QUOTE4_SIZE, seed);
}

static __always_inline __s64 sum_quote6(const struct quote *quote, int pending, __s64 seed)
{
	if (pending)
		return bpf_csum_diff(0, 0, (__be32 *)quote->bytes, sizeof(struct ipv6hdr), seed);
	for (__u32 at = 0; at < QUOTE6_SIZE; at += QUOTE6_PIECE)
		seed = bpf_csum_diff(0, 0, (__be32 *)(quote->bytes + at), QUOTE6_PIECE, seed);
	return seed;
}

static __always_inline int error4(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame, __u32 mtu)
{
	struct error4_frame error = {
		.eth.h_proto = bpf_htons(ETH_P_IP),
		.ip = {
			.version = 4,
			.ihl = 5,
			.tot_len = bpf_htons(sizeof(struct iphdr) + sizeof(struct icmphdr) + QUOTE4_SIZE),
			.ttl = 64,
			.protocol = IPPROTO_ICMP,
			.saddr = frame->key.dst.w[3],
			.daddr = frame->key.src.w[3],
		},
		.icmp = { .type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED, .un.frag.mtu = bpf_htons(mtu) },
	};
	struct quote *quote = read_quote(skb, QUOTE4_SIZE);
	struct iphdr ip = error.ip; /* aligned copies, as bpf_csum_diff's memory must be */
	struct icmphdr icmp = error.icmp;
	__u32 at = sizeof(struct iphdr) + checksum_offset(frame->key.proto);
	int pending;

	if (!quote)
		return TC_ACT_SHOT;
	pending = is_checksum_pending(skb, frame);
	if (pending) {
		/* With IP options the field is elsewhere, and nobody uses them. */
		if (frame->l4_offset != ETH_HLEN + sizeof(struct iphdr))
			return TC_ACT_SHOT;
		quote->bytes[at] = 0;
		quote->bytes[at + 1] = 0;
	}
	error.ip.check = fold(bpf_csum_diff(0, 0, (__be32 *)&ip, sizeof(ip), 0));
	error.icmp.checksum = fold(sum_quote4(quote, pending, bpf_csum_diff(0, 0, (__be32 *)&icmp, sizeof(icmp), 0)));
	__builtin_memcpy(error.eth.h_dest, &frame->src_mac, ETH_ALEN);
	__builtin_memcpy(error.eth.h_source, &frame->dst_mac, ETH_ALEN);
	/* Not bpf_skb_change_head: it leaves the network header where it was, and a veth's other end looks there. */
	if (bpf_skb_change_tail(skb, ETH_HLEN + QUOTE4_SIZE, 0) ||
	    bpf_skb_adjust_room(skb, sizeof(error) - ETH_HLEN, BPF_ADJ_ROOM_MAC, 0) ||
	    bpf_skb_store_bytes(skb, 0, &error, sizeof(error), 0) ||
	    bpf_skb_store_bytes(skb, sizeof(error), quote->bytes, QUOTE4_SIZE, 0))
		return TC_ACT_SHOT;
	return reply(skb, origin);
}

static __always_inline int error6(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame, __u32 mtu)
{
	struct error6_frame error = {
		.eth.h_proto = bpf_htons(ETH_P_IPV6),
		.ip = { .version = 6, .nexthdr = IPPROTO_ICMPV6, .hop_limit = 64 },
		.icmp = { .icmp6_type = ICMPV6_PKT_TOOBIG, .icmp6_mtu = bpf_htonl(mtu) },
	};
	struct pseudo_header6 pseudo = {
		.src = frame->key.dst,
		.dst = frame->key.src,
		.length = bpf_htonl(sizeof(struct icmp6hdr) + QUOTE6_SIZE),
		.next = bpf_htonl(IPPROTO_ICMPV6),
	};
	struct quote *quote = read_quote(skb, QUOTE6_SIZE);
	struct icmp6hdr icmp = error.icmp;
	__u32 at = sizeof(struct ipv6hdr) + checksum_offset(frame->key.proto);
	__s64 sum;
	int pending;

	if (!quote)
		return TC_ACT_SHOT;
	pending = is_checksum_pending(skb, frame);
	if (pending) {
		if (frame->l4_offset != ETH_HLEN + sizeof(struct ipv6hdr))
			return TC_ACT_SHOT;
		quote->bytes[at] = 0;
		quote->bytes[at + 1] = 0;
	}
	sum = bpf_csum_diff(0, 0, (__be32 *)&pseudo, sizeof(pseudo), 0);
	sum = bpf_csum_diff(0, 0, (__be32 *)&icmp, sizeof(icmp), sum);
	error.icmp.icmp6_cksum = fold(sum_quote6(quote, pending, sum));
	error.ip.payload_len = bpf_htons(sizeof(struct icmp6hdr) + QUOTE6_SIZE);
	__builtin_memcpy(&error.ip.saddr, &pseudo.src, sizeof(ip_t));
	__builtin_memcpy(&error.ip.daddr, &pseudo.dst, sizeof(ip_t));
	__builtin_memcpy(error.eth.h_dest, &frame->src_mac, ETH_ALEN);
	__builtin_memcpy(error.eth.h_source, &frame->dst_mac, ETH_ALEN);
	if (bpf_skb_change_tail(skb, ETH_HLEN + QUOTE6_SIZE, 0) ||
	    bpf_skb_adjust_room(skb, sizeof(error) - ETH_HLEN, BPF_ADJ_ROOM_MAC, 0) ||
	    bpf_skb_store_bytes(skb, 0, &error, sizeof(error), 0) ||
	    bpf_skb_store_bytes(skb, sizeof(error), quote->bytes, QUOTE6_SIZE, 0))
		return TC_ACT_SHOT;
	return reply(skb, origin);
}

/* Errors are not made of errors (RFC 1122 section 3.2.2, RFC 4443 section 2.4 e). */
static __always_inline int is_icmp_error(const struct frame *frame)
{
	if (frame->key.proto == IPPROTO_ICMP)
		return frame->icmp_type != ICMP_ECHO && frame->icmp_type != ICMP_ECHOREPLY;
	return frame->key.proto == IPPROTO_ICMPV6 && frame->icmp_type < ICMPV6_ECHO_REQUEST;
}

static __always_inline int may_fragment(struct __sk_buff *skb)
{
	__be16 bits = 0;

	bpf_skb_load_bytes(skb, ETH_HLEN + 6, &bits, sizeof(bits));
	return !(bits & DONT_FRAGMENT);
}

SEC("tc")
int too_big(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct net *net = bpf_map_lookup_elem(&nets, &origin.net);
	struct frame frame;

	drop(origin.vif, DROP_TOO_BIG); /* counted in any case: the packet is gone, whether an answer can be made or not */
	if (!net || is_outside(&origin) || parse(skb, &frame) || !frame.l4_offset || is_icmp_error(&frame))
		return TC_ACT_SHOT;
	if (frame.ethertype == bpf_htons(ETH_P_IPV6))
		return net->mtu < 1280 ? TC_ACT_SHOT : error6(skb, &origin, &frame, net->mtu);
	/* A router could fragment; a switch cannot, and no workload that was told its MTU asks for it. */
	return net->mtu < QUOTE4_SIZE || may_fragment(skb) ? TC_ACT_SHOT : error4(skb, &origin, &frame, net->mtu);
}

#endif
