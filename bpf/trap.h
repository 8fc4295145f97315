/* To the agent: frames that its services answer. */
#ifndef CABLE_TRAP_H
#define CABLE_TRAP_H

#include "deliver.h"
#include "parse.h"

/* Far above what a workload needs, far below what would keep an agent busy. */
#define TRAPS_PER_SECOND 1000
#define TRAPS_AT_ONCE 1000
#define NS_PER_TRAP (1000000000ull / TRAPS_PER_SECOND)

struct trap_envelope {
	struct ethhdr eth;
	struct trap_header header;
} __attribute__((packed));

/* Token bucket. Two CPUs may now and then spend the same token, which a limit of this kind can bear. */
static __always_inline int take_trap(vif_t vif)
{
	struct trap_budget *budget = bpf_map_lookup_elem(&trap_budgets, &vif);
	__u64 now = bpf_ktime_get_coarse_ns();

	if (!budget)
		return 0;
	if (IS_TRACE)
		return budget->tokens || now >= budget->filled_ns + NS_PER_TRAP;
	/* Another CPU may have filled it after this one looked at the clock. */
	if (now >= budget->filled_ns + NS_PER_TRAP) {
		budget->tokens += (now - budget->filled_ns) / NS_PER_TRAP;
		if (budget->tokens > TRAPS_AT_ONCE)
			budget->tokens = TRAPS_AT_ONCE;
		budget->filled_ns = now;
	}
	if (!budget->tokens)
		return 0;
	budget->tokens--;
	return 1;
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
