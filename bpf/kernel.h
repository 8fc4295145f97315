/* What every program needs of the kernel's own headers, and the few numbers that they lack. */
#ifndef CABLE_KERNEL_H
#define CABLE_KERNEL_H

/* linux/icmp.h wants linux/if.h for one number, and that wants the C library of a machine that clang does not build for. */
#define _LINUX_IF_H
#define IFNAMSIZ 16

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual BSD/GPL";

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* errno of a full hash map; asm-generic's numbers hold on every architecture that runs this. */
#define E2BIG 7

#define VLAN_ID_MASK 0x0fff

#define ND_ROUTER_SOLICITATION 133
#define ND_ROUTER_ADVERTISEMENT 134
#define ND_NEIGHBOUR_SOLICITATION 135
#define ND_NEIGHBOUR_ADVERTISEMENT 136
#define ND_REDIRECT 137

#endif
