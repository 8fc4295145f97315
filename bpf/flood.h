/* Broadcast and multicast: one copy to each member of the network, made here (head-end replication). */
#ifndef CABLE_FLOOD_H
#define CABLE_FLOOD_H

#include "mirror.h"
#include "policy.h"
#include "switch.h"
#include "trap.h"

/* Copies in one run; then the program calls itself, which the kernel allows 33 times in a row. */
#define FLOOD_STEP 64

static __always_inline void copy_to(struct __sk_buff *skb, vif_t blame, __u32 ifindex)
{
	if (bpf_clone_redirect(skb, ifindex, 0))
		drop(blame, DROP_REDIRECT);
}

/* The tag goes on the original, since a copy cannot be changed, and comes off again for the next one. */
static __always_inline void copy_tagged(struct __sk_buff *skb, vif_t blame, __u32 ifindex, __u16 vlan)
{
	if (vlan && bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), vlan)) {
		drop(blame, DROP_REDIRECT);
		return;
	}
	copy_to(skb, blame, ifindex);
	if (vlan)
		bpf_skb_vlan_pop(skb);
}

/* A copy to a port, if its groups let it in. A function of its own, and global, so that the verifier looks at it once and
 * not for each turn of the loop. `from_*`: struct segment. */
__attribute__((noinline)) int copy_to_vif(struct __sk_buff *skb, vif_t number, __u32 from_ifindex, __u32 from_vlan)
{
	struct vif *vif = bpf_map_lookup_elem(&vifs, &number);
	struct decision *decision = get_decision();
	struct segment from = { from_ifindex, from_vlan };
	int reason;

	if (!decision || !vif || !vif->ifindex || !(vif->flags & VIF_ADMIN_UP) || number == skb->cb[CB_VIF])
		return 0;
	if (is_same_segment(from, segment_of_vif(vif)))
		return 0;
	if (decision->frame.ip_length && !may_pass(vif, &decision->frame, RULE_INGRESS, decision->src_net)) {
		drop(number, DROP_POLICY_INGRESS);
		return 0;
	}
	reason = vif->flags & VIF_METER_IN ? meter_port(skb, number, RULE_INGRESS) : DROP_NONE;
	if (reason) {
		drop(number, reason);
		return 0;
	}
	count_tx(number, skb->len);
	if (vif->flags & VIF_MIRROR_IN)
		mirror(skb, number, MIRROR_IN);
	copy_tagged(skb, number, vif->ifindex, vif->vlan);
	return 0;
}

static __always_inline void copy_to_host(struct __sk_buff *skb, const struct origin *origin, const ip_t *remote)
{
	struct settings *set = get_settings();

	if (!set || set_tunnel(skb, origin->net, remote))
		drop(origin->vif, DROP_REDIRECT);
	else
		copy_to(skb, origin->vif, set->vxlan_ifindex);
}

/* All members have theirs. The original goes to the agent, to the wire, to the host, or nowhere. */
static __always_inline int end_flood(struct __sk_buff *skb, const struct origin *origin, struct segment from,
				     const struct net *net, __u32 to)
{
	int is_for_wire = to & FLOOD_WIRE && !is_same_segment(from, segment_of_wire(net));
	struct decision *decision = get_decision();

	if (to & FLOOD_TELL && decision) {
		if (is_for_wire)
			copy_tagged(skb, origin->vif, net->ifindex, net->vlan);
		return trap(skb, origin, &decision->frame, TRAP_HOLDER);
	}
	if (is_for_wire)
		return deliver_wire(skb, origin, origin->net);
	return is_shared_with_host(origin) ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("tc")
int flood(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct net *net = bpf_map_lookup_elem(&nets, &origin.net);
	__u32 to = skb->cb[CB_FLOOD], cursor = skb->cb[CB_CURSOR], locals, length;
	struct segment from;

	if (!net)
		return drop(origin.vif, DROP_NETWORK_UNKNOWN);
	from = segment_of(&origin, net);
	locals = to & FLOOD_LOCALS ? net->locals : 0;
	length = locals + (to & FLOOD_REMOTES ? net->remotes : 0);
#pragma clang loop unroll(disable)
	for (int i = 0; i < FLOOD_STEP; i++, cursor++) {
		struct member_key key = { .net = origin.net };
		struct member *member;

		if (cursor >= length)
			return end_flood(skb, &origin, from, net, to);
		/* Hosts last: a tunnel's destination stays on the frame, and a port's copy should not carry it. */
		key.index = cursor < locals ? cursor : MEMBER_REMOTE + cursor - locals;
		member = bpf_map_lookup_elem(&members, &key);
		if (!member)
			continue; /* the agent is changing the list */
		if (member->vif)
			copy_to_vif(skb, member->vif, from.ifindex, from.vlan);
		else
			copy_to_host(skb, &origin, &member->remote);
	}
	skb->cb[CB_CURSOR] = cursor;
	bpf_tail_call_static(skb, &tails, TAIL_FLOOD);
	return drop(origin.vif, DROP_MEMBERS_FULL);
}

#endif
