/* An ARP packet for IPv4 over Ethernet (RFC 826). */
#ifndef CABLE_ARP_FRAME_H
#define CABLE_ARP_FRAME_H

#include "address.h"

#define ARP_REQUEST bpf_htons(1)
#define ARP_REPLY bpf_htons(2)

struct arp {
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_size;
	__u8 protocol_size;
	__be16 operation;
	mac_t sender_mac;
	__be32 sender_ip;
	mac_t target_mac;
	__be32 target_ip;
} __attribute__((packed));

struct arp_frame {
	mac_t dst_mac;
	mac_t src_mac;
	__be16 ethertype;
	struct arp arp;
} __attribute__((packed));

#endif
