/* tc ingress of the far end of the mirrors' device: copies of what a port sends and gets, to tap ports and collectors. A
 * copy goes straight out of a device: no hook of ours sees it again, so it is asked no rules, is never answered here, and a
 * copy of a copy is never made. */
#include "tap.h"

/* Out of a device: a copy of the copy if there is another mirror, else the copy itself. */
static __always_inline int send_copy(struct __sk_buff *skb, __u32 ifindex, __u32 more)
{
	return more ? bpf_clone_redirect(skb, ifindex, 0) : bpf_redirect(ifindex, 0) != TC_ACT_REDIRECT;
}

/* By its device's own way of sending, and not to the peer at once as what is for the workload: so its kernel sees by the
 * MAC whom it was for, and leaves it to those who listen to everything. */
static __always_inline int copy_to_tap(struct __sk_buff *skb, const struct mirror *mirror)
{
	struct vif *tap = open_tap(mirror->vif);

	if (!tap || send_copy(skb, tap->ifindex, mirror->more))
		return -1;
	count_tapped(mirror->vif, skb->len);
	return 0;
}

static __always_inline int copy_to_tunnel(struct __sk_buff *skb, const struct mirror *mirror)
{
	struct settings *set = get_settings();

	return !set || set_tunnel(skb, mirror->tunnel, &mirror->remote) || send_copy(skb, set->vxlan_ifindex, mirror->more);
}

SEC("tc")
int copies(struct __sk_buff *skb)
{
	struct mirror_key key = {
		.vif = skb->mark & ((1 << MIRROR_MARK_SHIFT) - 1),
		.direction = skb->mark >> MIRROR_MARK_SHIFT,
	};

	if (!key.vif)
		return TC_ACT_SHOT; /* the device's own chatter */
	skb->mark = 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < MIRRORS_MAX; i++) {
		struct mirror *mirror;
		int failed;

		key.index = i;
		mirror = bpf_map_lookup_elem(&mirrors, &key);
		if (!mirror)
			break; /* the agent is changing the list */
		failed = mirror->kind == MIRROR_LOCAL ? copy_to_tap(skb, mirror) : copy_to_tunnel(skb, mirror);
		if (failed)
			drop(key.vif, DROP_COPY);
		else
			count_mirrored(key.vif, skb->len);
		if (!mirror->more)
			return failed ? TC_ACT_SHOT : TC_ACT_REDIRECT;
	}
	return TC_ACT_SHOT;
}
