/* Never loaded: gives gen-layout one object whose BTF holds every map and every type of shared.h. clang keeps only types
 * that something uses, hence the variable. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

struct {
	enum drop_reason drop_reason;
	enum vif_kind vif_kind;
	enum vif_flag vif_flag;
	enum uplink_flag uplink_flag;
	enum net_flag net_flag;
	enum target_kind target_kind;
	enum prefix_flag prefix_flag;
	enum rule_direction rule_direction;
	enum rule_flag rule_flag;
	enum router_flag router_flag;
	enum route_kind route_kind;
	enum ip_flag ip_flag;
	enum gateway_flag gateway_flag;
	enum mirror_direction mirror_direction;
	enum mirror_kind mirror_kind;
	enum rewrite rewrite;
	enum flow_flag flow_flag;
	enum trap_reason trap_reason;
	struct trap_header trap_header;
	enum trace_kind trace_kind;
	enum trace_flow trace_flow;
	enum trace_policy trace_policy;
	enum trace_choice trace_choice;
	struct trace trace;
} layout;
