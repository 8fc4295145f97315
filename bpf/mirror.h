/* Mirrored ports, and copies from other hosts. */
#ifndef CABLE_MIRROR_H
#define CABLE_MIRROR_H

#include "tap.h"

/* One copy for all the port's mirrors: through a device behind which the program `copies` makes theirs, when the packet
 * itself has gone on. A full queue there costs copies, and nothing else. A function of its own, and global, so that the
 * verifier looks at it once. */
__attribute__((noinline)) int mirror(struct __sk_buff *skb, vif_t number, __u32 direction)
{
	struct settings *set = get_settings();
	__u32 mark = skb->mark;

	if (!set || !set->mirror_ifindex)
		return drop(number, DROP_COPY);
	skb->mark = direction << MIRROR_MARK_SHIFT | number;
	if (bpf_clone_redirect(skb, set->mirror_ifindex, 0))
		drop(number, DROP_COPY);
	skb->mark = mark;
	return 0;
}

/* What a port gets, after it was mirrored; it is counted and claimed already. */
SEC("tc")
int mirror_in(struct __sk_buff *skb)
{
	vif_t number = skb->cb[CB_RECEIVER];
	struct vif *vif = bpf_map_lookup_elem(&vifs, &number);
	int verdict;

	if (!vif || !vif->ifindex)
		return drop(number, DROP_VIF_UNKNOWN);
	mirror(skb, number, MIRROR_IN);
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
