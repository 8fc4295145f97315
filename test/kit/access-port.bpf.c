/* An access port of the lab's switch: frames from the machine get the VLAN's tag, frames of that VLAN lose it, others
 * do not pass. What a real switch does; in eBPF, since the kernel may have neither 8021q nor act_vlan.
 * Built once per VLAN with -DVLAN=<id>. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc/push")
int push(struct __sk_buff *skb)
{
	if (skb->vlan_present)
		return TC_ACT_SHOT;
	return bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), VLAN) == 0 ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("tc/pop")
int pop(struct __sk_buff *skb)
{
	if (!skb->vlan_present || (skb->vlan_tci & 0xfff) != VLAN)
		return TC_ACT_SHOT;
	return bpf_skb_vlan_pop(skb) == 0 ? TC_ACT_OK : TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
