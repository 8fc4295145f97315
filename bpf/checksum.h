/* Checksums of a packet that a device is still to fill in. */
#ifndef CABLE_CHECKSUM_H
#define CABLE_CHECKSUM_H

#include "parse.h"

/* Where in the quoted transport header the checksum is; 0 = unknown. */
static __always_inline __u32 checksum_offset(__u8 proto)
{
	return proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 0;
}

/* Whether the frame's checksum is still to be filled in by a device (CHECKSUM_PARTIAL), which programs cannot see, but
 * for this: such a frame cannot be cut before the place of that checksum. Cuts the frame if it is not.
 * It matters, since the device will write into what was quoted, after our own checksum was computed over it. */
static __always_inline int is_checksum_pending(struct __sk_buff *skb, const struct frame *frame)
{
	/* Who cuts a packet has filled it in before. */
	return !(frame->marks & FRAME_FRAGMENT) && checksum_offset(frame->key.proto) &&
	       bpf_skb_change_tail(skb, frame->l4_offset + 2, 0) != 0;
}

#endif
