/* Ports that are given copies. */
#ifndef CABLE_TAP_H
#define CABLE_TAP_H

#include "deliver.h"

/* A machine's wire has others on it, who are not to have the copies; a subport's would need a tag. */
static __always_inline struct vif *open_tap(vif_t number)
{
	struct vif *vif = bpf_map_lookup_elem(&vifs, &number);

	return vif && vif->ifindex && vif->flags & VIF_ADMIN_UP && !vif->vlan && vif->kind != VIF_PHYSICAL ? vif : 0;
}

#endif
