/* The one way to drop, and the counters. */
#ifndef CABLE_DROP_H
#define CABLE_DROP_H

#include "kernel.h"
#include "maps.h"
#include "trace.h"

/* Drops and counts against a port, or against the host itself (0). */
static __always_inline int drop(vif_t vif, __u32 reason)
{
	struct vif_stats *counters = bpf_map_lookup_elem(&stats, &vif);

	note_numbers(TRACE_DROPPED, vif, reason, 0);
	/* In one register from the bound to the use: the verifier forgets it where the compiler keeps it on the stack. */
	asm volatile("" : "+r"(reason));
	if (!IS_TRACE && counters && reason < DROP_REASONS)
		counters->drops[reason]++;
	return TC_ACT_SHOT;
}

/* Per CPU, hence no atomics. */
static __always_inline void count_rx(vif_t vif, __u32 bytes)
{
	struct vif_stats *counters = bpf_map_lookup_elem(&stats, &vif);

	if (!IS_TRACE && counters) {
		counters->rx_packets++;
		counters->rx_bytes += bytes;
	}
}

static __always_inline void count_tx(vif_t vif, __u32 bytes)
{
	struct vif_stats *counters = bpf_map_lookup_elem(&stats, &vif);

	if (!IS_TRACE && counters) {
		counters->tx_packets++;
		counters->tx_bytes += bytes;
	}
}

static __always_inline void count_mirrored(vif_t vif, __u32 bytes)
{
	struct vif_stats *counters = bpf_map_lookup_elem(&stats, &vif);

	if (!IS_TRACE && counters) {
		counters->mirrored_packets++;
		counters->mirrored_bytes += bytes;
	}
}

static __always_inline void count_tapped(vif_t vif, __u32 bytes)
{
	struct vif_stats *counters = bpf_map_lookup_elem(&stats, &vif);

	if (!IS_TRACE && counters) {
		counters->tapped_packets++;
		counters->tapped_bytes += bytes;
	}
}

#endif
