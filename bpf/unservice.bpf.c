/* tc ingress of the far end of the service's device: what sockets of this host send to workloads. */
#include "service.h"

/* The port that has this address as a client; 0 for any other. */
static __always_inline vif_t client_of(const ip_t *ip)
{
	if (ip_is4(ip)) {
		__u32 address = bpf_ntohl(ip->w[3]);

		return (address & ~SERVICE_CLIENT_MASK) == SERVICE_CLIENTS4 ? address & SERVICE_CLIENT_MASK : 0;
	}
	if (ip->w[0] != bpf_htonl(SERVICE_NET6) || ip->w[1] != bpf_htonl(1) || ip->w[2])
		return 0;
	return bpf_ntohl(ip->w[3]) & SERVICE_CLIENT_MASK;
}

SEC("tc")
int unservice(struct __sk_buff *skb)
{
	struct settings *set = get_settings();
	struct origin origin = {};
	struct service_client *client;
	struct service_key key;
	struct ends to = {};
	struct frame frame;
	vif_t number;

	/* The host's stack asks nobody here, and tells of itself to nobody. */
	if (!set || parse(skb, &frame) || !frame.l4_offset || frame.marks & FRAME_FRAGMENT)
		return TC_ACT_SHOT;
	number = client_of(&frame.key.dst);
	key = service_key_of(number, &frame, frame.key.dst_port);
	client = number ? bpf_map_lookup_elem(&service_clients, &key) : 0;
	if (!client)
		return TC_ACT_SHOT;
	to.src = client->service;
	to.dst = client->ip;
	to.src_port = service_port(frame.key.src_port);
	to.dst_port = frame.key.dst_port;
	if (change_ends(skb, &frame, &to) || bpf_skb_store_bytes(skb, 0, &client->mac, ETH_ALEN, 0) ||
	    bpf_skb_store_bytes(skb, ETH_ALEN, &set->service_mac, ETH_ALEN, 0))
		return drop(number, DROP_REDIRECT);
	return deliver_local(skb, &origin, number);
}
