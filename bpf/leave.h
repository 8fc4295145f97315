/* From inside to an external network: by this host, or on to the one that is the router's gateway. NAT is only decided here;
 * commit.h keeps it, rewrite.h does it. */
#ifndef CABLE_LEAVE_H
#define CABLE_LEAVE_H

#include "neighbour.h"
#include "route.h"

/* An answer by way of a forwarded port, which is still forwarded, or of a port that had no name of its own outside. */
static __always_inline int keeps_name(struct decision *decision, const struct gateway *gateway)
{
	struct flow *answer = bpf_map_lookup_elem(&flows, &decision->frame.key);
	struct forward *forward;

	if (decision->related & REWRITE_SRC) {
		decision->now.src = decision->related_nat.src;
		return 1;
	}
	if (!answer || !answer->nat_router)
		return 0;
	if (!(answer->rewrite & REWRITE_SRC))
		return answer->flags & FLOW_ANSWER && gateway->flags & GATEWAY_HERE;
	forward = find_forward(gateway->net, answer->nat.src.w[3], decision->now.proto, answer->nat.src_port);
	if (!forward || forward->ip != decision->now.src.w[3] ||
	    forwarded_port(forward, answer->nat.src_port) != decision->now.src_port)
		return 0;
	decision->now.src = answer->nat.src;
	decision->now.src_port = answer->nat.src_port;
	return 1;
}

/* Under its router's own address; with the port that it has there already, or one to be claimed. */
static __always_inline void take_shared_name(struct decision *decision, const struct gateway *gateway)
{
	struct flow *old = bpf_map_lookup_elem(&flows, &decision->frame.key);

	decision->now.src.w[3] = gateway->ip4;
	decision->needs_port = 1;
	if (!old || !(old->rewrite & REWRITE_SRC) || old->nat.src.w[3] != gateway->ip4)
		return;
	decision->now.src_port = old->nat.src_port;
	if (is_icmp(&decision->frame))
		decision->now.dst_port = old->nat.src_port;
}

/* Under which address it goes out from here. False: not from here. */
static __always_inline int take_name(struct decision *decision, const struct gateway *gateway)
{
	struct fixed_key key = { .router = decision->router, .ip = decision->now.src.w[3] };
	struct ip_entry *entry;
	struct fixed *fixed;

	decision->asker4 = gateway->ip4;
	decision->asker6 = gateway->ip6;
	decision->new_src_mac = gateway->mac;
	if (!gateway->net)
		return 0;
	if (!ip_is4(&decision->now.src))
		return gateway->flags & GATEWAY_HERE;
	if (keeps_name(decision, gateway)) {
		entry = find_ip(gateway->net, &decision->now.src);
		if (entry)
			decision->new_src_mac = entry->mac;
		return 1;
	}
	fixed = bpf_map_lookup_elem(&fixeds, &key);
	if (fixed) {
		decision->now.src.w[3] = fixed->ip;
		decision->asker4 = fixed->ip;
		decision->new_src_mac = fixed->mac;
		return 1;
	}
	if (gateway->flags & (GATEWAY_HERE | GATEWAY_OWN) && gateway->flags & GATEWAY_SNAT)
		take_shared_name(decision, gateway);
	return gateway->flags & (GATEWAY_HERE | GATEWAY_OWN);
}

/* On to the router's gateway host, in the network in which it came to the router, and to the router's MAC as before. */
static __always_inline int to_gateway(struct __sk_buff *skb, const struct origin *origin, struct decision *decision,
				      const struct gateway *gateway)
{
	int is_wire = decision->router_net & NET_LOCAL;

	if (is_outside(origin) || ip_is_unspecified(&gateway->remote))
		return drop(origin->vif, DROP_NO_GATEWAY);
	note(TRACE_GATEWAY, step->router = decision->router; step->dst = gateway->remote);
	if (decision->hops) {
		struct router_port *to = find_router_port(decision->router, decision->router_net);
		struct router_port *from = find_router_port(decision->from_router, decision->router_net);

		if (!to || !from)
			return drop(origin->vif, DROP_INTERNAL);
		decision->new_dst_mac = to->mac;
		decision->new_src_mac = from->mac;
		decision->rewrite = REWRITE_MACS | REWRITE_TTL;
	}
	decision->out = decision->router_net;
	decision->target.kind = is_wire ? TARGET_WIRE : TARGET_REMOTE;
	decision->target.remote = gateway->remote;
	if (wire_length(skb, &decision->frame) > decision->mtu)
		return tail(skb, origin, TAIL_TOO_BIG);
	return tail(skb, origin, TAIL_COMMIT);
}

/* On the external network: to somebody known there, to a router of this host, or to a neighbour. */
static __always_inline int to_outside(struct __sk_buff *skb, const struct origin *origin, struct decision *decision, net_t net,
				      const ip_t *next_hop)
{
	struct ip_entry *entry = find_ip(net, next_hop);
	const mac_t *mac;

	if (entry && entry->target.kind == TARGET_ROUTER) {
		if (decision->hops >= ROUTERS_MAX)
			return refuse_with(skb, origin, decision, REFUSE_TTL);
		decision->from_router = decision->router;
		decision->router_net = net;
		decision->router = entry->target.vif;
		return tail(skb, origin, TAIL_ROUTE);
	}
	decision->out = net;
	decision->rewrite = REWRITE_MACS | REWRITE_TTL;
	if (entry) {
		decision->target = entry->target;
		mac = &entry->mac;
	} else {
		decision->target.kind = TARGET_WIRE;
		mac = find_neighbour(net, next_hop);
	}
	if (!mac) {
		decision->next_hop = *next_hop;
		return tail(skb, origin, TAIL_ASK);
	}
	decision->new_dst_mac = *mac;
	if (wire_length(skb, &decision->frame) > decision->mtu)
		return tail(skb, origin, TAIL_TOO_BIG);
	return tail(skb, origin, TAIL_COMMIT);
}

/* The router has sent it outside. */
SEC("tc")
int leave(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct decision *decision = get_decision();
	struct gateway *gateway;
	struct ip_entry *entry;

	if (!decision)
		return drop(origin.vif, DROP_INTERNAL);
	gateway = find_gateway(decision->router);
	if (!gateway)
		return drop(origin.vif, DROP_NO_GATEWAY);
	if (is_entering(decision, gateway)) {
		entry = find_ip(gateway->net, &decision->now.dst);
		if (entry && entry->target.kind == TARGET_ROUTER)
			return may_leave(&origin, decision) ? to_router(skb, &origin, decision)
							    : drop(origin.vif, DROP_POLICY_EGRESS);
		return drop(origin.vif, DROP_NO_ROUTE);
	}
	if (decision->frame.ttl <= decision->hops + 1)
		return refuse_with(skb, &origin, decision, REFUSE_TTL);
	if (gateway->mtu && gateway->mtu < decision->mtu)
		decision->mtu = gateway->mtu;
	if (!take_name(decision, gateway))
		return to_gateway(skb, &origin, decision, gateway);
	decision->is_outside = 1;
	decision->outside = gateway->net;
	decision->nat_router = decision->router;
	decision->hops++;
	note(TRACE_OUTSIDE, step->router = decision->router; step->net = gateway->net;
	     step->dst = ip_is_unspecified(&decision->way.next_hop) ? decision->now.dst : decision->way.next_hop);
	return to_outside(skb, &origin, decision, gateway->net,
			  ip_is_unspecified(&decision->way.next_hop) ? &decision->now.dst : &decision->way.next_hop);
}

#endif
