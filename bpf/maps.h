/* The maps that all programs share, each pinned by its name. Sizes are defaults; the driver overrides them at load. */
#ifndef CABLE_MAPS_H
#define CABLE_MAPS_H

#include "shared.h"

#define MAP(name_, type_, key_, value_, entries_) \
	struct { \
		__uint(type, type_); \
		__uint(max_entries, entries_); \
		__uint(pinning, LIBBPF_PIN_BY_NAME); \
		__type(key, key_); \
		__type(value, value_); \
	} name_ SEC(".maps")

/* Allocated on demand: they are large enough for the worst case and mostly empty. */
#define SPARSE_MAP(name_, type_, key_, value_, entries_) \
	struct { \
		__uint(type, type_); \
		__uint(max_entries, entries_); \
		__uint(map_flags, BPF_F_NO_PREALLOC); \
		__uint(pinning, LIBBPF_PIN_BY_NAME); \
		__type(key, key_); \
		__type(value, value_); \
	} name_ SEC(".maps")

MAP(settings, BPF_MAP_TYPE_ARRAY, __u32, struct settings, 1);
MAP(vifs, BPF_MAP_TYPE_ARRAY, vif_t, struct vif, 4096);
MAP(stats, BPF_MAP_TYPE_PERCPU_ARRAY, vif_t, struct vif_stats, 4096);
MAP(trap_budgets, BPF_MAP_TYPE_ARRAY, vif_t, struct budget, 4096);
MAP(service_budgets, BPF_MAP_TYPE_ARRAY, vif_t, struct budget, 4096);
SPARSE_MAP(limits, BPF_MAP_TYPE_HASH, struct meter_key, struct limit, 65536);
MAP(meters, BPF_MAP_TYPE_LRU_HASH, struct meter_key, struct meter, 16384);
SPARSE_MAP(ifaces, BPF_MAP_TYPE_HASH, struct iface_key, vif_t, 4096);
SPARSE_MAP(subports, BPF_MAP_TYPE_HASH, struct subport_key, vif_t, 4096);
SPARSE_MAP(attachments, BPF_MAP_TYPE_HASH, struct attachment_key, vif_t, 4096);
SPARSE_MAP(uplinks, BPF_MAP_TYPE_HASH, struct uplink_key, struct uplink, 4096);
SPARSE_MAP(nets, BPF_MAP_TYPE_HASH, net_t, struct net, 16384);
SPARSE_MAP(macs, BPF_MAP_TYPE_HASH, struct mac_key, struct target, 262144);
SPARSE_MAP(ips, BPF_MAP_TYPE_HASH, struct ip_key, struct ip_entry, 524288);
SPARSE_MAP(pairs, BPF_MAP_TYPE_LPM_TRIE, struct pair_key, struct pair, 65536);
SPARSE_MAP(members, BPF_MAP_TYPE_HASH, struct member_key, struct member, 262144);
SPARSE_MAP(sets, BPF_MAP_TYPE_HASH, struct set_key, struct set_entry, 65536);
SPARSE_MAP(rules, BPF_MAP_TYPE_LPM_TRIE, struct rule_key, struct rule, 1048576);
SPARSE_MAP(classes, BPF_MAP_TYPE_LPM_TRIE, struct class_key, struct class_entry, 262144);
MAP(routers, BPF_MAP_TYPE_ARRAY, router_t, struct router, 4096);
SPARSE_MAP(router_ports, BPF_MAP_TYPE_HASH, struct router_port_key, struct router_port, 16384);
SPARSE_MAP(routes, BPF_MAP_TYPE_LPM_TRIE, struct route_key, struct route, 65536);
SPARSE_MAP(ways, BPF_MAP_TYPE_HASH, struct way_key, struct route, 65536);
SPARSE_MAP(gateways, BPF_MAP_TYPE_HASH, router_t, struct gateway, 4096);
SPARSE_MAP(floatings, BPF_MAP_TYPE_HASH, struct ip_key, struct floating, 65536);
SPARSE_MAP(fixeds, BPF_MAP_TYPE_HASH, struct fixed_key, struct fixed, 65536);
SPARSE_MAP(forwards, BPF_MAP_TYPE_LPM_TRIE, struct forward_key, struct forward, 65536);
SPARSE_MAP(balancers, BPF_MAP_TYPE_HASH, struct balancer_key, struct balancer, 65536);
SPARSE_MAP(backends, BPF_MAP_TYPE_HASH, struct backend_key, struct backend, 524288);
SPARSE_MAP(backings, BPF_MAP_TYPE_HASH, struct backing_key, struct backing, 524288);
MAP(affinities, BPF_MAP_TYPE_LRU_HASH, struct affinity_key, struct affinity, 16384);
MAP(leases, BPF_MAP_TYPE_ARRAY, __u32, struct lease, 1);
MAP(neighbours, BPF_MAP_TYPE_LRU_HASH, struct ip_key, struct neighbour, 4096);
SPARSE_MAP(mirrors, BPF_MAP_TYPE_HASH, struct mirror_key, struct mirror, 16384);
SPARSE_MAP(taps, BPF_MAP_TYPE_HASH, struct tap_key, struct tap, 4096);
MAP(askings, BPF_MAP_TYPE_LRU_HASH, struct ip_key, struct asking, 4096);
SPARSE_MAP(sources, BPF_MAP_TYPE_LPM_TRIE, struct source_key, struct source, 65536);
SPARSE_MAP(peers, BPF_MAP_TYPE_HASH, struct peer_key, struct peer, 262144);
MAP(service_clients, BPF_MAP_TYPE_LRU_HASH, struct service_key, struct service_client, 65536);
/* Preallocated, so that a packet never waits for memory; never LRU, so that new flows cannot push out old ones. */
MAP(flows, BPF_MAP_TYPE_HASH, struct flow_key, struct flow, 262144);
SPARSE_MAP(fragments, BPF_MAP_TYPE_HASH, struct fragment_key, struct fragment, 65536);
MAP(flow_counts, BPF_MAP_TYPE_ARRAY, __u32, struct flow_count, FLOW_SENDERS + FLOW_BUCKETS);
MAP(flow_aged, BPF_MAP_TYPE_ARRAY, __u32, struct flow_aged, FLOW_SENDERS + FLOW_BUCKETS);

#endif
