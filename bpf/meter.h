/* What a port's QoS policy makes of its packets: rate limits in both directions, and the DSCP mark of what it sends.
 *
 * A limit is a token bucket, kept as the one time until which what has passed is paid for: paid_until may lie behind by as
 * much as the burst, and once it lies ahead, nothing passes. A packet may thus pay for itself afterwards: a GSO packet that is
 * larger than the whole bucket passes, and the next ones wait for it. What is dropped costs nothing, and writes nothing. */
#ifndef CABLE_METER_H
#define CABLE_METER_H

#include "address.h"
#include "drop.h"

#define COST_SHIFT 20

/* Bytes of the headers that each segment of a GSO packet has, and the first one already. */
static __always_inline __u32 segment_header(struct __sk_buff *skb)
{
	int is4 = skb->protocol == bpf_htons(ETH_P_IP);
	__u32 size = ETH_HLEN + sizeof(struct ipv6hdr);
	__u8 byte = 0, proto = 0;

	if (is4) {
		bpf_skb_load_bytes(skb, ETH_HLEN, &byte, 1);
		size = ETH_HLEN + (byte & 0xf) * 4;
	}
	bpf_skb_load_bytes(skb, ETH_HLEN + (is4 ? offsetof(struct iphdr, protocol) : offsetof(struct ipv6hdr, nexthdr)), &proto, 1);
	if (proto != IPPROTO_TCP)
		return size + sizeof(struct udphdr);
	byte = 0x50;
	bpf_skb_load_bytes(skb, size + 12, &byte, 1);
	return size + (byte >> 4) * 4;
}

/* As they will be on a wire, from the Ethernet header on. */
struct amount {
	__u64 bytes;
	__u64 packets;
};

static __always_inline struct amount amount_of(struct __sk_buff *skb)
{
	struct amount amount = { skb->len, 1 };
	__u32 header, size;

	/* As if it were another one: else the compiler keeps a pointer to the member, which the verifier forbids. */
	asm volatile("" : "+r"(skb));
	size = skb->gso_size;
	if (!size)
		return amount;
	header = segment_header(skb);
	if (amount.bytes <= header + size)
		return amount;
	/* Not gso_segs: of a packet from a virtual machine the kernel has not counted them yet. */
	amount.packets = (amount.bytes - header + size - 1) / size;
	amount.bytes += (amount.packets - 1) * header;
	return amount;
}

static __always_inline int is_over(const struct bucket *bucket, const struct rate *rate, __u64 now)
{
	return rate->cost && bucket->cost == rate->cost && bucket->paid_until_ns > now;
}

/* Several CPUs may be at it at once, and none waits: each adds its own. */
static __always_inline void pay(struct bucket *bucket, const struct rate *rate, __u64 now, __u64 amount)
{
	__u64 full = now > rate->burst_ns ? now - rate->burst_ns : 0, cost = amount * rate->cost >> COST_SHIFT;
	__u64 old = bucket->paid_until_ns;

	if (!rate->cost || IS_TRACE)
		return;
	/* What was to be paid at another rate is forgotten. */
	if (bucket->cost != rate->cost) {
		bucket->cost = rate->cost;
		bucket->paid_until_ns = full + cost;
		return;
	}
	if (old < full && __sync_val_compare_and_swap(&bucket->paid_until_ns, old, full + cost) == old)
		return;
	__sync_fetch_and_add(&bucket->paid_until_ns, cost);
}

/* Not on the stack, of which the slow programs have little left. */
static const struct meter NO_METER;

static __always_inline struct meter *find_meter(const struct meter_key *key)
{
	struct meter *meter = bpf_map_lookup_elem(&meters, key);

	if (likely(meter))
		return meter;
	bpf_map_update_elem(&meters, key, &NO_METER, BPF_NOEXIST);
	return bpf_map_lookup_elem(&meters, key);
}

/* The slow programs have it as a function of their own, and global: the verifier looks at it once, and its stack is not theirs.
 * The fast ones have it in them: a call would change their tail calls, limit or not. */
#ifdef CABLE_TAIL_VALUES
#define METER_LINKAGE __attribute__((noinline))
#else
#define METER_LINKAGE static __always_inline
#endif

/* Whether it is more than may pass, of a port or an address outside (see struct meter_key): a reason to drop it, or 0. */
METER_LINKAGE int meter(struct __sk_buff *skb, net_t net, __be32 ip, vif_t vif, __u32 direction)
{
	struct meter_key key = { .net = net, .ip = ip, .vif = vif, .direction = direction };
	struct limit *limit = bpf_map_lookup_elem(&limits, &key);
	int is_ingress = direction == RULE_INGRESS;
	struct meter *meter;
	struct amount amount;
	__u64 now;

	if (!limit)
		return DROP_NONE; /* the agent is about to change it */
	meter = find_meter(&key);
	if (!meter)
		return IS_TRACE ? DROP_NONE : DROP_INTERNAL;
	now = bpf_ktime_get_ns();
	if (is_over(&meter->bytes, &limit->bytes, now))
		return is_ingress ? DROP_RATE_INGRESS : DROP_RATE_EGRESS;
	if (is_over(&meter->packets, &limit->packets, now))
		return is_ingress ? DROP_PACKET_RATE_INGRESS : DROP_PACKET_RATE_EGRESS;
	note(TRACE_METERED, step->vif = vif; step->net = net; ip_from4(&step->dst, ip); step->direction = direction);
	amount = amount_of(skb);
	pay(&meter->bytes, &limit->bytes, now, amount.bytes);
	pay(&meter->packets, &limit->packets, now, amount.packets);
	return DROP_NONE;
}

static __always_inline int meter_port(struct __sk_buff *skb, vif_t vif, __u32 direction)
{
	return meter(skb, 0, 0, vif, direction);
}

static __always_inline int has_limits(net_t net, __be32 ip)
{
	struct meter_key key = { .net = net, .ip = ip, .direction = RULE_EGRESS };

	if (bpf_map_lookup_elem(&limits, &key))
		return 1;
	key.direction = RULE_INGRESS;
	return bpf_map_lookup_elem(&limits, &key) != 0;
}

/* What changes its ends at an external network: of the address outside that it is from, and that it is for. */
static __always_inline int meter_outside(struct __sk_buff *skb, net_t net, __u16 rewrite, __be32 src, __be32 dst)
{
	int reason = rewrite & REWRITE_SRC ? meter(skb, net, src, 0, RULE_EGRESS) : DROP_NONE;

	return reason || !(rewrite & REWRITE_DST) ? reason : meter(skb, net, dst, 0, RULE_INGRESS);
}

/* Sets the six bits of RFC 2474 and leaves the two of ECN (RFC 3168) alone. They begin at bit 6 of the first 16 bits of an
 * IPv4 header (from the right, so at bit 2) and at bit 4 of an IPv6 header's. Returns non-zero when it cannot be written. */
static __always_inline int mark(struct __sk_buff *skb, __u8 dscp)
{
	struct { __be16 type, word; } head;
	__be16 word;
	int is4;

	if (bpf_skb_load_bytes(skb, 2 * ETH_ALEN, &head, sizeof(head)))
		return 0; /* too short for a packet: whoever parses it says so */
	is4 = head.type == bpf_htons(ETH_P_IP);
	if (!is4 && head.type != bpf_htons(ETH_P_IPV6))
		return 0;
	word = is4 ? (head.word & bpf_htons(0xff03)) | bpf_htons(dscp << 2) : (head.word & bpf_htons(0xf03f)) | bpf_htons(dscp << 6);
	if (word == head.word)
		return 0;
	if (is4 && bpf_l3_csum_replace(skb, ETH_HLEN + offsetof(struct iphdr, check), head.word, word, sizeof(word)))
		return -1;
	return bpf_skb_store_bytes(skb, ETH_HLEN, &word, sizeof(word), is4 ? 0 : BPF_F_RECOMPUTE_CSUM);
}

/* What is to be done with whatever a port sends. Returns a reason to drop it, or 0. */
static __always_inline int meter_sent(struct __sk_buff *skb, vif_t number, const struct vif *vif)
{
	int reason = vif->flags & VIF_METER_OUT ? meter_port(skb, number, RULE_EGRESS) : DROP_NONE;

	if (reason || !(vif->flags & VIF_MARK))
		return reason;
	note(TRACE_MARKED, step->vif = number; step->number = vif->dscp);
	return mark(skb, vif->dscp) ? DROP_REDIRECT : DROP_NONE;
}

#endif
