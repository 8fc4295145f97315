/* tc ingress of a network card: provider networks and physical machines behind a tag, or without one. Everything else on
 * the card, the tunnels' own packets among it, is the kernel's. */
#include "flow.h"

#define NO_TAG 0xffff

/* The frame's VLAN, 0 if it has none, NO_TAG if it is of a kind that is not ours. The kernel keeps the tag beside the
 * frame; it is still in it where a driver or a test run put it there after the kernel had looked. */
static __always_inline __u16 vlan_of(struct __sk_buff *skb)
{
	struct { __be16 type, tag; } head;

	if (skb->vlan_present)
		return skb->vlan_proto == bpf_htons(ETH_P_8021Q) ? skb->vlan_tci & VLAN_ID_MASK : NO_TAG;
	if (bpf_skb_load_bytes(skb, ETH_ALEN * 2, &head, sizeof(head)) || head.type != bpf_htons(ETH_P_8021Q))
		return 0;
	return bpf_ntohs(head.tag) & VLAN_ID_MASK;
}

/* The machine that a frame is from, or 0. */
static __always_inline vif_t machine_of(struct __sk_buff *skb, __u16 vlan)
{
	struct attachment_key key = { .ifindex = skb->ifindex, .vlan = vlan };
	vif_t *found;

	if (bpf_skb_load_bytes(skb, ETH_ALEN, &key.mac, sizeof(key.mac)))
		return 0;
	found = bpf_map_lookup_elem(&attachments, &key);
	return found ? *found : 0;
}

static __always_inline int from_machine(struct __sk_buff *skb, vif_t number)
{
	struct origin origin = { .vif = number, .ingress = FLOW_VIF | number };
	struct vif *vif = bpf_map_lookup_elem(&vifs, &number);
	int reason;

	if (!vif || vif->ifindex != skb->ifindex)
		return drop(0, DROP_VIF_UNKNOWN);
	count_rx(number, skb->len);
	if (!(vif->flags & VIF_ADMIN_UP))
		return drop(number, DROP_VIF_DOWN);
	reason = meter_sent(skb, number, vif);
	if (reason)
		return drop(number, reason);
	origin.net = vif->net;
	if (unlikely(vif->flags & VIF_MIRROR_OUT))
		return tail(skb, &origin, TAIL_MIRROR_OUT);
	return forward(skb, &origin, 0, TAIL_FROM_PORT);
}

SEC("tc")
int uplink(struct __sk_buff *skb)
{
	struct uplink_key key = { .ifindex = skb->ifindex, .vlan = vlan_of(skb) };
	struct uplink *found = bpf_map_lookup_elem(&uplinks, &key);
	struct origin origin = {};
	vif_t machine = 0;

	if (likely(!found))
		return TC_ACT_OK;
	if (found->flags & UPLINK_MACHINES)
		machine = machine_of(skb, key.vlan);
	if (!machine && !(found->flags & UPLINK_PROVIDER))
		return key.vlan ? drop(0, DROP_VIF_UNKNOWN) : TC_ACT_OK;
	if (key.vlan && bpf_skb_vlan_pop(skb))
		return drop(machine, DROP_INTERNAL);
	/* A second tag takes the place of the first beside the frame. */
	if (skb->vlan_present)
		return drop(machine, DROP_VLAN_TAG);
	if (machine)
		return from_machine(skb, machine);
	origin.net = found->net;
	origin.ingress = FLOW_WIRE | (found->net & ~NET_LOCAL);
	return forward(skb, &origin, 0, TAIL_FROM_OUTSIDE);
}
