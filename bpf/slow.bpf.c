/* The programs behind tail calls: every decision that no flow holds yet. */
#define CABLE_TAIL_VALUES
#include "arp.h"
#include "flood.h"
#include "leave.h"
#include "mirror_out.h"
#include "nd.h"
#include "refuse.h"
#include "route.h"
#include "service.h"
#include "trap.h"
#include "trunk.h"
#include "vet.h"

/* To its MAC, or to its address by way of a router. */
static __always_inline int is_to_service(const struct origin *origin, const struct settings *set, const struct frame *frame)
{
	struct ip_entry *entry;

	if (mac_equal(&frame->dst_mac, &set->service_mac))
		return 1;
	entry = find_ip(origin->net, &frame->key.dst);
	return entry && mac_equal(&entry->mac, &set->service_mac);
}

/* Metadata or DNS, by the ports. */
static __always_inline int is_for_sockets(const struct settings *set, const struct frame *frame)
{
	if (!set->service_ifindex || !frame->l4_offset || frame->marks & FRAME_FRAGMENT)
		return 0;
	if (frame->key.proto == IPPROTO_TCP)
		return frame->key.dst_port == METADATA_PORT || frame->key.dst_port == DNS_PORT;
	return frame->key.proto == IPPROTO_UDP && frame->key.dst_port == DNS_PORT;
}

/* To everyone, or to the service: as DHCP requests are sent; nobody's is so long that it comes in pieces. */
static __always_inline int is_for_dhcp_service(const struct origin *origin, const struct settings *set, const struct frame *frame)
{
	return !(frame->marks & FRAME_FRAGMENT) &&
	       (mac_is_group(&frame->dst_mac) || is_to_service(origin, set, frame));
}

static __always_inline int is_router_solicitation(const struct frame *frame)
{
	return frame->key.proto == IPPROTO_ICMPV6 && frame->icmp_type == ND_ROUTER_SOLICITATION;
}

/* A frame from a port of this host. */
SEC("tc")
int from_port(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct vif *vif = bpf_map_lookup_elem(&vifs, &origin.vif);
	struct net *net = bpf_map_lookup_elem(&nets, &origin.net);
	struct settings *set = get_settings();
	struct frame frame = {};
	int reason = parse_once(skb, &frame);

	if (reason || !vif || !set)
		return drop(origin.vif, reason ? reason : DROP_INTERNAL);
	if (!net)
		return drop(origin.vif, DROP_NETWORK_UNKNOWN);
	if (is_tagged(&frame))
		return from_trunk(skb, &origin);
	if (mac_is_group(&frame.src_mac))
		return drop(origin.vif, DROP_SPOOFED_MAC);
	/* What is flooded is decided on, too: nothing of the packet before may stand there. */
	if (frame.ethertype == bpf_htons(ETH_P_ARP))
		return begin_decision(&origin, &frame, net->mtu, 0) ? arp_from_port(skb, &origin, vif, &frame, net)
								    : drop(origin.vif, DROP_INTERNAL);
	if (vif->flags & VIF_PORT_SECURITY) {
		if (!frame.ip_length)
			return drop(origin.vif, DROP_ETHERTYPE);
		reason = check_source(origin.vif, vif, &frame);
		if (!reason)
			reason = check_role(&frame);
		if (reason)
			return drop(origin.vif, reason);
	}
	reason = vet(skb, &frame);
	if (reason)
		return drop(origin.vif, reason);
	/* With what a later fragment was given of its first. */
	if (!begin_decision(&origin, &frame, net->mtu, 0))
		return drop(origin.vif, DROP_INTERNAL);
	note(TRACE_SOURCE, step->vif = origin.vif; step->number = vif->flags & VIF_PORT_SECURITY);
	if (vif->flags & VIF_DHCP4 && is_dhcp_request(&frame) && is_for_dhcp_service(&origin, set, &frame))
		return trap(skb, &origin, &frame, TRAP_DHCP4);
	if (vif->flags & VIF_DHCP6 && is_dhcp6_request(&frame) && is_for_dhcp_service(&origin, set, &frame))
		return trap(skb, &origin, &frame, TRAP_DHCP6);
	if (vif->flags & VIF_RA && is_router_solicitation(&frame))
		return trap(skb, &origin, &frame, TRAP_ROUTER_SOLICITATION);
	if (is_neighbour_discovery(&frame))
		return nd_from_port(skb, &origin, vif, &frame, net);
	if (is_for_sockets(set, &frame) && is_to_service(&origin, set, &frame))
		return tail(skb, &origin, TAIL_SERVICE);
	if (wire_length(skb, &frame) > net->mtu)
		return mac_is_group(&frame.dst_mac) ? drop(origin.vif, DROP_TOO_BIG) : tail(skb, &origin, TAIL_TOO_BIG);
	if (mac_is_group(&frame.dst_mac)) {
		if (frame.ip_length && !may_pass(vif, &frame, RULE_EGRESS, origin.net))
			return drop(origin.vif, DROP_POLICY_EGRESS);
		return flood_all(skb, &origin, net);
	}
	relate(skb);
	return switch_unicast(skb, &origin, &frame, net);
}

/* Where the sender of a tunnelled frame is known: here, or, if a router at its host sent it, in another network of that. */
static __always_inline net_t src_net_of(const struct origin *origin, const struct frame *frame)
{
	struct mac_key key = { .net = origin->net, .mac = frame->src_mac };
	struct target *sender = bpf_map_lookup_elem(&macs, &key);

	if (!sender || sender->kind != TARGET_ROUTER)
		return origin->net;
	return net_of_sender(sender->vif, &frame->key.src, origin->net);
}

/* A frame by a tunnel from another host, or from a provider network's wire. */
SEC("tc")
int from_outside(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct net *net = bpf_map_lookup_elem(&nets, &origin.net);
	struct peer_key sender = { .net = origin.net };
	struct decision *decision;
	const ip_t *peer = 0;
	struct frame frame = {};
	int reason = parse_once(skb, &frame);

	if (reason)
		return unclaimed(&origin, reason);
	if (!net)
		return from_mirror(skb, &origin);
	if ((origin.ingress & FLOW_WIRE) == FLOW_TUNNEL) {
		if (get_tunnel(skb, &origin.net, &sender.ip))
			return drop(0, DROP_TUNNEL_HEADER);
		if (!bpf_map_lookup_elem(&peers, &sender))
			return drop(0, DROP_TUNNEL_STRANGER);
		peer = &sender.ip;
	}
	if (mac_is_group(&frame.src_mac))
		return unclaimed(&origin, DROP_MALFORMED);
	reason = vet(skb, &frame);
	if (reason)
		return unclaimed(&origin, reason);
	decision = begin_decision(&origin, &frame, net->mtu, peer);
	if (!decision)
		return drop(0, DROP_INTERNAL);
	if (frame.ethertype == bpf_htons(ETH_P_ARP))
		return arp_from_outside(skb, &origin, &frame, net, peer);
	if (is_neighbour_discovery(&frame))
		return nd_from_outside(skb, &origin, &frame, net, peer);
	if (wire_length(skb, &frame) > net->mtu)
		return unclaimed(&origin, DROP_TOO_BIG);
	if (mac_is_group(&frame.dst_mac))
		return flood_locals(skb, &origin);
	if (peer)
		decision->src_net = src_net_of(&origin, &frame);
	relate(skb);
	return switch_unicast(skb, &origin, &frame, net);
}
