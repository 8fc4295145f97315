/* Unicast by MAC: to an endpoint, or to a router's own end in the network. */
#ifndef CABLE_SWITCH_H
#define CABLE_SWITCH_H

#include "decision.h"
#include "deliver.h"

/* A frame from outside that no port here claims. */
static __always_inline int unclaimed(const struct origin *origin, __u32 reason)
{
	return is_shared_with_host(origin) ? TC_ACT_OK : drop(origin->vif, reason);
}

/* A card and a tag: a segment of its own, on which everybody hears everybody without us. ifindex 0 = none. */
struct segment {
	__u32 ifindex;
	__u16 vlan;
};

static __always_inline struct segment segment_of_vif(const struct vif *vif)
{
	return vif && vif->kind == VIF_PHYSICAL ? (struct segment){ vif->ifindex, vif->vlan } : (struct segment){};
}

static __always_inline struct segment segment_of_wire(const struct net *net)
{
	return net->flags & NET_PROVIDER ? (struct segment){ net->ifindex, net->vlan } : (struct segment){};
}

/* Where a frame has been already. */
static __always_inline struct segment segment_of(const struct origin *origin, const struct net *net)
{
	return is_outside(origin) ? segment_of_wire(net) : segment_of_vif(bpf_map_lookup_elem(&vifs, &origin->vif));
}

static __always_inline int is_same_segment(struct segment a, struct segment b)
{
	return a.ifindex && a.ifindex == b.ifindex && a.vlan == b.vlan;
}

static __always_inline int is_hairpin(const struct origin *origin, const struct target *target, const struct net *net)
{
	struct segment from = segment_of(origin, net);

	if (target->kind == TARGET_WIRE)
		return is_same_segment(from, segment_of_wire(net));
	if (target->kind != TARGET_LOCAL)
		return 0;
	if (target->vif == origin->vif)
		return 1;
	return from.ifindex && is_same_segment(from, segment_of_vif(bpf_map_lookup_elem(&vifs, &target->vif)));
}

/* What comes to a router from elsewhere: from the wire of its external network, and to its gateway's host what other
 * hosts' workloads send outside. */
static __always_inline int may_enter(const struct origin *origin, router_t router)
{
	struct gateway *gateway = bpf_map_lookup_elem(&gateways, &router);

	if (!gateway)
		return 0;
	return is_from_tunnel(origin) ? gateway->flags & GATEWAY_HERE : gateway->net == origin->net;
}

/* A frame to a router's MAC: the host of its sender routes it, unless it comes from or goes to the outside. */
static __always_inline int to_router_mac(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
					 router_t router)
{
	struct decision *decision = get_decision();

	if (!frame->ip_length || (is_outside(origin) && !may_enter(origin, router)))
		return unclaimed(origin, DROP_DST_UNKNOWN);
	if (!decision)
		return drop(origin->vif, DROP_INTERNAL);
	decision->router = router;
	note(TRACE_TO_ROUTER, step->router = router; step->mac = frame->dst_mac);
	return tail(skb, origin, TAIL_ROUTE);
}

/* With a decision begun. */
static __always_inline int switch_unicast(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
					  const struct net *net)
{
	struct mac_key key = { .net = origin->net, .mac = frame->dst_mac };
	struct target *found = bpf_map_lookup_elem(&macs, &key);
	struct target target = { .kind = TARGET_WIRE };
	struct decision *decision = get_decision();

	if (found && found->kind == TARGET_ROUTER)
		return to_router_mac(skb, origin, frame, found->vif);
	if (found)
		target = *found;
	else if (!(net->flags & NET_PROVIDER) || is_outside(origin))
		return unclaimed(origin, DROP_DST_UNKNOWN);
	note(TRACE_SWITCHED, step->mac = frame->dst_mac; step->number = target.kind; step->vif = target.vif; step->dst = target.remote);
	if (is_hairpin(origin, &target, net))
		return unclaimed(origin, DROP_HAIRPIN);
	if (target.kind == TARGET_REMOTE && is_outside(origin))
		return drop(0, DROP_REMOTE_TO_REMOTE);
	if (!frame->ip_length || !decision)
		return deliver(skb, origin, origin->net, &target);
	decision->target = target;
	return tail(skb, origin, TAIL_COMMIT);
}

/* A question that the tables do not answer: whoever may know is asked. */
static __always_inline int ask_others(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame,
				      const struct net *net, __u32 reason)
{
	__u32 to = 0;

	if (!mac_is_group(&frame->dst_mac))
		return switch_unicast(skb, origin, frame, net);
	if (net->flags & NET_MOVABLE)
		to = FLOOD_LOCALS | FLOOD_REMOTES;
	if (net->flags & NET_PROVIDER)
		to |= FLOOD_WIRE;
	return to ? flood_to(skb, origin, to) : drop(origin->vif, reason);
}

static __always_inline __u32 everyone_in(const struct net *net)
{
	return FLOOD_LOCALS | (net->flags & NET_PROVIDER ? FLOOD_WIRE : FLOOD_REMOTES);
}

/* To everyone in the network but the sender. */
static __always_inline int flood_all(struct __sk_buff *skb, const struct origin *origin, const struct net *net)
{
	return flood_to(skb, origin, everyone_in(net));
}

/* Split horizon: what came from outside has been sent to everyone else there already. */
static __always_inline int flood_locals(struct __sk_buff *skb, const struct origin *origin)
{
	return flood_to(skb, origin, FLOOD_LOCALS);
}

static __always_inline struct ip_entry *find_ip(net_t net, const ip_t *ip)
{
	struct ip_key key = { .net = net, .ip = *ip };

	return bpf_map_lookup_elem(&ips, &key);
}

/* The asker's own address: silence is the right answer, and no drop. */
static __always_inline int is_own(const struct origin *origin, const struct ip_entry *entry)
{
	return entry->target.kind == TARGET_LOCAL && entry->target.vif == origin->vif;
}

/* Who holds an address of his pairs says so by himself; a probe (RFC 5227, RFC 4862) is how another one asks him. */
static __always_inline int is_held(const struct ip_entry *entry)
{
	return entry->flags & IP_HELD;
}

static __always_inline int has_lease(void)
{
	__u32 zero = 0;
	struct lease *lease = bpf_map_lookup_elem(&leases, &zero);

	return lease && bpf_ktime_get_coarse_ns() <= lease->until_ns;
}

/* A port of this host, and not its services, or an address outside that is its work: what a wire may be told of. */
static __always_inline int is_answered_here(const struct ip_entry *entry)
{
	if (entry->target.kind == TARGET_LOCAL && entry->target.vif)
		return 1;
	return entry->flags & IP_ANSWERED && (!(entry->flags & IP_LEASED) || has_lease());
}

#endif
