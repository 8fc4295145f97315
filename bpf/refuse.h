/* A packet that cannot go on, turned into the ICMP error that tells its sender why (RFC 792, RFC 4443 section 3): too big
 * for a network, its hops used up, no way to where it is to go. */
#ifndef CABLE_REFUSE_H
#define CABLE_REFUSE_H

#include "reset.h"
#include "route.h"
#include "trap.h"

/* What is quoted of the packet. IPv4: its header and 8 bytes more (RFC 792); of one that is too big as if it had all
 * options. IPv6: all that fits into the smallest MTU (RFC 4443 section 2.4 c). */
#define QUOTE4_SIZE 68
#define QUOTE4_SHORT 28
#define QUOTE4_TCP 40 /* its checksum, too: a frame in which a device is still to fill it in is no shorter */
#define QUOTE6_SIZE (1280 - sizeof(struct ipv6hdr) - sizeof(struct icmp6hdr))
#define QUOTE6_LEAST sizeof(struct ipv6hdr)
/* bpf_csum_diff takes no more at once than 512 bytes. */
#define QUOTE6_PIECE (QUOTE6_SIZE / 4)
#define QUOTE6_WORDS (QUOTE6_SIZE / 4)
#define ICMP4_TIME_EXCEEDED 11
#define ICMP6_TIME_EXCEEDED 3
#define ICMP6_NO_ROUTE 0
#define ICMP6_ADDRESS_UNREACHABLE 3
#define ICMP6_PORT_UNREACHABLE 4

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

/* What is said, and by whom. */
struct error {
	__u8 type;
	__u8 code;
	__be32 rest; /* of the ICMP header */
	ip_t from;
};

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

static __always_inline struct quote *read_quote(struct __sk_buff *skb, __u32 size)
{
	__u32 zero = 0;
	struct quote *quote = bpf_map_lookup_elem(&quotes, &zero);

	return quote && !bpf_skb_load_bytes(skb, ETH_HLEN, quote->bytes, size) ? quote : 0;
}

/* The quoted bytes' part in our checksum. With a pending checksum, its field set to zero makes everything from the
 * transport header on sum up to nothing once the device has filled it in: so only what is in front of it counts. */
static __always_inline __s64 sum_quote4(const struct quote *quote, __u32 size, int pending, __s64 seed)
{
	return bpf_csum_diff(0, 0, (__be32 *)quote->bytes, pending ? sizeof(struct iphdr) : size, seed);
}

static __always_inline __s64 sum_quote6(const struct quote *quote, int pending, __s64 seed)
{
	if (pending)
		return bpf_csum_diff(0, 0, (__be32 *)quote->bytes, sizeof(struct ipv6hdr), seed);
	for (__u32 at = 0; at < QUOTE6_SIZE; at += QUOTE6_PIECE)
		seed = bpf_csum_diff(0, 0, (__be32 *)(quote->bytes + at), QUOTE6_PIECE, seed);
	return seed;
}

/* `size` of the quote: a constant, with which the packet can do. */
static __always_inline int error4(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
				  const struct error *what, __u32 size)
{
	struct error4_frame error = {
		.eth.h_proto = bpf_htons(ETH_P_IP),
		.ip = {
			.version = 4,
			.ihl = 5,
			.tot_len = bpf_htons(sizeof(struct iphdr) + sizeof(struct icmphdr) + size),
			.ttl = 64,
			.protocol = IPPROTO_ICMP,
			.saddr = what->from.w[3],
			.daddr = frame->key.src.w[3],
		},
		.icmp = { .type = what->type, .code = what->code, .un.gateway = what->rest },
	};
	struct quote *quote = read_quote(skb, size);
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
	error.icmp.checksum =
		fold(sum_quote4(quote, size, pending, bpf_csum_diff(0, 0, (__be32 *)&icmp, sizeof(icmp), 0)));
	__builtin_memcpy(error.eth.h_dest, &frame->src_mac, ETH_ALEN);
	__builtin_memcpy(error.eth.h_source, &frame->dst_mac, ETH_ALEN);
	/* Not bpf_skb_change_head: it leaves the network header where it was, and a veth's other end looks there. */
	if (bpf_skb_change_tail(skb, ETH_HLEN + size, 0) ||
	    bpf_skb_adjust_room(skb, sizeof(error) - ETH_HLEN, BPF_ADJ_ROOM_MAC, 0) ||
	    bpf_skb_store_bytes(skb, 0, &error, sizeof(error), 0) ||
	    bpf_skb_store_bytes(skb, sizeof(error), quote->bytes, size, 0))
		return TC_ACT_SHOT;
	note_numbers(TRACE_REFUSED, 0, what->type, what->code);
	return reply(skb, origin);
}

/* A quote of any length: what is not quoted is zero, and so is nothing in a checksum over all of it. */
static __always_inline struct quote *read_padded_quote(struct __sk_buff *skb, __u32 size)
{
	__u32 zero = 0;
	struct quote *quote = bpf_map_lookup_elem(&quotes, &zero);

	/* `size` as a bound for the verifier, which the compiler would think away. */
	asm volatile("" : "+r"(size));
	if (!quote || size < QUOTE6_LEAST || size > QUOTE6_SIZE)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < QUOTE6_WORDS; i++)
		((volatile __u32 *)quote->bytes)[i] = 0;
	return bpf_skb_load_bytes(skb, ETH_HLEN, quote->bytes, size) ? 0 : quote;
}

static __always_inline int error6(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
				  const struct error *what)
{
	__u32 size = frame->ip_length < QUOTE6_SIZE ? frame->ip_length : QUOTE6_SIZE;
	struct error6_frame error = {
		.eth.h_proto = bpf_htons(ETH_P_IPV6),
		.ip = { .version = 6, .nexthdr = IPPROTO_ICMPV6, .hop_limit = 64 },
		.icmp = { .icmp6_type = what->type, .icmp6_code = what->code, .icmp6_mtu = what->rest },
	};
	struct pseudo_header6 pseudo = {
		.src = what->from,
		.dst = frame->key.src,
		.length = bpf_htonl(sizeof(struct icmp6hdr) + size),
		.next = bpf_htonl(IPPROTO_ICMPV6),
	};
	struct quote *quote = read_padded_quote(skb, size);
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
	error.ip.payload_len = bpf_htons(sizeof(struct icmp6hdr) + size);
	__builtin_memcpy(&error.ip.saddr, &pseudo.src, sizeof(ip_t));
	__builtin_memcpy(&error.ip.daddr, &pseudo.dst, sizeof(ip_t));
	__builtin_memcpy(error.eth.h_dest, &frame->src_mac, ETH_ALEN);
	__builtin_memcpy(error.eth.h_source, &frame->dst_mac, ETH_ALEN);
	if (bpf_skb_change_tail(skb, ETH_HLEN + size, 0) ||
	    bpf_skb_adjust_room(skb, sizeof(error) - ETH_HLEN, BPF_ADJ_ROOM_MAC, 0) ||
	    bpf_skb_store_bytes(skb, 0, &error, sizeof(error), 0) ||
	    bpf_skb_store_bytes(skb, sizeof(error), quote->bytes, size, 0))
		return TC_ACT_SHOT;
	note_numbers(TRACE_REFUSED, 0, what->type, what->code);
	return reply(skb, origin);
}

/* Of what errors are made: whole packets, and first fragments (RFC 1122 section 3.2.2). */
static __always_inline int is_answerable(const struct frame *frame)
{
	return frame->l4_offset && !is_icmp_error(frame);
}

SEC("tc")
int too_big(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct decision *decision = get_decision();
	struct error error = {};
	struct frame frame = {};
	__u32 mtu;

	drop(origin.vif, DROP_TOO_BIG); /* counted in any case: the packet is gone, whether an answer can be made or not */
	if (!decision || parse_once(skb, &frame) || !is_answerable(&frame))
		return TC_ACT_SHOT;
	/* Whoever is outside is told if a router of this host stands in between; like other refusals not too often. */
	if (is_outside(&origin) && (!is_from_wire(&origin) || !decision->is_outside || !take_trap(0)))
		return TC_ACT_SHOT;
	mtu = decision->mtu;
	/* In the name of whom it was sent to: a switch has no address. */
	error.from = frame.key.dst;
	if (frame.ethertype == bpf_htons(ETH_P_IPV6)) {
		error.type = ICMPV6_PKT_TOOBIG;
		error.rest = bpf_htonl(mtu);
		return mtu < 1280 ? TC_ACT_SHOT : error6(skb, &origin, &frame, &error);
	}
	error.type = ICMP_DEST_UNREACH;
	error.code = ICMP_FRAG_NEEDED;
	error.rest = bpf_htonl(mtu);
	/* Also about what may be fragmented, which is not done here: senders then do it themselves (Linux keeps the MTU that it
	 * is told of with the route, and cuts by that what it sends without DF). */
	return mtu < QUOTE4_SIZE ? TC_ACT_SHOT : error4(skb, &origin, &frame, &error, QUOTE4_SIZE);
}

static __always_inline __u32 drop_reason_of(__u32 refusal)
{
	switch (refusal) {
	case REFUSE_TTL:
		return DROP_TTL;
	case REFUSE_NO_ROUTE:
		return DROP_NO_ROUTE;
	case REFUSE_NO_BACKEND:
		return DROP_NO_BACKEND;
	}
	return DROP_HOST_UNKNOWN;
}

static __always_inline void say4(struct error *error, __u32 refusal)
{
	error->type = refusal == REFUSE_TTL ? ICMP4_TIME_EXCEEDED : ICMP_DEST_UNREACH;
	error->code = refusal == REFUSE_NO_HOST ? ICMP_HOST_UNREACH : refusal == REFUSE_NO_BACKEND ? ICMP_PORT_UNREACH : 0;
}

static __always_inline void say6(struct error *error, __u32 refusal)
{
	error->type = refusal == REFUSE_TTL ? ICMP6_TIME_EXCEEDED : ICMPV6_DEST_UNREACH;
	error->code = refusal == REFUSE_NO_HOST	   ? ICMP6_ADDRESS_UNREACHABLE
		      : refusal == REFUSE_NO_BACKEND ? ICMP6_PORT_UNREACHABLE
						     : ICMP6_NO_ROUTE;
}

/* A router's refusal, in the name of its own end in the sender's network. */
SEC("tc")
int refuse(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct decision *decision = get_decision();
	struct router_port *port;
	struct error error = {};
	struct frame frame = {};

	if (!decision)
		return drop(origin.vif, DROP_INTERNAL);
	/* That a balancer has nobody is no secret, and rules are about backends. */
	if (decision->refusal != REFUSE_NO_BACKEND && !may_leave(&origin, decision))
		return drop(origin.vif, DROP_POLICY_EGRESS);
	drop(origin.vif, drop_reason_of(decision->refusal));
	/* Not more of them than of traps (RFC 1812 section 4.3.2.8), but for a client that would wait for a
	 * service. */
	if (is_outside(&origin) || parse_once(skb, &frame) || frame.marks & FRAME_LATER || is_icmp_error(&frame) ||
	    (decision->refusal != REFUSE_NO_BACKEND && !take_trap(origin.vif)))
		return TC_ACT_SHOT;
	if (decision->refusal == REFUSE_NO_BACKEND && can_reset(&frame))
		return reset(skb, &origin, &frame);
	port = find_router_port(decision->router, decision->router_net);
	if (!port)
		return TC_ACT_SHOT;
	if (frame.ethertype == bpf_htons(ETH_P_IP)) {
		ip_from4(&error.from, port->ip4);
		say4(&error, decision->refusal);
		if (!port->ip4)
			return TC_ACT_SHOT;
		return frame.key.proto == IPPROTO_TCP && frame.l4_offset ? error4(skb, &origin, &frame, &error, QUOTE4_TCP)
									  : error4(skb, &origin, &frame, &error, QUOTE4_SHORT);
	}
	error.from = port->ip6;
	say6(&error, decision->refusal);
	if (ip_is_unspecified(&port->ip6))
		return TC_ACT_SHOT;
	return error6(skb, &origin, &frame, &error);
}

#endif
