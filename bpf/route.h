/* Routing at the host of the sender: one hop, whatever the number of networks a router has. */
#ifndef CABLE_ROUTE_H
#define CABLE_ROUTE_H

#include "balance.h"
#include "commit.h"
#include "enter.h"
#include "holder.h"
#include "switch.h"
#include "ways.h"

/* Routers in a row: more is a loop. */
#define ROUTERS_MAX 8

static __always_inline struct route *find_route(router_t router, const ip_t *ip)
{
	struct route_key key = { .prefix_length = ROUTE_FIXED_BITS + 128, .router = router, .ip = *ip };
	struct route *found = bpf_map_lookup_elem(&routes, &key);

	/* ::/0 is around the mapped addresses, too. */
	if (found && found->kind == ROUTE_SHARED && ip_is4(ip) && found->prefix_length < ROUTE_FIXED_BITS + 96)
		return 0;
	if (found && !ip_is_unspecified(&found->next_hop) && ip_is4(&found->next_hop) != ip_is4(ip))
		return 0;
	return found;
}

static __always_inline struct router_port *find_router_port(router_t router, net_t net)
{
	struct router_port_key key = { .router = router, .net = net };

	return bpf_map_lookup_elem(&router_ports, &key);
}

/* Whether a port may send this at all: asked before a router answers in its own name. What belongs to a flow was. */
static __always_inline int may_leave(const struct origin *origin, const struct decision *decision)
{
	struct vif *vif = local_vif(origin->vif);

	return !vif || bpf_map_lookup_elem(&flows, &decision->frame.key) ||
	       may_pass(vif, &decision->frame, RULE_EGRESS, origin->net);
}

/* Neutron's enable_ndp_proxy (neutron/agent/l3/extensions/ndp_proxy.py): who has no proxy cannot be asked from outside. There
 * not even his answers reach him; here they do, as known flows. */
static __always_inline int is_unproxied(const struct decision *decision, const struct gateway *gateway)
{
	struct ip_entry *entry;
	struct flow *flow;

	if (!gateway || !(gateway->flags & GATEWAY_PROXIED) || ip_is4(&decision->now.dst))
		return 0;
	entry = find_ip(gateway->net, &decision->now.dst);
	if (entry && entry->target.kind == TARGET_ROUTER)
		return 0;
	flow = bpf_map_lookup_elem(&flows, &decision->frame.key);
	return !decision->is_related && !(flow && flow->flags & FLOW_ANSWER);
}

/* Answers with an ICMP error, if that can be done. */
static __always_inline int refuse_with(struct __sk_buff *skb, const struct origin *origin, struct decision *decision,
				       __u32 refusal)
{
	decision->refusal = refusal;
	return tail(skb, origin, TAIL_REFUSE);
}

/* To an address of the router's own: it answers echo requests (RFC 1812 section 4.3.3.6, RFC 4443 section 4.2). */
static __always_inline int to_router(struct __sk_buff *skb, const struct origin *origin, const struct decision *decision)
{
	const struct frame *frame = &decision->frame;
	int is4 = frame->key.proto == IPPROTO_ICMP;
	__u8 type = is4 ? ICMP_ECHOREPLY : ICMPV6_ECHO_REPLY, ttl = 64;
	__be16 old_word = bpf_htons(frame->icmp_type << 8), new_word = bpf_htons(type << 8);
	struct { mac_t dst, src; } __attribute__((aligned(4))) macs = { frame->src_mac, frame->dst_mac };
	struct frame hop = *frame;

	if (!is_icmp(frame) || !has_ports(frame) || frame->l4_offset > HEADERS_MAX ||
	    frame->icmp_type != (is4 ? ICMP_ECHO : ICMPV6_ECHO_REQUEST))
		return drop(origin->vif, DROP_TO_ROUTER);
	/* Changing both addresses over changes no checksum; the type, which a later fragment does not have, does. */
	if (frame->l4_offset &&
	    (bpf_l4_csum_replace(skb, frame->l4_offset + offsetof(struct icmphdr, checksum), old_word, new_word, 2) ||
	     bpf_skb_store_bytes(skb, frame->l4_offset, &type, 1, 0)))
		return drop(origin->vif, DROP_REDIRECT);
	if (apply_rewrite(skb, &hop, REWRITE_TTL | REWRITE_MACS, frame->ttl - ttl, &macs, 0))
		return drop(origin->vif, DROP_REDIRECT);
	if (is4) {
		struct { __be32 src, dst; } addresses = { frame->key.dst.w[3], frame->key.src.w[3] };

		if (bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), &addresses, sizeof(addresses), 0))
			return drop(origin->vif, DROP_REDIRECT);
	} else {
		struct { ip_t src, dst; } addresses = { frame->key.dst, frame->key.src };

		if (bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, saddr), &addresses, sizeof(addresses), 0))
			return drop(origin->vif, DROP_REDIRECT);
	}
	note(TRACE_ECHOED, step->router = decision->router; step->dst = frame->key.dst);
	return is_from_tunnel(origin) ? deliver_remote(skb, origin, origin->net, &decision->peer) : reply(skb, origin);
}

static __always_inline void name_router(struct decision *decision, const struct router_port *port)
{
	if (ip_is4(&decision->now.src))
		ip_from4(&decision->now.src, port->ip4);
	else
		decision->now.src = port->ip6;
}

SEC("tc")
int route(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct decision *decision = get_decision();
	struct router_port *port;
	struct gateway *gateway;
	struct ip_entry *entry;
	struct router *router;
	struct route *found;
	const ip_t *hop;
	struct net *net;
	int from_there;

	if (!decision)
		return drop(origin.vif, DROP_INTERNAL);
	gateway = find_gateway(decision->router);
	from_there = is_entering(decision, gateway);
	if (from_there && is_unproxied(decision, gateway))
		return drop(origin.vif, DROP_NO_PROXY);
	if (from_there)
		enter(decision);
	router = bpf_map_lookup_elem(&routers, &decision->router);
	if (!router || !(router->flags & ROUTER_UP))
		return drop(origin.vif, DROP_ROUTER_DOWN);
	if (balance(skb))
		return refuse_with(skb, &origin, decision, REFUSE_NO_BACKEND);
	found = find_route(decision->router, &decision->now.dst);
	if (!found)
		return refuse_with(skb, &origin, decision, REFUSE_NO_ROUTE);
	decision->way = *found;
	if (found->kind == ROUTE_SHARED && choose_way(skb, decision))
		return refuse_with(skb, &origin, decision, REFUSE_NO_HOST);
	found = &decision->way;
	note(TRACE_ROUTED, step->router = decision->router; step->net = found->net; step->dst = found->next_hop;
	     step->number = found->kind);
	if (found->kind == ROUTE_OUTSIDE)
		return tail(skb, &origin, TAIL_LEAVE);
	/* Its own host routes it. */
	if (is_outside(&origin) && !from_there && !decision->is_outside)
		return unclaimed(&origin, DROP_DST_UNKNOWN);
	hop = found->kind == ROUTE_VIA ? &found->next_hop : &decision->now.dst;
	entry = find_ip(found->net, hop);
	if (entry && entry->target.kind == TARGET_ROUTER && found->kind == ROUTE_CONNECTED)
		return may_leave(&origin, decision) ? to_router(skb, &origin, decision) : drop(origin.vif, DROP_POLICY_EGRESS);
	if (decision->frame.ttl <= decision->hops + 1)
		return refuse_with(skb, &origin, decision, REFUSE_TTL);
	net = bpf_map_lookup_elem(&nets, &found->net);
	port = find_router_port(decision->router, found->net);
	if (!entry && net && port && !(net->flags & NET_PROVIDER) && may_be_held(found->net, hop))
		return may_leave(&origin, decision) ? ask_ports(skb, &origin, decision, found->net, port, hop)
						    : drop(origin.vif, DROP_POLICY_EGRESS);
	if (!entry || !net || !port)
		return refuse_with(skb, &origin, decision, REFUSE_NO_HOST);
	decision->hops++;
	if (net->mtu < decision->mtu)
		decision->mtu = net->mtu;
	if (entry->target.kind == TARGET_ROUTER) {
		if (decision->hops >= ROUTERS_MAX)
			return refuse_with(skb, &origin, decision, REFUSE_TTL);
		decision->from_router = decision->router;
		decision->router_net = found->net;
		decision->router = entry->target.vif;
		return tail(skb, &origin, TAIL_ROUTE);
	}
	decision->out = found->net;
	decision->target = entry->target;
	decision->new_dst_mac = entry->mac;
	decision->new_src_mac = port->mac;
	decision->rewrite = REWRITE_MACS | REWRITE_TTL;
	/* The backend is who asks: its answers come back here only if somebody else seems to ask. */
	if (decision->balanced == FLOW_TO_BACKEND && is_to_itself(&origin, decision))
		name_router(decision, port);
	if (wire_length(skb, &decision->frame) > decision->mtu)
		return tail(skb, &origin, TAIL_TOO_BIG);
	return tail(skb, &origin, TAIL_COMMIT);
}

/* The network in which the sender of a routed frame is known: where its last router would send an answer, over as many
 * routers as it came. */
static __always_inline net_t net_of_sender(router_t router, const ip_t *ip, net_t otherwise)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < ROUTERS_MAX; i++) {
		struct route *found = find_route(router, ip);
		struct ip_entry *next;

		if (found && found->kind == ROUTE_SHARED)
			found = find_way(router, found, 0); /* the first stands for all */
		if (!found || found->kind == ROUTE_OUTSIDE)
			return otherwise;
		next = found->kind == ROUTE_VIA ? find_ip(found->net, &found->next_hop) : 0;
		if (!next || next->target.kind != TARGET_ROUTER)
			return found->net;
		router = next->target.vif;
	}
	return otherwise;
}

#endif
