/* tc ingress of a workload's tap or veth: what one port sends. */
#include "flow.h"
#include "trunk.h"

SEC("tc")
int workload(struct __sk_buff *skb)
{
	struct iface_key key = { .ifindex = skb->ifindex };
	vif_t *found = bpf_map_lookup_elem(&ifaces, &key);
	struct origin origin;
	struct vif *vif;
	int reason;

	if (unlikely(!found))
		return drop(0, DROP_VIF_UNKNOWN);
	origin.vif = *found;
	vif = bpf_map_lookup_elem(&vifs, &origin.vif);
	/* The same device in both, or the agent is in the middle of changing them. */
	if (unlikely(!vif || vif->ifindex != skb->ifindex || !origin.vif))
		return drop(0, DROP_VIF_UNKNOWN);
	if (unlikely(skb->vlan_present && vif->flags & VIF_ADMIN_UP)) {
		vif_t number = 0;

		if (skb->vlan_proto == bpf_htons(ETH_P_8021Q))
			number = take_subport(skb, skb->vlan_tci & VLAN_ID_MASK);
		vif = number ? bpf_map_lookup_elem(&vifs, &number) : 0;
		if (!vif || vif->ifindex != skb->ifindex) {
			count_rx(origin.vif, skb->len);
			return drop(origin.vif, DROP_VLAN_TAG);
		}
		origin.vif = number;
	}
	count_rx(origin.vif, skb->len);
	if (unlikely(!(vif->flags & VIF_ADMIN_UP)))
		return drop(origin.vif, DROP_VIF_DOWN);
	if (unlikely(vif->flags & (VIF_METER_OUT | VIF_MARK))) {
		reason = meter_sent(skb, origin.vif, vif);
		if (reason)
			return drop(origin.vif, reason);
	}
	origin.net = vif->net;
	origin.ingress = FLOW_VIF | origin.vif;
	if (unlikely(vif->flags & VIF_MIRROR_OUT))
		return tail(skb, &origin, TAIL_MIRROR_OUT);
	return forward(skb, &origin, 0, TAIL_FROM_PORT);
}
