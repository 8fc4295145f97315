/* The explaining build (trace.bpf.c): the very sources, run on one packet by BPF_PROG_TEST_RUN, note what it meets and change
 * nothing. Helpers that would are other ones here, so that a new use of one cannot be forgotten; what is written through a
 * pointer asks IS_TRACE. In the programs that forward, all of it compiles to nothing. */
#ifndef CABLE_TRACE_H
#define CABLE_TRACE_H

#include "maps.h"

/* note(TRACE_LOCAL, step->vif = number): a step, and statements that fill it in. */
#define note(kind_, ...) \
	do { \
		struct trace_step *step = next_step(kind_); \
		if (step) { \
			__VA_ARGS__; \
		} \
	} while (0)

#ifdef CABLE_TRACE
#define IS_TRACE 1

#define EEXIST 17
#define ENOENT 2

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trace);
} traces SEC(".maps");

static __always_inline struct trace *get_trace(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&traces, &zero);
}

static __attribute__((noinline)) struct trace_step *next_step(__u32 kind)
{
	struct trace *trace = get_trace();
	struct trace_step *step;
	__u32 at;

	if (!trace)
		return 0;
	at = trace->length++;
	if (at >= TRACE_STEPS)
		return 0;
	step = &trace->steps[at];
	step->kind = kind;
	return step;
}

/* The same for steps of numbers only. A global function: the verifier looks at it once, and not for each place and each
 * way there, which the largest programs could not bear (kernel 6.1 ends at a million instructions). */
__attribute__((noinline)) int note_numbers(__u32 kind, vif_t vif, __u32 number, __u32 tag)
{
	note(kind, step->vif = vif; step->number = number; step->tag = tag);
	return 0;
}

/* `what`: enum trace_policy, and << 8 enum rule_direction. Likewise. */
__attribute__((noinline)) int note_policy(__u32 what, set_t policy, __u32 remote, __u32 tag)
{
	note(TRACE_POLICY, step->number = what & 0xff; step->direction = what >> 8; step->policy = policy;
	     step->remote = remote; step->tag = tag);
	return 0;
}

/* Whether the flow table had room for one entry more than this packet has made already: so many are put in and taken out
 * again at once, under keys that no packet has, with whatever value: an empty one of its own had no room on the stack. */
static __attribute__((noinline)) long would_fill(void)
{
	struct trace *trace = get_trace();
	struct flow_key probe = {};
	long failed = 0;

	if (!trace)
		return 0;
	trace->new_flows++;
	for (__u32 i = 1; i <= 2; i++) {
		probe.src.w[0] = i;
		if (i <= trace->new_flows && bpf_map_update_elem(&flows, &probe, trace->steps, BPF_NOEXIST))
			failed = -E2BIG;
	}
	for (__u32 i = 1; i <= 2; i++) {
		probe.src.w[0] = i;
		bpf_map_delete_elem(&flows, &probe);
	}
	return failed;
}

/* Entries that this packet would have made so far. */
static __always_inline __u64 pending_flows(void)
{
	struct trace *trace = get_trace();

	return trace ? trace->new_flows : 0;
}

static __always_inline long would_update(void *map, const void *key, const void *value, __u64 flags)
{
	int is_there = bpf_map_lookup_elem(map, key) != 0;

	(void)value;
	if (flags == BPF_NOEXIST && is_there)
		return -EEXIST;
	if (flags == BPF_EXIST && !is_there)
		return -ENOENT;
	return map == (void *)&flows && !is_there ? would_fill() : 0;
}

static __always_inline long would_copy(struct __sk_buff *skb, __u32 ifindex)
{
	(void)skb;
	note_numbers(TRACE_COPIED, 0, ifindex, 0);
	return 0;
}

static __always_inline long would_send(__u32 ifindex)
{
	note_numbers(TRACE_SENT, 0, ifindex, 0);
	return TC_ACT_REDIRECT;
}

#define bpf_map_update_elem(map, key, value, flags) would_update(map, key, value, flags)
#define bpf_map_delete_elem(map, key) ((void)(key), 0)
#define bpf_clone_redirect(skb, ifindex, flags) would_copy(skb, ifindex)
#define bpf_redirect(ifindex, flags) would_send(ifindex)
#define bpf_redirect_peer(ifindex, flags) would_send(ifindex)

#else
#define IS_TRACE 0

static __always_inline __u64 pending_flows(void)
{
	return 0;
}

static __always_inline struct trace_step *next_step(__u32 kind)
{
	(void)kind;
	return 0;
}

static __always_inline void note_numbers(__u32 kind, vif_t vif, __u32 number, __u32 tag)
{
	(void)kind, (void)vif, (void)number, (void)tag;
}

static __always_inline void note_policy(__u32 what, set_t policy, __u32 remote, __u32 tag)
{
	(void)what, (void)policy, (void)remote, (void)tag;
}
#endif

#endif
