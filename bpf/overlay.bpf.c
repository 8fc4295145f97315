/* tc ingress of the VXLAN device in external mode: what other hosts send. */
#include "flow.h"

SEC("tc")
int overlay(struct __sk_buff *skb)
{
	struct origin origin = {};
	ip_t peer;

	if (unlikely(get_tunnel(skb, &origin.net, &peer)))
		return drop(0, DROP_TUNNEL_HEADER);
	origin.ingress = FLOW_TUNNEL | origin.net;
	return forward(skb, &origin, &peer, TAIL_FROM_OUTSIDE);
}
