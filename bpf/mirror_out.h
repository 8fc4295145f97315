/* What a mirrored port sends. Copied is what port security lets it send, before routers and groups look at it: so a tap port
 * that sends its copies back does not have them copied in turn. */
#ifndef CABLE_MIRROR_OUT_H
#define CABLE_MIRROR_OUT_H

#include "arp.h"
#include "flow.h"
#include "mirror.h"
#include "nd.h"

static __always_inline int may_send_arp(struct __sk_buff *skb, vif_t number, const struct vif *vif, const struct frame *frame)
{
	struct arp arp;

	return !read_arp(skb, &arp) && !is_arp_spoofed(number, vif, frame, &arp);
}

static __always_inline int may_send_nd(struct __sk_buff *skb, vif_t number, const struct frame *frame)
{
	struct nd_message message;

	return !read_nd(skb, frame, &message) && !is_nd_spoofed(number, frame, &message);
}

/* As from_port decides it. */
static __always_inline int may_send(struct __sk_buff *skb, vif_t number, const struct vif *vif, const struct frame *frame)
{
	if (is_tagged(frame) || mac_is_group(&frame->src_mac))
		return 0;
	if (!(vif->flags & VIF_PORT_SECURITY))
		return 1;
	if (frame->ethertype == bpf_htons(ETH_P_ARP))
		return may_send_arp(skb, number, vif, frame);
	if (!frame->ip_length || check_source(number, vif, frame) || check_role(frame))
		return 0;
	return !is_neighbour_discovery(frame) || may_send_nd(skb, number, frame);
}

SEC("tc")
int mirror_out(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct vif *vif = bpf_map_lookup_elem(&vifs, &origin.vif);
	struct frame frame = {};

	if (vif && !parse_once(skb, &frame) && may_send(skb, origin.vif, vif, &frame))
		mirror(skb, origin.vif, MIRROR_OUT);
	return forward(skb, &origin, 0, TAIL_FROM_PORT);
}

#endif
