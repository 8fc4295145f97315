/* Who is out there on an external network: learned from what they say to us, asked for when a packet wants to go there. */
#ifndef CABLE_NEIGHBOUR_H
#define CABLE_NEIGHBOUR_H

#include "arp_frame.h"
#include "decision.h"
#include "deliver.h"
#include "nd_frame.h"

/* No more questions about one neighbour than one in this time. */
#define ASK_PAUSE_NS 100000000ull

static __always_inline const mac_t *find_neighbour(net_t net, const ip_t *ip)
{
	struct ip_key key = { .net = net, .ip = *ip };
	struct neighbour *found = bpf_map_lookup_elem(&neighbours, &key);

	return found && found->heard_ns ? &found->mac : 0;
}

/* `how`: BPF_ANY, or BPF_EXIST for what was said to everybody and concerns us only if we asked once. */
static __always_inline void learn_neighbour(net_t net, const ip_t *ip, const mac_t *mac, __u64 how)
{
	struct ip_key key = { .net = net, .ip = *ip };
	struct neighbour neighbour = { .mac = *mac, .heard_ns = bpf_ktime_get_coarse_ns() };

	if (!mac_is_group(mac) && !ip_is_unspecified(ip))
		bpf_map_update_elem(&neighbours, &key, &neighbour, how);
}

static __always_inline int may_ask(net_t net, const ip_t *ip)
{
	struct ip_key key = { .net = net, .ip = *ip };
	struct neighbour *found = bpf_map_lookup_elem(&neighbours, &key);
	struct neighbour asked = { .asked_ns = bpf_ktime_get_coarse_ns() };

	if (found && asked.asked_ns < found->asked_ns + ASK_PAUSE_NS)
		return 0;
	bpf_map_update_elem(&neighbours, &key, &asked, BPF_ANY);
	return 1;
}

/* Of a question and of what follows: the place of a checksum that a device is still to fill in (see refuse.h) is moved behind
 * the question, into bytes that nobody reads. */
#define REST_SIZE 40
#define KEPT_SIZE (ETH_HLEN + REST_SIZE)

struct rest {
	__u8 bytes[REST_SIZE];
};

/* Makes the frame `size` bytes and REST_SIZE zeroes. */
static __always_inline int make_room(struct __sk_buff *skb, __u32 size)
{
	struct rest rest = {};

	return bpf_skb_change_tail(skb, KEPT_SIZE, 0) || bpf_skb_adjust_room(skb, size - ETH_HLEN, BPF_ADJ_ROOM_MAC, 0) ||
	       bpf_skb_store_bytes(skb, size, &rest, sizeof(rest), 0);
}

static __always_inline int ask4(struct __sk_buff *skb, const struct decision *decision)
{
	struct arp_frame question = {
		.dst_mac = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		.src_mac = decision->new_src_mac,
		.ethertype = bpf_htons(ETH_P_ARP),
		.arp = {
			.hardware = bpf_htons(1),
			.protocol = bpf_htons(ETH_P_IP),
			.hardware_size = 6,
			.protocol_size = 4,
			.operation = ARP_REQUEST,
			.sender_mac = decision->new_src_mac,
			.sender_ip = decision->asker4,
			.target_ip = decision->next_hop.w[3],
		},
	};

	return make_room(skb, sizeof(question)) || bpf_skb_store_bytes(skb, 0, &question, sizeof(question), 0);
}

/* To the solicited-node multicast address (RFC 4861 section 7.2.2). */
static __always_inline int ask6(struct __sk_buff *skb, const struct decision *decision)
{
	ip_t to = { { bpf_htonl(0xff020000), 0, bpf_htonl(1), decision->next_hop.w[3] | bpf_htonl(0xff000000) } };
	struct nd_frame question = {
		.dst_mac = { { 0x33, 0x33 } },
		.src_mac = decision->new_src_mac,
		.ethertype = bpf_htons(ETH_P_IPV6),
		.ip = { .version = 6, .nexthdr = IPPROTO_ICMPV6, .hop_limit = ND_HOP_LIMIT },
	};
	struct nd_message message = {
		.type = ND_NEIGHBOUR_SOLICITATION,
		.target = decision->next_hop,
		.option = ND_SOURCE_LINK_LAYER,
		.option_length = 1,
		.mac = decision->new_src_mac,
	};

	__builtin_memcpy(&question.dst_mac.b[2], &to.w[3], sizeof(to.w[3]));
	finish_nd(&question, &message, &decision->asker6, &to);
	return make_room(skb, sizeof(question)) || bpf_skb_store_bytes(skb, 0, &question, sizeof(question), 0);
}

/* Likewise for a port: of a map of their own, so that what workloads ask for pushes out nobody who is outside. */
static __always_inline int may_ask_ports(net_t net, const ip_t *ip)
{
	struct ip_key key = { .net = net, .ip = *ip };
	struct asking *found = bpf_map_lookup_elem(&askings, &key);
	struct asking asked = { .asked_ns = bpf_ktime_get_coarse_ns() };

	if (found && asked.asked_ns < found->asked_ns + ASK_PAUSE_NS)
		return 0;
	bpf_map_update_elem(&askings, &key, &asked, BPF_ANY);
	return 1;
}

/* The packet becomes the question, on a wire or to all ports of an overlay; whoever sent it sends it again. */
SEC("tc")
int ask(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb), ports = {};
	struct decision *decision = get_decision();
	int is_wire;

	drop(origin.vif, DROP_NEIGHBOUR_UNKNOWN);
	if (!decision)
		return TC_ACT_SHOT;
	is_wire = decision->out & NET_LOCAL;
	if (is_wire ? !may_ask(decision->out, &decision->next_hop) : !may_ask_ports(decision->out, &decision->next_hop))
		return TC_ACT_SHOT;
	if (ip_is4(&decision->next_hop) ? ask4(skb, decision) : ask6(skb, decision))
		return TC_ACT_SHOT;
	note(TRACE_ASKED, step->net = decision->out; step->dst = decision->next_hop);
	if (is_wire)
		return deliver_wire(skb, &origin, decision->out);
	ports.net = decision->out;
	ports.ingress = FLOW_VIF | origin.vif;
	ports.vif = origin.vif;
	decision->frame.ip_length = 0; /* the question is asked of no groups */
	return flood_to(skb, &ports, FLOOD_LOCALS | FLOOD_REMOTES);
}

#endif
