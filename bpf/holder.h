/* Addresses of address pairs, which one port or another holds (VRRP): who says that it has one now is told of to the agent, and
 * by it to all hosts; who holds one that nobody has told of is asked for. */
#ifndef CABLE_HOLDER_H
#define CABLE_HOLDER_H

#include "neighbour.h"
#include "switch.h"
#include "trap.h"

/* Whether a port says of an address what `ips` does not. */
static __always_inline int is_news(const struct origin *origin, const ip_t *ip, const mac_t *mac)
{
	struct ip_entry *entry = find_ip(origin->net, ip);

	return !entry || !is_own(origin, entry) || !mac_equal(&entry->mac, mac);
}

static __always_inline int is_router_mac(net_t net, const mac_t *mac)
{
	struct mac_key key = { .net = net, .mac = *mac };
	struct target *found = bpf_map_lookup_elem(&macs, &key);

	return found && found->kind == TARGET_ROUTER;
}

/* A port has said, to everybody or to who asked, that it holds an address. */
static __always_inline int announce(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
				    const struct net *net, const ip_t *ip)
{
	int news = is_news(origin, ip, &frame->src_mac);

	if (mac_is_group(&frame->dst_mac))
		return flood_to(skb, origin, everyone_in(net) | (news ? FLOOD_TELL : 0));
	if (news && is_router_mac(origin->net, &frame->dst_mac))
		return trap(skb, origin, frame, TRAP_HOLDER);
	return switch_unicast(skb, origin, frame, net);
}

/* Whether some port may hold an address that is nobody's own. */
static __always_inline int may_be_held(net_t net, const ip_t *ip)
{
	struct pair_key key = { .prefix_length = PAIR_FIXED_BITS + 128, .net = net, .ip = *ip };
	struct pair *found = bpf_map_lookup_elem(&pairs, &key);

	return found && is_meant(found->flags, ip);
}

/* A router's way to an address that nobody is known to have: asked for in its name, if some port may hold it. */
static __always_inline int ask_ports(struct __sk_buff *skb, const struct origin *origin, struct decision *decision, net_t net,
				     const struct router_port *by, const ip_t *ip)
{
	if (!take_trap(origin->vif))
		return drop(origin->vif, DROP_TRAP_LIMIT);
	decision->out = net;
	decision->next_hop = *ip;
	decision->asker4 = by->ip4;
	decision->asker6 = by->ip6;
	decision->new_src_mac = by->mac;
	return tail(skb, origin, TAIL_ASK);
}

#endif
