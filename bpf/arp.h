/* ARP (RFC 826), answered from `ips`: nothing is flooded to learn who has an address. */
#ifndef CABLE_ARP_H
#define CABLE_ARP_H

#include "arp_frame.h"
#include "holder.h"
#include "spoof.h"
#include "switch.h"

static __always_inline int read_arp(struct __sk_buff *skb, struct arp *arp)
{
	if (bpf_skb_load_bytes(skb, ETH_HLEN, arp, sizeof(*arp)))
		return DROP_TRUNCATED;
	if (arp->hardware != bpf_htons(1) || arp->protocol != bpf_htons(ETH_P_IP) || arp->hardware_size != 6 ||
	    arp->protocol_size != 4 || (arp->operation != ARP_REQUEST && arp->operation != ARP_REPLY))
		return DROP_MALFORMED;
	return DROP_NONE;
}

/* Turns the request into its reply. */
static __always_inline int answer_arp(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
				      const struct arp *request, const struct ip_entry *entry)
{
	struct arp_frame answer = {
		.dst_mac = frame->src_mac,
		.src_mac = entry->mac,
		.ethertype = bpf_htons(ETH_P_ARP),
		.arp = {
			.hardware = request->hardware,
			.protocol = request->protocol,
			.hardware_size = 6,
			.protocol_size = 4,
			.operation = ARP_REPLY,
			.sender_mac = entry->mac,
			.sender_ip = request->target_ip,
			.target_mac = request->sender_mac,
			.target_ip = request->sender_ip,
		},
	};

	if (bpf_skb_store_bytes(skb, 0, &answer, sizeof(answer), 0))
		return drop(origin->vif, DROP_REDIRECT);
	note(TRACE_ANSWERED, step->mac = entry->mac; ip_from4(&step->dst, request->target_ip));
	return reply(skb, origin);
}

static __always_inline int is_arp_spoofed(vif_t number, const struct vif *vif, const struct frame *frame, const struct arp *arp)
{
	ip_t sender;

	if (!mac_equal(&arp->sender_mac, &frame->src_mac))
		return 1;
	if (!arp->sender_ip) /* a probe (RFC 5227 section 2.1.1) */
		return !mac_equal(&arp->sender_mac, &vif->mac);
	ip_from4(&sender, arp->sender_ip);
	return !is_source(number, &arp->sender_mac, &sender);
}

static __always_inline int arp_from_port(struct __sk_buff *skb, const struct origin *origin, const struct vif *vif,
					 const struct frame *frame, const struct net *net)
{
	struct ip_entry *entry;
	struct arp arp;
	ip_t target;
	int reason = read_arp(skb, &arp);

	if (reason)
		return drop(origin->vif, reason);
	if (vif->flags & VIF_PORT_SECURITY && is_arp_spoofed(origin->vif, vif, frame, &arp))
		return drop(origin->vif, DROP_SPOOFED_ARP);
	if (arp.operation == ARP_REPLY || arp.sender_ip == arp.target_ip) { /* announcements: RFC 5227 section 3 */
		ip_from4(&target, arp.sender_ip);
		return announce(skb, origin, frame, net, &target);
	}
	ip_from4(&target, arp.target_ip);
	entry = find_ip(origin->net, &target);
	if (!entry || (!arp.sender_ip && is_held(entry)))
		return ask_others(skb, origin, frame, net, DROP_ARP_UNKNOWN);
	return is_own(origin, entry) ? TC_ACT_SHOT : answer_arp(skb, origin, frame, &arp, entry);
}

/* Who asks for an address that is this host's work outside will want an answer. */
static __always_inline void hear_arp(net_t net, const struct arp *arp, const struct ip_entry *entry)
{
	ip_t sender;

	ip_from4(&sender, arp->sender_ip);
	if (entry->flags & IP_ANSWERED && arp->sender_ip)
		learn_neighbour(net, &sender, &arp->sender_mac, BPF_ANY);
}

/* From a wire: an answer to us, which is used up by that; or what somebody says of himself to everybody. */
static __always_inline int is_heard(net_t net, const struct arp *arp)
{
	struct ip_entry *entry;
	ip_t sender, target;

	ip_from4(&sender, arp->sender_ip);
	ip_from4(&target, arp->target_ip);
	if (arp->operation == ARP_REPLY && arp->sender_ip != arp->target_ip) {
		entry = find_ip(net, &target);
		if (entry && entry->flags & IP_ANSWERED && mac_equal(&entry->mac, &arp->target_mac)) {
			learn_neighbour(net, &sender, &arp->sender_mac, BPF_ANY);
			return 1;
		}
	}
	learn_neighbour(net, &sender, &arp->sender_mac, BPF_EXIST);
	return 0;
}

/* From a tunnel comes only what its sender could not answer; a wire carries everybody's questions. */
static __always_inline int arp_from_outside(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
					    const struct net *net, const ip_t *peer)
{
	struct ip_entry *entry;
	struct arp arp;
	ip_t target;
	int reason = read_arp(skb, &arp);

	if (reason)
		return unclaimed(origin, reason);
	if (!peer && arp.operation == ARP_REQUEST && arp.sender_ip != arp.target_ip) {
		ip_from4(&target, arp.target_ip);
		entry = find_ip(origin->net, &target);
		if (entry && is_answered_here(entry)) {
			hear_arp(origin->net, &arp, entry);
			return answer_arp(skb, origin, frame, &arp, entry);
		}
		if (mac_is_group(&frame->dst_mac) && !(net->flags & NET_MOVABLE))
			return unclaimed(origin, DROP_ARP_UNKNOWN);
	}
	if (!peer && is_heard(origin->net, &arp))
		return TC_ACT_SHOT;
	return mac_is_group(&frame->dst_mac) ? flood_locals(skb, origin) : switch_unicast(skb, origin, frame, net);
}

#endif
