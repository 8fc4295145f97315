/* Trunks: a workload's frames under a tag are those of the subport that has it. */
#ifndef CABLE_TRUNK_H
#define CABLE_TRUNK_H

#include "tails.h"

/* The subport behind that tag of the device, and the frame without it; 0 = none. */
static __always_inline vif_t take_subport(struct __sk_buff *skb, __u16 vlan)
{
	struct subport_key key = { .ifindex = skb->ifindex, .vlan = vlan };
	vif_t *found = bpf_map_lookup_elem(&subports, &key);

	/* A second tag takes the place of the first beside the frame. */
	return !found || bpf_skb_vlan_pop(skb) || skb->vlan_present ? 0 : *found;
}

/* Of a frame with the tag still in it, where a driver or a test run put it there after the kernel had looked. */
static __always_inline int from_trunk(struct __sk_buff *skb, const struct origin *parent)
{
	struct { __be16 type, tag; } head;
	struct origin origin;
	struct vif *vif;
	vif_t number = 0;

	if (!bpf_skb_load_bytes(skb, ETH_ALEN * 2, &head, sizeof(head)) && head.type == bpf_htons(ETH_P_8021Q))
		number = take_subport(skb, bpf_ntohs(head.tag) & VLAN_ID_MASK);
	vif = number ? bpf_map_lookup_elem(&vifs, &number) : 0;
	if (!vif || vif->ifindex != skb->ifindex)
		return drop(parent->vif, DROP_VLAN_TAG);
	if (!(vif->flags & VIF_ADMIN_UP))
		return drop(number, DROP_VIF_DOWN);
	origin = (struct origin){ FLOW_VIF | number, vif->net, number };
	return tail(skb, &origin, TAIL_FROM_PORT);
}

#endif
