/* To the agent: frames that its services answer. */
#ifndef CABLE_TRAP_H
#define CABLE_TRAP_H

#include "budget.h"
#include "deliver.h"
#include "parse.h"

/* Far above what a workload needs, far below what would keep an agent busy. */
#define TRAPS_PER_SECOND 1000
#define TRAPS_AT_ONCE 1000

struct trap_envelope {
	struct ethhdr eth;
	struct trap_header header;
} __attribute__((packed));

static __always_inline int take_trap(vif_t vif)
{
	return take_token(bpf_map_lookup_elem(&trap_budgets, &vif), TRAPS_PER_SECOND, TRAPS_AT_ONCE);
}

static __always_inline int trap(struct __sk_buff *skb, const struct origin *origin, const struct frame *frame, __u16 reason)
{
	struct settings *set = get_settings();
	struct trap_envelope envelope = {
		.eth.h_proto = frame->ethertype,
		.header = { .vif = origin->vif, .reason = reason, .length = skb->len },
	};

	if (!set || !set->trap_ifindex)
		return drop(origin->vif, DROP_INTERNAL);
	if (!take_trap(origin->vif))
		return drop(origin->vif, DROP_TRAP_LIMIT);
	if (bpf_skb_change_head(skb, sizeof(envelope), 0) || bpf_skb_store_bytes(skb, 0, &envelope, sizeof(envelope), 0))
		return drop(origin->vif, DROP_REDIRECT);
	note(TRACE_TRAPPED, step->number = reason);
	return bpf_redirect(set->trap_ifindex, 0);
}

#endif
