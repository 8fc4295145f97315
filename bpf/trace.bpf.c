/* All programs that a frame from a workload, another host or a wire can meet, once more: see trace.h. Never attached. */
#define CABLE_TRACE
#include "slow.bpf.c"
#include "workload.bpf.c"
#include "overlay.bpf.c"
#include "uplink.bpf.c"
