/* The slow programs behind tail calls, and what is handed to them in skb->cb. Tail calls keep the fast path small: no
 * direct packet writes there, so that the verifier puts no "unclone" in front of it, and little stack. */
#ifndef CABLE_TAILS_H
#define CABLE_TAILS_H

#include "drop.h"

enum tail { TAIL_FROM_PORT, TAIL_FROM_OUTSIDE, TAIL_FLOOD, TAIL_TOO_BIG, TAIL_ROUTE, TAIL_COMMIT, TAIL_REFUSE,
	    TAIL_LEAVE, TAIL_ASK, TAIL_SERVICE, TAIL_MIRROR_IN, TAIL_MIRROR_OUT, TAILS };

/* Where a frame came in. */
struct origin {
	__u32 ingress; /* as in flow_key */
	net_t net;
	vif_t vif;     /* 0 = from outside */
};

enum cb { CB_INGRESS, CB_NET, CB_VIF, CB_FLOOD, CB_CURSOR, CB_RECEIVER = CB_CURSOR };

#ifdef CABLE_TAIL_VALUES
int from_port(struct __sk_buff *skb);
int from_outside(struct __sk_buff *skb);
int flood(struct __sk_buff *skb);
int too_big(struct __sk_buff *skb);
int route(struct __sk_buff *skb);
int commit(struct __sk_buff *skb);
int refuse(struct __sk_buff *skb);
int leave(struct __sk_buff *skb);
int ask(struct __sk_buff *skb);
int service(struct __sk_buff *skb);
int mirror_in(struct __sk_buff *skb);
int mirror_out(struct __sk_buff *skb);
#endif

/* Pinned, so that the kernel does not empty it when the agent's last descriptor is closed. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, TAILS);
#if !IS_TRACE
	__uint(pinning, LIBBPF_PIN_BY_NAME);
#endif
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} tails SEC(".maps")
#ifdef CABLE_TAIL_VALUES
	= {
		.values = {
			[TAIL_FROM_PORT] = (void *)&from_port,
			[TAIL_FROM_OUTSIDE] = (void *)&from_outside,
			[TAIL_FLOOD] = (void *)&flood,
			[TAIL_TOO_BIG] = (void *)&too_big,
			[TAIL_ROUTE] = (void *)&route,
			[TAIL_COMMIT] = (void *)&commit,
			[TAIL_REFUSE] = (void *)&refuse,
			[TAIL_LEAVE] = (void *)&leave,
			[TAIL_ASK] = (void *)&ask,
			[TAIL_SERVICE] = (void *)&service,
			[TAIL_MIRROR_IN] = (void *)&mirror_in,
			[TAIL_MIRROR_OUT] = (void *)&mirror_out,
		},
	}
#endif
;

/* Returns only if there is no such program. */
static __always_inline int tail(struct __sk_buff *skb, const struct origin *origin, __u32 program)
{
	skb->cb[CB_INGRESS] = origin->ingress;
	skb->cb[CB_NET] = origin->net;
	skb->cb[CB_VIF] = origin->vif;
	bpf_tail_call_static(skb, &tails, program);
	return drop(origin->vif, DROP_INTERNAL);
}

static __always_inline struct origin origin_of(struct __sk_buff *skb)
{
	return (struct origin){ skb->cb[CB_INGRESS], skb->cb[CB_NET], skb->cb[CB_VIF] };
}

enum flood_to {
	FLOOD_LOCALS = 1,
	FLOOD_REMOTES = 2,
	FLOOD_WIRE = 4,
	FLOOD_TELL = 8 /* and the agent: TRAP_HOLDER */
};

static __always_inline int flood_to(struct __sk_buff *skb, const struct origin *origin, __u32 to)
{
	skb->cb[CB_FLOOD] = to;
	skb->cb[CB_CURSOR] = 0;
	return tail(skb, origin, TAIL_FLOOD);
}

static __always_inline int is_outside(const struct origin *origin)
{
	return origin->vif == 0;
}

static __always_inline int is_from_tunnel(const struct origin *origin)
{
	return (origin->ingress & FLOW_WIRE) == FLOW_TUNNEL;
}

static __always_inline int is_from_wire(const struct origin *origin)
{
	return (origin->ingress & FLOW_WIRE) == FLOW_WIRE;
}

/* A provider network without a tag shares the card with the host itself: what no port claims is the host's. */
static __always_inline int is_shared_with_host(const struct origin *origin)
{
	return (origin->ingress & FLOW_WIRE) == FLOW_WIRE && (origin->net & VLAN_ID_MASK) == 0;
}

#endif
