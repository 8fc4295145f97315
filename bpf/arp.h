/* ARP (RFC 826), answered from `ips`: nothing is flooded to learn who has an address. */
#ifndef CABLE_ARP_H
#define CABLE_ARP_H

#include "spoof.h"
#include "switch.h"

#define ARP_REQUEST bpf_htons(1)
#define ARP_REPLY bpf_htons(2)

struct arp {
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_size;
	__u8 protocol_size;
	__be16 operation;
	mac_t sender_mac;
	__be32 sender_ip;
	mac_t target_mac;
	__be32 target_ip;
} __attribute__((packed));

struct arp_frame {
	mac_t dst_mac;
	mac_t src_mac;
	__be16 ethertype;
	struct arp arp;
} __attribute__((packed));

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
	if (arp.operation == ARP_REPLY || arp.sender_ip == arp.target_ip) /* announcements: RFC 5227 section 3 */
		return mac_is_group(&frame->dst_mac) ? flood_all(skb, origin, net) : switch_unicast(skb, origin, frame, net);
	ip_from4(&target, arp.target_ip);
	entry = find_ip(origin->net, &target);
	if (!entry)
		return ask_others(skb, origin, frame, net, DROP_ARP_UNKNOWN);
	return is_own(origin, entry) ? TC_ACT_SHOT : answer_arp(skb, origin, frame, &arp, entry);
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
		if (entry && is_port_here(entry))
			return answer_arp(skb, origin, frame, &arp, entry);
		if (mac_is_group(&frame->dst_mac) && !(net->flags & NET_MOVABLE))
			return unclaimed(origin, DROP_ARP_UNKNOWN);
	}
	return mac_is_group(&frame->dst_mac) ? flood_locals(skb, origin) : switch_unicast(skb, origin, frame, net);
}

#endif
