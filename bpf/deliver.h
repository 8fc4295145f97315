/* The last step: out to a port, a host or the wire. */
#ifndef CABLE_DELIVER_H
#define CABLE_DELIVER_H

#include "address.h"
#include "meter.h"
#include "tails.h"

static __always_inline struct settings *get_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

/* A frame's type as its receiver sees it: a veth's host side took it for a stranger's, and redirect_peer does not look
 * again (kernels before 6.14; later ones reset it themselves). */
static __always_inline void claim(struct __sk_buff *skb, __u32 type)
{
	bpf_skb_change_type(skb, type);
}

/* Out of a port's device, to its workload, as what it has been claimed to be. */
static __always_inline int send_claimed(struct __sk_buff *skb, const struct vif *vif)
{
	switch (vif->kind) {
	case VIF_VETH:
		return bpf_redirect_peer(vif->ifindex, 0);
	case VIF_PHYSICAL:
	case VIF_SUBPORT:
		if (vif->vlan && bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), vif->vlan))
			return TC_ACT_SHOT;
	}
	return bpf_redirect(vif->ifindex, 0);
}

/* Goes by way of the copies if what the port gets is mirrored. Returns otherwise: `type` is then still to be claimed. */
static __always_inline void mirror_delivery(struct __sk_buff *skb, const struct vif *vif, vif_t number, __u32 type)
{
	if (likely(!(vif->flags & VIF_MIRROR_IN)))
		return;
	if (vif->kind == VIF_VETH)
		claim(skb, type);
	skb->cb[CB_RECEIVER] = number;
	bpf_tail_call_static(skb, &tails, TAIL_MIRROR_IN);
}

static __always_inline int send_to_vif(struct __sk_buff *skb, const struct vif *vif, __u32 type)
{
	if (vif->kind == VIF_VETH)
		claim(skb, type);
	return send_claimed(skb, vif);
}

static __always_inline int deliver_local(struct __sk_buff *skb, const struct origin *origin, vif_t number)
{
	struct vif *vif = bpf_map_lookup_elem(&vifs, &number);
	int reason, verdict;

	if (unlikely(!vif || !vif->ifindex))
		return drop(origin->vif, DROP_VIF_UNKNOWN);
	if (unlikely(!(vif->flags & VIF_ADMIN_UP)))
		return drop(number, DROP_VIF_DOWN);
	reason = unlikely(vif->flags & VIF_METER_IN) ? meter_port(skb, number, RULE_INGRESS) : DROP_NONE;
	if (unlikely(reason))
		return drop(number, reason);
	count_tx(number, skb->len);
	note_numbers(TRACE_LOCAL, number, 0, 0);
	mirror_delivery(skb, vif, number, PACKET_HOST);
	verdict = send_to_vif(skb, vif, PACKET_HOST);
	return verdict == TC_ACT_SHOT ? drop(number, DROP_REDIRECT) : verdict;
}

/* Tells the VXLAN device where to. Over IPv6 the outer checksum stays on: receivers refuse its absence by default. */
static __always_inline int set_tunnel(struct __sk_buff *skb, net_t net, const ip_t *remote)
{
	struct bpf_tunnel_key key = { .tunnel_id = net, .tunnel_ttl = 64 };

	note(TRACE_ENCAPSULATED, step->net = net; step->dst = *remote);
	if (IS_TRACE)
		return 0;
	if (likely(ip_is4(remote))) {
		key.remote_ipv4 = bpf_ntohl(remote->w[3]);
		return bpf_skb_set_tunnel_key(skb, &key, sizeof(key), BPF_F_ZERO_CSUM_TX);
	}
	__builtin_memcpy(key.remote_ipv6, remote, sizeof(key.remote_ipv6));
	return bpf_skb_set_tunnel_key(skb, &key, sizeof(key), BPF_F_TUNINFO_IPV6);
}

/* Whose tunnelled frame this is. The kernel wants to be asked for the outer header's family beforehand. */
static __always_inline int get_tunnel(struct __sk_buff *skb, net_t *net, ip_t *peer)
{
	struct bpf_tunnel_key key;

#if IS_TRACE
	struct trace *trace = get_trace();

	if (!trace || !trace->tunnel_net)
		return -1;
	*net = trace->tunnel_net;
	*peer = trace->tunnel_peer;
	return 0;
#endif
	if (likely(!bpf_skb_get_tunnel_key(skb, &key, sizeof(key), 0))) {
		ip_from4(peer, bpf_htonl(key.remote_ipv4));
	} else {
		if (bpf_skb_get_tunnel_key(skb, &key, sizeof(key), BPF_F_TUNINFO_IPV6))
			return -1;
		__builtin_memcpy(peer, key.remote_ipv6, sizeof(*peer));
	}
	*net = key.tunnel_id;
	return 0;
}

static __always_inline int deliver_remote(struct __sk_buff *skb, const struct origin *origin, net_t out, const ip_t *remote)
{
	struct settings *set = get_settings();

	if (unlikely(!set))
		return drop(origin->vif, DROP_INTERNAL);
	if (unlikely(set_tunnel(skb, out, remote)))
		return drop(origin->vif, DROP_REDIRECT);
	return bpf_redirect(set->vxlan_ifindex, 0);
}

/* Out of a provider network's card. */
static __always_inline int deliver_wire(struct __sk_buff *skb, const struct origin *origin, net_t out)
{
	struct net *net = bpf_map_lookup_elem(&nets, &out);

	if (unlikely(!net))
		return drop(origin->vif, DROP_NETWORK_UNKNOWN);
	note(TRACE_WIRE, step->net = out);
	if (net->vlan && bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), net->vlan))
		return drop(origin->vif, DROP_REDIRECT);
	return bpf_redirect(net->ifindex, 0);
}

/* `out`: the network in which it is delivered; another one than it came in from where a router was in between. */
static __always_inline int deliver(struct __sk_buff *skb, const struct origin *origin, net_t out, const struct target *target)
{
	switch (target->kind) {
	case TARGET_LOCAL:
		return deliver_local(skb, origin, target->vif);
	case TARGET_REMOTE:
		return deliver_remote(skb, origin, out, &target->remote);
	case TARGET_WIRE:
		return deliver_wire(skb, origin, out);
	}
	return drop(origin->vif, DROP_INTERNAL);
}

/* Back to where the frame came from: an answer made of the question. */
static __always_inline int reply(struct __sk_buff *skb, const struct origin *origin)
{
	return is_outside(origin) ? deliver_wire(skb, origin, origin->net) : deliver_local(skb, origin, origin->vif);
}

#endif
