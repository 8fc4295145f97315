/* Copies of what a port sends and gets, to tap ports and collectors. A copy goes straight out of a device: no hook of ours
 * sees it again, so it is asked no rules, is never answered here, and a copy of a copy is never made. */
#ifndef CABLE_MIRROR_H
#define CABLE_MIRROR_H

#include "deliver.h"

static __always_inline struct vif *open_tap(vif_t number)
{
	struct vif *vif = bpf_map_lookup_elem(&vifs, &number);

	/* Without a tag: a copy cannot be given one. */
	return vif && vif->ifindex && vif->flags & VIF_ADMIN_UP && !vif->vlan && vif->kind != VIF_PHYSICAL ? vif : 0;
}

/* By its device's own way of sending, and not to the peer at once as what is for the workload: so its kernel sees by the
 * MAC whom it was for, and leaves it to those who listen to everything. */
static __always_inline int copy_to_tap(struct __sk_buff *skb, vif_t number)
{
	struct vif *tap = open_tap(number);

	if (!tap || bpf_clone_redirect(skb, tap->ifindex, 0))
		return -1;
	count_tapped(number, skb->len);
	return 0;
}

/* Of what is mirrored the frame stays as it is; where it had come by a tunnel, that is forgotten. */
static __always_inline int copy_to_tunnel(struct __sk_buff *skb, const struct mirror *mirror)
{
	struct settings *set = get_settings();

	return !set || set_tunnel(skb, mirror->tunnel, &mirror->remote) || bpf_clone_redirect(skb, set->vxlan_ifindex, 0);
}

/* Makes all copies of what goes to or comes from a port. A function of its own, and global, so that the verifier looks at
 * it once. */
__attribute__((noinline)) int copy_all(struct __sk_buff *skb, vif_t number, __u32 direction)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < MIRRORS_MAX; i++) {
		struct mirror_key key = { .vif = number, .direction = direction, .index = i };
		struct mirror *mirror = bpf_map_lookup_elem(&mirrors, &key);

		if (!mirror)
			break;
		if (mirror->kind == MIRROR_LOCAL ? copy_to_tap(skb, mirror->vif) : copy_to_tunnel(skb, mirror))
			drop(number, DROP_COPY);
		else
			count_mirrored(number, skb->len);
		if (!mirror->more)
			break;
	}
	return 0;
}

/* What a port gets, after its copies; it is counted and claimed already. */
SEC("tc")
int mirror_in(struct __sk_buff *skb)
{
	vif_t number = skb->cb[CB_RECEIVER];
	struct vif *vif = bpf_map_lookup_elem(&vifs, &number);
	int verdict;

	if (!vif || !vif->ifindex)
		return drop(number, DROP_VIF_UNKNOWN);
	copy_all(skb, number, MIRROR_IN);
	verdict = send_claimed(skb, vif);
	return verdict == TC_ACT_SHOT ? drop(number, DROP_REDIRECT) : verdict;
}

/* From another host, under a VNI that no network has: a copy for a tap port. */
static __always_inline int from_mirror(struct __sk_buff *skb, const struct origin *origin)
{
	struct tap_key key = { .vni = origin->net };
	struct tap *tap = is_from_tunnel(origin) ? bpf_map_lookup_elem(&taps, &key) : 0;
	struct peer_key sender = {};
	struct vif *vif;

	if (!tap)
		return drop(0, DROP_NETWORK_UNKNOWN);
	if (get_tunnel(skb, &sender.net, &sender.ip))
		return drop(0, DROP_TUNNEL_HEADER);
	if (!bpf_map_lookup_elem(&peers, &sender))
		return drop(0, DROP_TUNNEL_STRANGER);
	vif = open_tap(tap->vif);
	if (!vif)
		return drop(tap->vif, DROP_COPY);
	count_tapped(tap->vif, skb->len);
	return bpf_redirect(vif->ifindex, 0);
}

#endif
