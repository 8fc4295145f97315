/* Security groups: what a port's groups let out, and in. A set of groups has its rules in `rules`; who is at the other end
 * is any address of its family, an endpoint of a set, or a class of addresses that rules name. */
#ifndef CABLE_POLICY_H
#define CABLE_POLICY_H

#include "decision.h"
#include "spoof.h"

#define RULE_PROTO_BITS (RULE_FIXED_BITS + 8)
#define RULE_PORT_BITS (RULE_FIXED_BITS + 24)
#define MLD_QUERY 130

/* A packet as the rules of one port look at it. */
struct question {
	set_t policy;
	set_t remote;     /* the other end's groups */
	__u8 direction;   /* enum rule_direction */
	__u8 proto;
	__be16 port;      /* the destination's; ICMP: type << 8 | code */
	__u32 has_port;   /* of a protocol that may have some */
	ip_t ip;          /* the other end */
};

static __always_inline struct rule *find_rule(const struct question *question, __u32 remote)
{
	struct rule_key key = {
		.prefix_length = question->has_port ? RULE_PORT_BITS : RULE_PROTO_BITS,
		.policy = question->policy,
		.remote = remote,
		.direction = question->direction | (ip_is4(&question->ip) ? 0 : RULE_IP6),
		.proto = question->proto,
		.port = question->port,
	};

	return bpf_map_lookup_elem(&rules, &key);
}

static __always_inline struct rule *find_class_rule(const struct question *question)
{
	struct class_key key = {
		.prefix_length = CLASS_FIXED_BITS + 128,
		.policy = question->policy,
		.direction = question->direction,
		.ip = question->ip,
	};
	struct class_entry *found = bpf_map_lookup_elem(&classes, &key);

	return found ? find_rule(question, REMOTE_CLASS | found->number) : 0;
}

/* Of two rules that let it pass, the one that lets its answers pass too. */
static __always_inline struct rule *better_rule(struct rule *a, struct rule *b)
{
	return !a || (b && b->flags & RULE_STATEFUL) ? b : a;
}

static __always_inline int is_settled(const struct rule *rule)
{
	return rule && rule->flags & RULE_STATEFUL;
}

/* The rule that lets it pass, or 0. */
static __always_inline struct rule *ask_rules(const struct question *question)
{
	struct rule *found = find_rule(question, REMOTE_ANY);

	if (!is_settled(found) && question->remote)
		found = better_rule(found, find_rule(question, REMOTE_SET | question->remote));
	return is_settled(found) ? found : better_rule(found, find_class_rule(question));
}

static __always_inline __be16 rule_port(const struct frame *frame)
{
	if (frame->key.proto == IPPROTO_ICMP || frame->key.proto == IPPROTO_ICMPV6)
		return bpf_htons(frame->icmp_type << 8 | frame->icmp_code);
	return frame->key.dst_port;
}

/* What every port may send and hear, whatever its groups say (neutron/agent/linux/iptables_firewall.py, and the ICMPv6
 * types of neutron_lib/constants.py): DHCP as a client, and what IPv6 needs to work at all. */
static __always_inline int is_always_allowed(const struct frame *frame)
{
	__be16 from = frame->key.src_port, to = frame->key.dst_port;

	if (frame->key.proto == IPPROTO_UDP)
		return (from == DHCP4_CLIENT && to == DHCP4_SERVER) || (from == DHCP4_SERVER && to == DHCP4_CLIENT) ||
		       (from == DHCP6_CLIENT && to == DHCP6_SERVER) || (from == DHCP6_SERVER && to == DHCP6_CLIENT);
	if (frame->key.proto != IPPROTO_ICMPV6 || !frame->l4_offset)
		return 0;
	return (frame->icmp_type >= MLD_QUERY && frame->icmp_type <= ND_NEIGHBOUR_ADVERTISEMENT) || frame->icmp_type == MLD2_REPORT;
}

/* The groups of whoever may hold an address that is nobody's own (neutron/db/securitygroups_rpc_base.py,
 * _select_ips_for_remote_group, counts address pairs among a member's addresses). */
static __always_inline set_t set_of_pair(net_t net, const ip_t *ip)
{
	struct pair_key key = { .prefix_length = PAIR_FIXED_BITS + 128, .net = net, .ip = *ip };
	struct pair *found = bpf_map_lookup_elem(&pairs, &key);

	return found && is_meant(found->flags, ip) ? found->set : 0;
}

/* The groups of an endpoint; 0 if it has none or is not known. */
static __always_inline set_t set_of(net_t net, const ip_t *ip)
{
	struct ip_key key = { .net = net, .ip = *ip };
	struct ip_entry *entry = bpf_map_lookup_elem(&ips, &key);

	return entry && !(entry->flags & IP_HELD) ? entry->set : set_of_pair(net, ip);
}

/* Whether `vif` may send this frame to the far end, or get it from there. `far_net`: where the far end is known.
 * Returns enum rule_flag, 0 = no. */
static __always_inline __u32 may_pass(const struct vif *vif, const struct frame *frame, __u8 direction, net_t far_net)
{
	struct question question = {
		.policy = vif->policy,
		.direction = direction,
		.proto = frame->key.proto,
		.port = rule_port(frame),
		.has_port = has_ports(frame),
		.ip = direction == RULE_EGRESS ? frame->key.dst : frame->key.src,
	};
	struct rule *rule;

	if (!vif->policy || is_always_allowed(frame)) {
		note_policy((vif->policy ? TRACE_POLICY_ALWAYS : TRACE_POLICY_NO_GROUPS) | direction << 8, 0, 0, 0);
		return RULE_STATEFUL;
	}
	question.remote = set_of(far_net, &question.ip);
	rule = ask_rules(&question);
	note_policy((rule ? TRACE_POLICY_RULE : TRACE_POLICY_NONE) | direction << 8, vif->policy, question.remote,
		    rule ? rule->tag : 0);
	return rule ? rule->flags : 0;
}

#endif
