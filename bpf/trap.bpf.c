/* tc ingress of pkt0: what the agent's services send to workloads, and to wires. Takes the envelope off (see struct trap_header). */
#include "trap.h"

static __always_inline __u32 packet_type(const struct ethhdr *eth)
{
	if (!(eth->h_dest[0] & 1))
		return PACKET_HOST;
	return (eth->h_dest[0] & eth->h_dest[1] & eth->h_dest[2] & eth->h_dest[3] & eth->h_dest[4] & eth->h_dest[5]) == 0xff
		       ? PACKET_BROADCAST
		       : PACKET_MULTICAST;
}

SEC("tc")
int untrap(struct __sk_buff *skb)
{
	struct trap_envelope envelope;
	struct ethhdr eth;
	struct origin nobody = {};
	struct vif *vif = 0;
	vif_t number;

	if (bpf_skb_load_bytes(skb, 0, &envelope, sizeof(envelope)) ||
	    bpf_skb_load_bytes(skb, sizeof(envelope), &eth, sizeof(eth)))
		return drop(0, DROP_TRUNCATED);
	number = envelope.header.vif;
	if (number)
		vif = bpf_map_lookup_elem(&vifs, &number);
	if (number ? !vif || !vif->ifindex : !envelope.header.wire)
		return drop(0, DROP_VIF_UNKNOWN);
	if (envelope.header.length != skb->len - sizeof(envelope))
		return drop(number, envelope.header.length > skb->len - sizeof(envelope) ? DROP_TRUNCATED : DROP_MALFORMED);
	/* Cuts behind the outer Ethernet header, which then becomes the inner one. Refused for anything but IP. */
	if (bpf_skb_adjust_room(skb, -(__s32)sizeof(envelope), BPF_ADJ_ROOM_MAC, 0) ||
	    bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0))
		return drop(number, DROP_MALFORMED);
	if (!vif)
		return deliver_wire(skb, &nobody, envelope.header.wire);
	count_tx(number, skb->len);
	mirror_delivery(skb, vif, number, packet_type(&eth));
	/* The kernel still takes it for IP, and redirect_peer would let it; a veth's own way looks again. */
	if (vif->kind == VIF_VETH && eth.h_proto == bpf_htons(ETH_P_ARP))
		return bpf_redirect(vif->ifindex, 0);
	return send_to_vif(skb, vif, packet_type(&eth));
}
