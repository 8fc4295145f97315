/* The services of this host that speak over sockets: metadata and DNS. A workload's packet to the service's address is
 * handed to the host's own network stack, with an address of its port's own as source: so the socket at the other end knows
 * the port, however many tenants use the same addresses, and nobody can pretend to be another. */
#ifndef CABLE_SERVICE_H
#define CABLE_SERVICE_H

#include "budget.h"
#include "deliver.h"
#include "parse.h"

#define METADATA_PORT bpf_htons(80)
#define DNS_PORT bpf_htons(53)

/* Questions by UDP, and connections: far more than a resolver asks, and few enough that one port's flood fills neither the socket
 * in front of the others nor `service_clients`. */
#define QUESTIONS_PER_SECOND 5000
#define QUESTIONS_AT_ONCE 500

/* The socket's port for one of the service's and the other way round: the host may use the usual ones itself. */
static __always_inline __be16 socket_port(__be16 port)
{
	return port == DNS_PORT ? bpf_htons(SERVICE_DNS_PORT) : bpf_htons(SERVICE_METADATA_PORT);
}

static __always_inline __be16 service_port(__be16 port)
{
	return port == bpf_htons(SERVICE_DNS_PORT) ? DNS_PORT : METADATA_PORT;
}

/* A packet's new ends. */
struct ends {
	ip_t src;
	ip_t dst;
	__be16 src_port;
	__be16 dst_port;
};

static __always_inline int store_ports(struct __sk_buff *skb, const struct frame *frame, const struct ends *to, __u32 check,
				       __u64 flags)
{
	struct { __be16 src, dst; } old = { frame->key.src_port, frame->key.dst_port }, new = { to->src_port, to->dst_port };

	return bpf_l4_csum_replace(skb, check, *(__be32 *)&old, *(__be32 *)&new, flags | 4) ||
	       bpf_skb_store_bytes(skb, frame->l4_offset, &new, sizeof(new), 0);
}

static __always_inline int change_ends(struct __sk_buff *skb, const struct frame *frame, const struct ends *to)
{
	int is_udp = frame->key.proto == IPPROTO_UDP, is4 = frame->ethertype == bpf_htons(ETH_P_IP);
	__u32 check = frame->l4_offset + (is_udp ? offsetof(struct udphdr, check) : offsetof(struct tcphdr, check));
	__u64 flags = is_udp ? BPF_F_MARK_MANGLED_0 : 0;
	ip_t old[2] = { frame->key.src, frame->key.dst }, new[2] = { to->src, to->dst };
	/* The words in front of an IPv4 address are the same in all four, and add nothing. */
	__s64 change = bpf_csum_diff((__be32 *)old, sizeof(old), (__be32 *)new, sizeof(new), 0);

	if (frame->l4_offset > HEADERS_MAX || bpf_l4_csum_replace(skb, check, 0, change, flags | BPF_F_PSEUDO_HDR) ||
	    store_ports(skb, frame, to, check, flags))
		return -1;
	if (!is4)
		return bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, saddr), new, sizeof(new), 0);
	struct { __be32 src, dst; } ends = { to->src.w[3], to->dst.w[3] };

	return bpf_l3_csum_replace(skb, ETH_HLEN + offsetof(struct iphdr, check), 0, change, 0) ||
	       bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), &ends, sizeof(ends), 0);
}

/* The port's own address at the service's device. */
static __always_inline void client_address(ip_t *ip, vif_t vif, int is4)
{
	if (is4) {
		ip_from4(ip, bpf_htonl(SERVICE_CLIENTS4 | vif));
		return;
	}
	ip->w[0] = bpf_htonl(SERVICE_NET6);
	ip->w[1] = bpf_htonl(1);
	ip->w[2] = 0;
	ip->w[3] = bpf_htonl(vif);
}

static __always_inline void socket_address(ip_t *ip, int is4)
{
	if (is4) {
		ip_from4(ip, bpf_htonl(SERVICE_SOCKET4));
		return;
	}
	ip->w[0] = bpf_htonl(SERVICE_NET6);
	ip->w[1] = bpf_htonl(1);
	ip->w[2] = bpf_htonl(0xffff0000);
	ip->w[3] = bpf_htonl(1);
}

static __always_inline struct service_key service_key_of(vif_t vif, const struct frame *frame, __be16 port)
{
	return (struct service_key){ .vif = vif, .port = port, .proto = frame->key.proto, .is6 = frame->ethertype == bpf_htons(ETH_P_IPV6) };
}

/* Not what goes on on a connection, which the host's own TCP holds back. */
static __always_inline int is_question(const struct frame *frame)
{
	return frame->key.proto == IPPROTO_UDP || (frame->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

SEC("tc")
int service(struct __sk_buff *skb)
{
	struct origin origin = origin_of(skb);
	struct settings *set = get_settings();
	struct service_client client = {};
	struct service_key key;
	struct ends to = {};
	struct frame frame;
	int is4;

	if (!set || parse(skb, &frame))
		return drop(origin.vif, DROP_INTERNAL);
	if (is_question(&frame) &&
	    !take_token(bpf_map_lookup_elem(&service_budgets, &origin.vif), QUESTIONS_PER_SECOND, QUESTIONS_AT_ONCE))
		return drop(origin.vif, DROP_SERVICE_LIMIT);
	is4 = frame.ethertype == bpf_htons(ETH_P_IP);
	key = service_key_of(origin.vif, &frame, frame.key.src_port);
	client.ip = frame.key.src;
	client.service = frame.key.dst;
	client.mac = frame.src_mac;
	if (bpf_map_update_elem(&service_clients, &key, &client, BPF_ANY))
		return drop(origin.vif, DROP_INTERNAL);
	client_address(&to.src, origin.vif, is4);
	socket_address(&to.dst, is4);
	to.src_port = frame.key.src_port;
	to.dst_port = socket_port(frame.key.dst_port);
	if (change_ends(skb, &frame, &to) || bpf_skb_store_bytes(skb, 0, &set->socket_mac, ETH_ALEN, 0))
		return drop(origin.vif, DROP_REDIRECT);
	note(TRACE_SERVICE, step->dst = frame.key.dst; step->dst_port = frame.key.dst_port);
	return bpf_redirect(set->service_ifindex, 0);
}

#endif
