/* What a port with port security may send: Neutron's anti-spoofing rules (neutron/agent/linux/iptables_firewall.py,
 * _spoofing_rule) as one longest-prefix lookup. */
#ifndef CABLE_SPOOF_H
#define CABLE_SPOOF_H

#include "parse.h"
#include "maps.h"

#define DHCP4_CLIENT bpf_htons(68)
#define DHCP4_SERVER bpf_htons(67)
#define DHCP6_CLIENT bpf_htons(546)
#define DHCP6_SERVER bpf_htons(547)
#define MLD_REPORT 131
#define MLD_DONE 132
#define MLD2_REPORT 143

static __always_inline int is_source(vif_t vif, const mac_t *mac, const ip_t *ip)
{
	struct source_key key = {
		.prefix_length = SOURCE_FIXED_BITS + 128,
		.vif = vif,
		.mac = *mac,
		.ip = *ip,
	};
	struct source *found = bpf_map_lookup_elem(&sources, &key);

	return found && is_meant(found->flags, ip);
}

static __always_inline int is_dhcp_request(const struct frame *frame)
{
	return frame->key.proto == IPPROTO_UDP && frame->key.src_port == DHCP4_CLIENT && frame->key.dst_port == DHCP4_SERVER;
}

static __always_inline int is_dhcp6_request(const struct frame *frame)
{
	return frame->key.proto == IPPROTO_UDP && frame->key.src_port == DHCP6_CLIENT && frame->key.dst_port == DHCP6_SERVER &&
	       frame->key.src.w[2] != IP4_MAPPED;
}

/* Before it has an address a port may look for one: DHCP from 0.0.0.0; from :: duplicate address detection and the
 * multicast reports that go with it (RFC 4862 section 5.4.2, RFC 3590). */
static __always_inline int is_searching(const struct frame *frame)
{
	if (frame->key.src.w[2] == IP4_MAPPED)
		return is_dhcp_request(frame);
	return frame->key.proto == IPPROTO_ICMPV6 && frame->l4_offset &&
	       (frame->icmp_type == ND_NEIGHBOUR_SOLICITATION || frame->icmp_type == ND_ROUTER_SOLICITATION ||
		frame->icmp_type == MLD_REPORT || frame->icmp_type == MLD_DONE || frame->icmp_type == MLD2_REPORT);
}

/* An IP packet's sender: a reason to drop, or 0. */
static __always_inline int check_source(vif_t number, const struct vif *vif, const struct frame *frame)
{
	int own = mac_equal(&frame->src_mac, &vif->mac);

	if (own && ip_is_unspecified(&frame->key.src) && is_searching(frame))
		return DROP_NONE;
	if (is_source(number, &frame->src_mac, &frame->key.src))
		return DROP_NONE;
	return own ? DROP_SPOOFED_IP : DROP_SPOOFED_MAC;
}

/* What only the network itself may say. */
static __always_inline int check_role(const struct frame *frame)
{
	if (frame->key.proto == IPPROTO_UDP &&
	    ((frame->key.src_port == DHCP4_SERVER && frame->key.dst_port == DHCP4_CLIENT) ||
	     (frame->key.src_port == DHCP6_SERVER && frame->key.dst_port == DHCP6_CLIENT)))
		return DROP_DHCP_SERVER;
	if (frame->key.proto == IPPROTO_ICMPV6 && frame->icmp_type == ND_ROUTER_ADVERTISEMENT)
		return DROP_ROUTER_ADVERT;
	return DROP_NONE;
}

#endif
