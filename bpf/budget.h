/* What a port may have the agent do: so much a second, and as much at once. */
#ifndef CABLE_BUDGET_H
#define CABLE_BUDGET_H

#include "deliver.h"

#define NS_PER_SECOND 1000000000ull

/* Token bucket. Two CPUs may now and then spend the same token, which a limit of this kind can bear. */
static __always_inline int take_token(struct budget *budget, __u64 per_second, __u64 at_once)
{
	__u64 now = bpf_ktime_get_coarse_ns(), ns_per_token = NS_PER_SECOND / per_second;

	if (!budget)
		return 0;
	if (IS_TRACE)
		return budget->tokens || now >= budget->filled_ns + ns_per_token;
	/* Another CPU may have filled it after this one looked at the clock. */
	if (now >= budget->filled_ns + ns_per_token) {
		budget->tokens += (now - budget->filled_ns) / ns_per_token;
		if (budget->tokens > at_once)
			budget->tokens = at_once;
		budget->filled_ns = now;
	}
	if (!budget->tokens)
		return 0;
	budget->tokens--;
	return 1;
}

#endif
