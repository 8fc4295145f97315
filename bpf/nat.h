/* The new ends of a packet. */
#ifndef CABLE_NAT_H
#define CABLE_NAT_H

#include "kernel.h"

/* A packet's new ends; a member counts only with its bit of enum rewrite. */
struct nat {
	__be32 src4;
	__be32 dst4;
	__be16 src_port;
	__be16 dst_port;
};

#endif
