/* ICMP errors (RFC 792, RFC 4443): looked at by the packet that they quote. If that belongs to a known flow, the error passes
 * for its sake, and where the flow's ends are changed by NAT, so are the error's and those in the quote (RFC 5508 section 4). */
#ifndef CABLE_RELATED_H
#define CABLE_RELATED_H

#include "decision.h"
#include "flow.h"

#define ICMP_HEADER 8

/* The first bytes behind the IP header: of IPv4 all that is quoted for certain, and all that NAT changes. */
struct quoted {
	__be16 src_port; /* ICMP echo: type and code */
	__be16 dst_port; /* ICMP echo: checksum */
	__be16 third;    /* ICMP echo: identifier; UDP: length */
	__be16 fourth;   /* UDP: checksum */
};

struct quote4 {
	struct iphdr ip;
	struct quoted l4;
};

struct quote6 {
	struct ipv6hdr ip;
	struct quoted l4;
};

/* The key under which the quoted packet's opposite comes in here: the same way as the error. */
static __always_inline void relate_ports(struct flow_key *key, __be16 src_port, __be16 dst_port, __be16 id)
{
	if (key->proto == IPPROTO_ICMP || key->proto == IPPROTO_ICMPV6)
		src_port = dst_port = id;
	key->src_port = dst_port;
	key->dst_port = src_port;
}

static __always_inline int read_quote4(struct __sk_buff *skb, __u32 at, struct flow_key *key)
{
	struct quote4 quote;

	if (bpf_skb_load_bytes(skb, at, &quote, sizeof(quote)) || quote.ip.version != 4 || quote.ip.ihl != 5 ||
	    quote.ip.frag_off & bpf_htons(FRAGMENT_OFFSET))
		return -1;
	ip_from4(&key->src, quote.ip.daddr);
	ip_from4(&key->dst, quote.ip.saddr);
	key->proto = quote.ip.protocol;
	relate_ports(key, quote.l4.src_port, quote.l4.dst_port, quote.l4.third);
	return 0;
}

static __always_inline int read_quote6(struct __sk_buff *skb, __u32 at, struct flow_key *key)
{
	struct quote6 quote;

	if (bpf_skb_load_bytes(skb, at, &quote, sizeof(quote)) || quote.ip.version != 6)
		return -1;
	ip_from6(&key->src, &quote.ip.daddr);
	ip_from6(&key->dst, &quote.ip.saddr);
	key->proto = quote.ip.nexthdr;
	relate_ports(key, quote.l4.src_port, quote.l4.dst_port, quote.l4.third);
	return 0;
}

/* Notes in the decision what an error belongs to. A function of its own, and global, so that the verifier looks at it once. */
__attribute__((noinline)) int relate(struct __sk_buff *skb)
{
	struct decision *decision = get_decision();
	struct flow_key key = {};
	struct flow *flow;
	__u32 at;

	if (!decision || !decision->frame.l4_offset || !is_icmp_error(&decision->frame))
		return 0;
	at = decision->frame.l4_offset + ICMP_HEADER;
	key.ingress = decision->frame.key.ingress;
	if (decision->frame.key.proto == IPPROTO_ICMP ? read_quote4(skb, at, &key) : read_quote6(skb, at, &key))
		return 0;
	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow)
		return 0;
	decision->is_related = 1;
	if (flow->flags & FLOW_REWRITE)
		decision->related = flow->rewrite & (REWRITE_SRC | REWRITE_DST);
	decision->related_router = flow->nat_router;
	decision->related_flags = flow->flags;
	decision->is_from_end = ip_equal(&key.src, &decision->frame.key.src);
	decision->related_nat = flow->nat;
	return 0;
}

/* `addresses`: what a sum over them grows by. */
static __always_inline void translate_quoted(struct quoted *l4, __u8 proto, __u16 related, const struct nat *nat, __u64 addresses)
{
	struct quoted old = *l4;

	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		l4->third = related & REWRITE_SRC ? nat->src_port : nat->dst_port;
		l4->dst_port = add_to_sum(old.dst_port, sum_change16(old.third, l4->third) + (proto == IPPROTO_ICMPV6 ? addresses : 0));
		return;
	}
	if (related & REWRITE_SRC)
		l4->dst_port = nat->src_port;
	if (related & REWRITE_DST)
		l4->src_port = nat->dst_port;
	if (proto == IPPROTO_UDP && old.fourth)
		l4->fourth = add_to_sum(old.fourth, addresses + sum_change16(old.src_port, l4->src_port) +
							    sum_change16(old.dst_port, l4->dst_port));
}

static __always_inline int translate_quote4(struct __sk_buff *skb, __u32 at, __u16 related, const struct nat *nat, __s64 *change)
{
	struct quote4 old, new;
	__u64 addresses;

	if (bpf_skb_load_bytes(skb, at, &old, sizeof(old)))
		return -1;
	new = old;
	if (related & REWRITE_SRC)
		new.ip.daddr = nat->src.w[3];
	if (related & REWRITE_DST)
		new.ip.saddr = nat->dst.w[3];
	addresses = sum_change(old.ip.saddr, new.ip.saddr) + sum_change(old.ip.daddr, new.ip.daddr);
	new.ip.check = add_to_sum(old.ip.check, addresses);
	translate_quoted(&new.l4, old.ip.protocol, related, nat, addresses);
	*change = bpf_csum_diff((__be32 *)&old, sizeof(old), (__be32 *)&new, sizeof(new), 0);
	return bpf_skb_store_bytes(skb, at, &new, sizeof(new), 0);
}

static __always_inline int translate_quote6(struct __sk_buff *skb, __u32 at, __u16 related, const struct nat *nat, __s64 *change)
{
	struct quote6 old, new;
	ip_t *src = (ip_t *)&new.ip.saddr, *dst = (ip_t *)&new.ip.daddr;

	if (bpf_skb_load_bytes(skb, at, &old, sizeof(old)))
		return -1;
	new = old;
	if (related & REWRITE_SRC)
		*dst = nat->src;
	if (related & REWRITE_DST)
		*src = nat->dst;
	translate_quoted(&new.l4, old.ip.nexthdr, related, nat,
			 fold_to_32(ip_change((ip_t *)&old.ip.saddr, src) + ip_change((ip_t *)&old.ip.daddr, dst)));
	*change = bpf_csum_diff((__be32 *)&old, sizeof(old), (__be32 *)&new, sizeof(new), 0);
	return bpf_skb_store_bytes(skb, at, &new, sizeof(new), 0);
}

/* The quoted packet went the other way: its destination is what the flow's source becomes, and vice versa. A function of its
 * own, and global, so that the verifier looks at it once. */
__attribute__((noinline)) int translate_quote(struct __sk_buff *skb)
{
	struct decision *decision = get_decision();
	__s64 change = -1;
	__u32 at;
	int failed;

	if (!decision)
		return -1;
	at = decision->frame.l4_offset + ICMP_HEADER;
	failed = decision->frame.key.proto == IPPROTO_ICMP
			 ? translate_quote4(skb, at, decision->related, &decision->related_nat, &change)
			 : translate_quote6(skb, at, decision->related, &decision->related_nat, &change);
	if (failed || change < 0)
		return -1;
	return bpf_l4_csum_replace(skb, decision->frame.l4_offset + ICMP_CHECK, 0, change, 0);
}

#endif
