/* Addresses as values: compare, copy, classify. */
#ifndef CABLE_ADDRESS_H
#define CABLE_ADDRESS_H

#include "kernel.h"
#include "shared.h"

/* Words for copying and comparing MACs, which C takes for single bytes. Packets may be read unaligned wherever the kernel
 * says CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS: x86-64 and arm64 do. */
typedef __u32 __attribute__((may_alias)) word_t;

#define IP4_MAPPED bpf_htonl(0x0000ffff)

static __always_inline void ip_from4(ip_t *ip, __be32 address)
{
	ip->w[0] = 0;
	ip->w[1] = 0;
	ip->w[2] = IP4_MAPPED;
	ip->w[3] = address;
}

static __always_inline void ip_from6(ip_t *ip, const struct in6_addr *address)
{
	__builtin_memcpy(ip, address, sizeof(*ip));
}

static __always_inline int ip_is4(const ip_t *ip)
{
	return ip->w[0] == 0 && ip->w[1] == 0 && ip->w[2] == IP4_MAPPED;
}

/* Whether a prefix that an address is in means it: enum prefix_flag. */
static __always_inline int is_meant(__u32 flags, const ip_t *ip)
{
	return !(flags & PREFIX_IP6) || !ip_is4(ip);
}

static __always_inline int ip_equal(const ip_t *a, const ip_t *b)
{
	return a->w[3] == b->w[3] && a->w[2] == b->w[2] && a->w[1] == b->w[1] && a->w[0] == b->w[0];
}

static __always_inline int ip_is_loopback6(const ip_t *ip)
{
	return !ip->w[0] && !ip->w[1] && !ip->w[2] && ip->w[3] == bpf_htonl(1);
}

/* Both MACs of an Ethernet header, destination first. */
static __always_inline int mac_pairs_equal(const void *a, const void *b)
{
	const word_t *x = a, *y = b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2];
}

static __always_inline void mac_pair_copy(void *to, const void *from)
{
	word_t *x = to;
	const word_t *y = from;

	x[0] = y[0];
	x[1] = y[1];
	x[2] = y[2];
}

/* 0.0.0.0 or :: */
static __always_inline int ip_is_unspecified(const ip_t *ip)
{
	return ip->w[3] == 0 && ip->w[1] == 0 && ip->w[0] == 0 && (ip->w[2] == 0 || ip->w[2] == IP4_MAPPED);
}

static __always_inline int mac_equal(const mac_t *a, const mac_t *b)
{
	return a->b[5] == b->b[5] && a->b[4] == b->b[4] && a->b[3] == b->b[3] && a->b[2] == b->b[2] &&
	       a->b[1] == b->b[1] && a->b[0] == b->b[0];
}

/* Broadcast or multicast. */
static __always_inline int mac_is_group(const mac_t *mac)
{
	return mac->b[0] & 1;
}

#endif
