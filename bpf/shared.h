/* Everything that crosses between the data plane and the agent: map keys and values, enums, the trap header.
 * The one definition: `./cable gen` reads its BTF and writes layout.gen.ts. Rules: fixed-width fields, explicit padding
 * that is always zero, no unions, no bit fields, meaning in the typedef. An address is 16 bytes in network order, IPv4
 * mapped (::ffff:a.b.c.d). Changing a layout means a new CABLE_LAYOUT, which is part of every pin's path.
 * Long because all of it is one compilation unit of the generator, and its parts use each other's types. */
#ifndef CABLE_SHARED_H
#define CABLE_SHARED_H

#define CABLE_LAYOUT 3

typedef struct { __be32 w[4]; } ip_t;
typedef struct { __u8 b[6]; } mac_t;
/* A network on this host: the VNI for vxlan; NET_LOCAL | uplink slot << 12 | VLAN (0 = untagged) for vlan and flat. */
typedef __u32 net_t;
/* A local port's number on this host, from 1, given by the agent and kept over its restarts. 0 = no port. */
typedef __u32 vif_t;
/* A set of security groups: what an endpoint belongs to, and whose rules hold for a port. The number is this host's own,
 * kept over restarts in `sets`. 0 = none: of an endpoint, no group; of a port, no rules, and everything passes. */
typedef __u32 set_t;
/* A router's number on this host, from 1, likewise kept. */
typedef __u32 router_t;

#define NET_LOCAL 0x01000000u

enum drop_reason {
	DROP_NONE = 0,
	DROP_TRUNCATED,          /* shorter than its own headers say */
	DROP_MALFORMED,          /* a header that contradicts itself */
	DROP_CHECKSUM,           /* an IPv4 header whose checksum is wrong */
	DROP_SOURCE_ROUTE,       /* wants to choose its own way: IPv4's source routing, IPv6's routing header 0 */
	DROP_MARTIAN,            /* from or to an address that nobody has on a network, or from its own destination */
	DROP_TCP_FLAGS,          /* flags that no TCP sends together */
	DROP_FRAGMENT_SHORT,     /* a first fragment without all of its packet's headers */
	DROP_FRAGMENT_OVERLAP,   /* a later fragment that reaches back into the first */
	DROP_FRAGMENT_ALONE,     /* a later fragment whose first has not come this way */
	DROP_VIF_UNKNOWN,        /* a device or VLAN that no port hangs on */
	DROP_VIF_DOWN,           /* admin_state_up is false */
	DROP_SPOOFED_MAC,        /* source MAC not the port's */
	DROP_SPOOFED_IP,         /* source address not the port's */
	DROP_SPOOFED_ARP,        /* sender in an ARP packet not the port's */
	DROP_SPOOFED_ND,         /* target or source in an ND packet not the port's */
	DROP_ETHERTYPE,          /* not IPv4, IPv6 or ARP, and port security is on */
	DROP_VLAN_TAG,           /* a tag from a workload that has no trunk, or no subport with it */
	DROP_DHCP_SERVER,        /* a workload plays DHCP server */
	DROP_ROUTER_ADVERT,      /* a workload plays router */
	DROP_NETWORK_UNKNOWN,    /* a VNI or VLAN that this host has no part in */
	DROP_TUNNEL_STRANGER,    /* VXLAN from an address that is no host of the network */
	DROP_TUNNEL_HEADER,      /* tunnel metadata missing or of the wrong kind */
	DROP_DST_UNKNOWN,        /* unicast to a MAC that no endpoint has */
	DROP_ARP_UNKNOWN,        /* ARP request for an address that no endpoint has */
	DROP_ND_UNKNOWN,         /* neighbour solicitation likewise */
	DROP_HAIRPIN,            /* would leave where it came in */
	DROP_REMOTE_TO_REMOTE,   /* came by a tunnel and would leave by one */
	DROP_TOO_BIG,            /* larger than the network's MTU; answered with packet-too-big */
	DROP_TTL,                /* its hops are used up; answered with time exceeded */
	DROP_POLICY_EGRESS,      /* no rule of the sender's security groups lets it out */
	DROP_POLICY_INGRESS,     /* no rule of the receiver's security groups lets it in */
	DROP_NO_ROUTE,           /* its router knows no way there; answered with unreachable */
	DROP_HOST_UNKNOWN,       /* its router is in the network, but no endpoint has the address; likewise */
	DROP_ROUTER_DOWN,        /* admin_state_up of the router is false */
	DROP_TO_ROUTER,          /* to the router itself, and no echo request */
	DROP_NO_GATEWAY,         /* to the outside, and no host is its router's gateway now */
	DROP_NO_PROXY,           /* from outside to an inner IPv6 address, of a router that lets in proxied ones only */
	DROP_NEIGHBOUR_UNKNOWN,  /* the next hop outside, or who holds an address of his pairs, has not told yet; he was asked */
	DROP_NO_BACKEND,         /* to a balancer with nobody behind it; answered with RST or unreachable */
	DROP_NAT_PORTS,          /* no port left under which its sender could be told apart outside */
	DROP_COPY,               /* a mirrored copy: its tap port is down or gone, or the kernel refused it */
	DROP_RATE_EGRESS,        /* the sender's QoS policy: more bytes than it may send */
	DROP_RATE_INGRESS,       /* the receiver's QoS policy: more bytes than it may be sent */
	DROP_PACKET_RATE_EGRESS, /* likewise packets */
	DROP_PACKET_RATE_INGRESS,
	DROP_FLOW_TABLE_FULL,    /* no room for a new flow */
	DROP_FLOW_QUOTA,         /* whoever asked, or is asked from outside, has as many flows as one may have */
	DROP_MEMBERS_FULL,       /* more members than one broadcast may reach */
	DROP_TRAP_LIMIT,         /* more traps than the port may cause */
	DROP_SERVICE_LIMIT,      /* more questions than the port may ask the service */
	DROP_REDIRECT,           /* the kernel refused to send */
	DROP_INTERNAL,           /* a map or tail call that must be there was not */
	DROP_REASONS             /* how many */
};

enum vif_kind {
	VIF_TAP = 1,
	VIF_VETH = 2,
	VIF_PHYSICAL = 3,
	VIF_SUBPORT = 4 /* of a trunk: behind a tag on the device of its parent */
};
enum vif_flag {
	VIF_ADMIN_UP = 1,
	VIF_PORT_SECURITY = 2, /* check sources against `sources` */
	VIF_DHCP4 = 4,         /* trap DHCP requests; else they are flooded like any broadcast */
	VIF_RA = 8,            /* trap router solicitations likewise */
	VIF_DHCP6 = 16,        /* trap DHCPv6 requests likewise */
	VIF_METER_IN = 32,     /* `limits` says how much it may be sent */
	VIF_METER_OUT = 64,    /* and send */
	VIF_MIRROR_IN = 128,   /* what it gets is copied as `mirrors` says */
	VIF_MIRROR_OUT = 256,  /* what it sends is */
	VIF_MARK = 512,        /* what it sends gets `dscp` */
	VIF_HOST = 1024        /* the host itself: the groups of its own workloads let it in */
};

/* vifs[vif]: array, so that a flow entry can name a port by number. */
struct vif {
	net_t net;
	__u32 ifindex; /* 0 = slot not in use */
	__u32 flags;   /* enum vif_flag */
	__u16 kind;    /* enum vif_kind */
	__u16 vlan;    /* physical, subport: tag on the wire, 0 = untagged */
	mac_t mac;
	__u8 dscp;
	__u8 pad;
	set_t policy;  /* whose rules hold; 0 = everything passes */
};

/* ifaces[ifindex]: hash; workload devices with one port behind them (tap, veth). */
struct iface_key { __u32 ifindex; };

/* subports{ifindex, vlan}: hash; what is behind a tag on a workload's device. */
struct subport_key { __u32 ifindex; __u16 vlan; __u16 pad; };

/* attachments{ifindex, vlan, mac}: hash; physical machines behind a card. The mac is the source of what they send. */
struct attachment_key { __u32 ifindex; __u16 vlan; mac_t mac; };

/* uplinks{ifindex, vlan}: hash; the network a tag on a card belongs to: a provider network's own, or the network that
 * physical machines behind that tag are joined to. */
struct uplink_key { __u32 ifindex; __u16 vlan; __u16 pad; };
struct uplink {
	net_t net;
	__u32 flags; /* enum uplink_flag */
};
enum uplink_flag {
	UPLINK_PROVIDER = 1, /* the wire is the network: unknown unicast and ARP go out, endpoints elsewhere are on it */
	UPLINK_MACHINES = 2  /* only the machines in `attachments` are there */
};

enum net_flag {
	NET_PROVIDER = 1,  /* vlan or flat: `ifindex` and `vlan` say where */
	NET_MOVABLE = 2    /* some endpoint has address pairs: unknown ARP and ND go to the members */
};
struct net {
	__u32 flags;   /* enum net_flag */
	__u32 mtu;     /* bytes of an IP packet */
	__u32 ifindex; /* provider: the card */
	__u16 vlan;    /* provider: the tag, 0 = untagged */
	__u16 locals;  /* members{net, 0 .. locals-1} are ports of this host */
	__u16 remotes; /* members{net, MEMBER_REMOTE .. MEMBER_REMOTE+remotes-1} are hosts */
	__u16 pad[3];
};

enum target_kind { TARGET_LOCAL = 1, TARGET_REMOTE = 2, TARGET_WIRE = 3, TARGET_ROUTER = 4 };
/* Where an endpoint is. */
struct target {
	__u32 kind;    /* enum target_kind */
	vif_t vif;     /* local: the port; router: its number */
	ip_t remote;   /* remote: tunnel address of its host */
};

/* macs{net, mac}: hash; the switch's table. */
struct mac_key { net_t net; mac_t mac; __u16 pad; };

/* ips{net, ip}: hash; who has an address: for ARP, ND and (later) routing and groups. */
struct ip_key { net_t net; ip_t ip; };
struct ip_entry {
	struct target target;
	mac_t mac;
	__u16 flags; /* enum ip_flag */
	set_t set;
};
enum ip_flag {
	IP_ANSWERED = 1, /* an address outside that is this host's work: the wire's questions are answered */
	IP_LEASED = 2,   /* another host would take it over: only while the lease lasts */
	IP_HELD = 4      /* of the holder's address pairs, and another may take it: probes go to him, groups are as in `pairs` */
};

/* leases[0]: array; renewed by the agent while it lives. */
struct lease { __u64 until_ns; /* CLOCK_MONOTONIC */ };

/* Of prefixes that say what they are for: ::/0 and its like are around the mapped addresses, and do not mean them. */
enum prefix_flag { PREFIX_IP6 = 1 };

/* pairs{net, prefix}: LPM; whose groups the addresses of address pairs count as, where `ips` does not say it. Of several
 * endpoints that may hold an address the set is of the groups of all of them. Holders without groups are here with set 0: who
 * holds such an address is asked for. */
#define PAIR_FIXED_BITS 32
struct pair_key {
	__u32 prefix_length;
	net_t net;
	ip_t ip;
};
struct pair {
	set_t set;
	__u32 flags; /* enum prefix_flag */
};

/* sets{name}: hash; the numbers given out. The name is the first half of the SHA-256 of the set's group ids, sorted. */
struct set_key { __u32 name[4]; };
struct set_entry { set_t number; };

/* Who is at the other end, as rules see it: anybody, an endpoint of a set, or a class of addresses. */
#define REMOTE_ANY 1u
#define REMOTE_SET 0x40000000u
#define REMOTE_CLASS 0x80000000u
enum rule_direction { RULE_INGRESS = 1, RULE_EGRESS = 2 };
/* Beside the direction: the rule is of IPv6, not IPv4. */
#define RULE_IP6 4

/* rules{policy, remote, direction, protocol, port}: LPM; what passes. RULE_FIXED_BITS = any protocol, + 8 = any port,
 * + 8 + n = the ports that begin with these n bits. ICMP: the port is type << 8 | code. Any match lets pass. */
#define RULE_FIXED_BITS 72
struct rule_key {
	__u32 prefix_length;
	set_t policy;
	__u32 remote;
	__u8 direction; /* enum rule_direction, RULE_IP6 */
	__u8 proto;
	__be16 port;
};
enum rule_flag {
	RULE_STATEFUL = 1, /* its answers pass too */
	RULE_STATELESS = 2 /* its answers need a rule of their own */
};
struct rule {
	__u32 flags; /* enum rule_flag, of every rule that this entry stands for */
	__u32 tag;   /* the first 32 bits of a rule's id, to tell which it was */
};

/* classes{policy, direction, prefix}: LPM; the addresses that rules name. The longest prefix counts; rules of the shorter
 * ones around it are repeated in its class. */
#define CLASS_FIXED_BITS 64
struct class_key {
	__u32 prefix_length;
	set_t policy;
	__u32 direction; /* enum rule_direction */
	ip_t ip;
};
struct class_entry { __u32 number; };

/* routers[number]: array. */
enum router_flag { ROUTER_UP = 1 };
struct router {
	__u32 flags; /* enum router_flag */
	__u32 id[4]; /* its UUID, so that it keeps its number; all 0 = slot not in use */
};

/* router_ports{router, net}: hash; a router's own end in a network. */
struct router_port_key { router_t router; net_t net; };
struct router_port {
	mac_t mac;
	__u16 pad;
	__be32 ip4; /* 0 = none; the source of what it has to say */
	ip_t ip6;   /* :: = none */
};

/* routes{router, prefix}: LPM; ROUTE_FIXED_BITS + 96 + length for IPv4, ROUTE_FIXED_BITS + length for IPv6. */
#define ROUTE_FIXED_BITS 32
struct route_key {
	__u32 prefix_length;
	router_t router;
	ip_t ip;
};
enum route_kind { ROUTE_CONNECTED = 1, ROUTE_VIA = 2, ROUTE_OUTSIDE = 3, ROUTE_SHARED = 4 };
struct route {
	__u32 kind;    /* enum route_kind */
	net_t net;     /* the network it leads into; outside: that of the router's gateway; shared: 0 */
	ip_t next_hop; /* via: an address there; outside: likewise, or :: for a destination that is itself there */
	__u32 ways;    /* shared: how many `ways` there are under this prefix */
	__u32 prefix_length; /* shared: its own, and `next_hop` is its address */
};

/* ways{router, prefix, index}: hash; what a destination with several next hops has, each as its own route. */
#define WAYS_MAX 32
struct way_key {
	router_t router;
	__u32 prefix_length; /* as in route_key */
	ip_t ip;
	__u32 index;
};

/* gateways{router}: hash; its way to the external network. */
enum gateway_flag {
	GATEWAY_HERE = 1, /* this host is the way; else `remote` is */
	GATEWAY_SNAT = 2, /* who has no floating IP leaves as `ip4` */
	GATEWAY_OWN = 4,  /* `ip4` and `mac` are this host's own, for its workloads' IPv4; the rest goes to `remote` */
	GATEWAY_PROXIED = 8 /* from outside IPv6 gets in to the addresses that the wire is answered for, and as an answer */
};
struct gateway {
	__u32 flags;   /* enum gateway_flag */
	net_t net;     /* the external network; 0 = this host has no card on it */
	ip_t remote;   /* tunnel address of the host that is the way; :: = none is */
	mac_t mac;     /* its own end outside */
	__u16 pad;
	__be32 ip4;    /* 0 = none */
	ip_t ip6;      /* :: = none */
	__u32 mtu;     /* of the external network */
};

/* floatings{net, ip}: hash; an external address that is one of a port here or behind this gateway. */
struct floating {
	router_t router;
	__be32 fixed;
};

/* fixeds{router, ip}: hash; the other way round. */
struct fixed_key { router_t router; __be32 ip; };
struct fixed {
	__be32 ip;
	mac_t mac;
	__u16 pad;
};

/* forwards{net, ip, protocol, port}: LPM; ports of an external address that are ports of an inner one. FORWARD_FIXED_BITS
 * + n = the ports that begin with these n bits. */
#define FORWARD_FIXED_BITS 80
struct forward_key {
	__u32 prefix_length;
	net_t net;
	__be32 ip;
	__u8 proto;
	__u8 pad;
	__be16 port;
};
struct forward {
	router_t router;
	__be32 ip;
	__u16 first;    /* the inner port of the first of the whole range, in host order */
	__u16 external; /* that first port; 0 = all become the one inner port */
};

/* neighbours{net, ip}: LRU hash, learned by the data plane; who is out there on an external network. */
struct neighbour {
	mac_t mac;       /* 00:... = asked, and not answered yet */
	__u16 pad;
	__u32 pad2;
	__u64 asked_ns;  /* CLOCK_MONOTONIC, coarse */
	__u64 heard_ns;
};

/* A mirrored packet on its way to the program that copies has a mark: the port, and from this bit on the direction. */
#define MIRROR_MARK_SHIFT 16
/* balancers{router, ip, protocol, port}: hash; an address and port that stand for backends, to who sends there by the router. */
struct balancer_key {
	ip_t ip;
	router_t router;
	__be16 port;
	__u8 proto;
	__u8 pad;
};
struct balancer {
	__u32 backends;         /* backends{balancer, 0 .. backends-1}; 0: who asks is refused */
	__u32 affinity_seconds; /* 0 = none */
};

/* backends{balancer, index}: hash. */
struct backend_key {
	struct balancer_key of;
	__u32 index;
};
struct backend {
	ip_t ip;
	__be16 port;
	__u16 pad;
};

/* backings{balancer, ip, port}: hash; which backends are a balancer's. */
struct backing_key {
	struct balancer_key of;
	ip_t ip;
	__be16 port;
	__u16 pad;
};
struct backing { __u32 flags; /* none so far */ };

/* affinities{balancer, ip}: LRU hash, the data plane's own: the backend that a client had last. */
struct affinity_key {
	struct balancer_key of;
	ip_t client;
};
struct affinity {
	struct backend to;
	__u32 pad;
	__u64 until_ns; /* CLOCK_MONOTONIC, coarse */
};

enum mirror_direction { MIRROR_IN = 1, MIRROR_OUT = 2 };
/* mirrors{vif, direction, index}: hash, without gaps from 0; where copies of what a port gets or sends go. */
#define MIRRORS_MAX 8
struct mirror_key {
	vif_t vif;
	__u16 direction; /* enum mirror_direction */
	__u16 index;
};
enum mirror_kind {
	MIRROR_LOCAL = 1, /* to the tap port `vif` */
	MIRROR_VXLAN = 2  /* to `remote`, as `tunnel` */
};
struct mirror {
	__u32 kind;   /* enum mirror_kind */
	vif_t vif;
	__u32 tunnel; /* VNI; a network has it never */
	__u32 more;   /* 1 = one follows */
	ip_t remote;
	__u32 tag;    /* the first 32 bits of the tap flow's or mirror's id */
};

/* taps{VNI}: hash; the port that copies from other hosts are for. `peers` says which hosts may send them. */
struct tap_key { __u32 vni; };
struct tap { vif_t vif; };

/* askings{net, ip}: LRU hash, the data plane's own: when the holder of an address was last asked for. */
struct asking { __u64 asked_ns; /* CLOCK_MONOTONIC, coarse */ };

/* members{net, index}: hash; who gets broadcast and multicast. Of several physical machines behind one card and tag only
 * one is a member, since one frame reaches them all. */
#define MEMBER_REMOTE 0x8000u
struct member_key { net_t net; __u32 index; };
struct member {
	vif_t vif;   /* a port, or 0 */
	ip_t remote; /* a host's tunnel address */
};

/* sources{vif, mac, prefix}: LPM; what a port with port security may send from. prefix_length counts from vif on:
 * SOURCE_FIXED_BITS + 96 + length for IPv4, SOURCE_FIXED_BITS + length for IPv6. */
#define SOURCE_FIXED_BITS 96
struct source_key {
	__u32 prefix_length;
	vif_t vif;
	mac_t mac;
	__u16 pad;
	ip_t ip;
};
struct source { __u32 flags; /* enum prefix_flag */ };

/* peers{net, ip}: hash; hosts that may send to this host in that network. */
struct peer_key { net_t net; ip_t ip; };
struct peer { __u32 flags; };

/* settings[0]: array. */
struct settings {
	__u32 generation;    /* bumped when a decision kept in a flow may have become wrong */
	__u32 vxlan_ifindex;
	__u32 trap_ifindex;  /* pkt0 */
	__u32 log_level;     /* reserved */
	mac_t service_mac;   /* who workloads take the service for */
	mac_t socket_mac;    /* of the device at which its sockets are */
	__u32 service_ifindex; /* the far end of that device; 0 = none */
	__u32 mirror_ifindex;  /* where mirrored packets go in, to come out at the program that copies; 0 = none */
	/* Entries of `flows`: how many one owner may have, and how many once all together have `flow_room`. */
	__u32 flow_quota;
	__u32 flow_share;
	__u32 flow_room;
};

/* The service's sockets on this host: their addresses, and those of ports as their clients, by vif. The ranges are this
 * host's own business: no packet with them leaves it. */
#define SERVICE_CLIENTS4 0xa9fe4000u
#define SERVICE_CLIENT_MASK 0x3fffu
#define SERVICE_SOCKET4 0xa9fe7ffeu
#define SERVICE_NET6 0xfdcab1e0u
#define SERVICE_METADATA_PORT 18775
#define SERVICE_DNS_PORT 18053

/* service_clients{vif, port, proto}: LRU; whom the answers of a socket are for. */
struct service_key {
	vif_t vif;
	__be16 port;
	__u8 proto;
	__u8 is6;
};
struct service_client {
	ip_t ip;
	ip_t service; /* the address that it asked */
	mac_t mac;
	__u16 pad;
};

/* flows{...}: hash; one entry per direction. `ingress` is where the packet came in: FLOW_VIF | vif for a port,
 * FLOW_TUNNEL | VNI for VXLAN, FLOW_WIRE | slot-and-VLAN of net_t for a provider network's card. */
#define FLOW_VIF 0x40000000u
#define FLOW_TUNNEL 0x80000000u
#define FLOW_WIRE 0xc0000000u
struct flow_key {
	__u32 ingress;
	ip_t src;
	ip_t dst;
	__be16 src_port; /* ICMP echo: the identifier; of protocols without ports: 0 */
	__be16 dst_port;
	__u8 proto;
	__u8 pad[3];
};
enum flow_flag {
	FLOW_FIN = 1,    /* FIN seen in this direction */
	FLOW_CLOSED = 2, /* FIN in both directions */
	FLOW_REWRITE = 4, /* `rewrite` says what is changed in the packet */
	/* It answers the other direction, which was let pass statefully. */
	FLOW_ANSWER_OUT = 8, /* by its sender's groups, which let it out */
	FLOW_ANSWER_IN = 16, /* by its receiver's groups, which let it in */
	FLOW_OPENING = 32,   /* nothing but SYNs seen in this direction */
	FLOW_RESET = 64,     /* RST seen, from where anybody may have sent it, and nothing since */
	FLOW_REFUSED = 128,  /* its rule is gone: an answer to nothing, until it is forgotten */
	/* Of `balancer`: */
	FLOW_TO_BACKEND = 256, /* its destination becomes the backend's */
	FLOW_FROM_BACKEND = 512 /* it answers that: its source becomes the balancer's */
};
enum rewrite {
	REWRITE_MACS = 1,
	REWRITE_TTL = 2,
	REWRITE_SRC = 4, /* as in struct nat */
	REWRITE_DST = 8
};
/* A packet's new ends; a member counts only with its bit of enum rewrite. */
struct nat {
	ip_t src;
	ip_t dst;
	__be16 src_port; /* ICMP echo: both are the identifier */
	__be16 dst_port;
};
struct flow {
	__u32 generation; /* 0 = known, but still to be decided */
	__u32 flags;      /* enum flow_flag */
	mac_t dst_mac;    /* this decision holds for these two only; in the order of an Ethernet header */
	mac_t src_mac;
	struct target target;
	vif_t vif_in;     /* for counting; 0 if it came from outside */
	ip_t tunnel_peer; /* came by VXLAN: from this host only */
	__u32 mtu;        /* bytes of an IP packet; the smaller one of the networks' */
	net_t out;        /* the network in which it is delivered */
	__u64 packets;
	__u64 bytes;
	__u64 last_seen_ns; /* CLOCK_MONOTONIC, coarse */
	/* Looked at with FLOW_REWRITE only. */
	mac_t new_dst_mac;  /* in the order of an Ethernet header */
	mac_t new_src_mac;
	__u16 rewrite;      /* enum rewrite */
	__u16 hops;         /* by how much the TTL goes down: routers on the way */
	struct nat nat;
	router_t nat_router; /* through which it goes inside, or came from there */
	__u32 owner;         /* in whose quota it is: a port, or FLOW_SENDERS + a bucket of those elsewhere */
	__u32 back;          /* `ingress` of the other direction's key */
	net_t metered;       /* `limits` know its outer address in this external network; 0 = they do not */
	router_t balancer;   /* that has it; 0 = none */
};

/* fragments{owner, slot}: hash; of packets in pieces, what their first fragments said. The owner is the sender: a port, or a
 * bucket as for flows; each has so many slots. */
#define FRAGMENT_SLOTS 64u
struct fragment_key { __u32 owner; __u32 slot; };
struct fragment {
	ip_t src;
	ip_t dst;
	__u32 ingress;    /* as in flow_key */
	__u32 id;
	__be16 src_port;  /* as in flow_key */
	__be16 dst_port;
	__u8 proto;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 pad;
	__u32 size;       /* bytes of the packet that the first one has */
	__u32 pad2;
	__u64 seen_ns;    /* CLOCK_MONOTONIC, coarse */
};

/* flow_counts[owner]: array; the data plane's own. Owner 0 is all of them together. */
#define FLOW_SENDERS 4096u
#define FLOW_BUCKETS 4096u
struct flow_count {
	__u64 live; /* entries made, less those that the data plane itself has deleted */
	__u64 made;
};
/* flow_aged[owner]: array; those that the agent has deleted. Its own, so that neither writes over the other's count. */
struct flow_aged { __u64 entries; };

/* stats[vif]: per-CPU array; slot 0 is the host's own. rx = from the workload. */
struct vif_stats {
	__u64 rx_packets;
	__u64 rx_bytes;
	__u64 tx_packets;
	__u64 tx_bytes;
	__u64 mirrored_packets; /* copies made of what it sent or got */
	__u64 mirrored_bytes;
	__u64 tapped_packets;   /* others' copies that it got as a tap port; rx and tx are without both */
	__u64 tapped_bytes;
	__u64 drops[DROP_REASONS];
};

/* trap_budgets[vif], service_budgets[vif]: arrays; the data plane's own: token buckets for what a port may trap, and for what
 * it may ask the service's sockets. */
struct budget {
	__u64 filled_ns; /* CLOCK_MONOTONIC, coarse */
	__u64 tokens;
};

/* limits{net, ip, vif, direction}: hash; how much may pass: of a port, or of an address on an external network. */
struct meter_key {
	net_t net;
	__be32 ip;
	vif_t vif;
	__u32 direction; /* enum rule_direction */
};
/* A token bucket's. */
struct rate {
	__u64 cost;     /* nanoseconds of a byte or packet, << 20; 0 = any rate */
	__u64 burst_ns; /* what the whole bucket is worth */
};
struct limit {
	struct rate bytes; /* with the Ethernet header, and as many headers as a GSO packet has segments */
	struct rate packets;
};

/* meters{net, ip, vif, direction}: LRU; the data plane's own: how far what has passed is paid for. */
struct bucket {
	__u64 paid_until_ns; /* CLOCK_MONOTONIC */
	__u64 cost;          /* at which it was reckoned */
};
struct meter {
	struct bucket bytes;
	struct bucket packets;
};

enum trap_reason { TRAP_DHCP4 = 1, TRAP_ROUTER_SOLICITATION = 2, TRAP_DHCP6 = 3,
		   TRAP_HOLDER = 4 /* ARP or ND by which a port says that it holds an address, which `ips` does not say */ };
/* In front of every frame on pkt0, both ways, after an outer Ethernet header (14 bytes) whose type is the inner frame's
 * own; towards the data plane `reason` is 0 and `vif` is the port to send to, or `wire` the network. */
struct trap_header {
	vif_t vif;
	__u16 reason; /* enum trap_reason */
	__u16 length; /* of the inner frame; host byte order, as all here */
	net_t wire;   /* with `vif` 0: out of this network's card */
};

/* What a traced packet met, in its order (see trace.h); which members of its step say what. */
enum trace_kind {
	TRACE_PARSED = 1,   /* src, dst, ports, proto; number: bytes of the IP packet, 0 = not IP; tag: EtherType */
	TRACE_FLOW,         /* number: enum trace_flow */
	TRACE_SOURCE,       /* may be sent by `vif`; number: 0 = its port security is off */
	TRACE_SWITCHED,     /* by `mac` to an endpoint; number: enum target_kind */
	TRACE_TO_ROUTER,    /* by `mac` to `router` */
	TRACE_ROUTED,       /* by `router` into `net`; dst: the next hop, or :: ; number: enum route_kind */
	TRACE_BALANCED,     /* by a balancer of `router`, to the backend dst and dst_port; number: enum trace_choice */
	TRACE_OUTSIDE,      /* by `router` here out to `net`; dst: the next hop */
	TRACE_GATEWAY,      /* to the host that is the gateway of `router`: dst */
	TRACE_POLICY,       /* number: enum trace_policy; direction: enum rule_direction; policy, remote: sets; tag: the rule's */
	TRACE_CHANCE,       /* its port outside is any free one: another one next time */
	TRACE_NAT,          /* by `router`; its ends are now src, dst and ports */
	TRACE_KEPT,         /* both directions become flows */
	TRACE_TRAPPED,      /* to the agent; number: enum trap_reason */
	TRACE_SERVICE,      /* to a socket of this host's services */
	TRACE_ANSWERED,     /* ARP or neighbour discovery: dst is at `mac` */
	TRACE_ECHOED,       /* by `router` itself, in the name of dst */
	TRACE_RESET,        /* it becomes a RST and goes back */
	TRACE_REFUSED,      /* it becomes an ICMP error and goes back; number: type; tag: code */
	TRACE_ASKED,        /* on `net` who has dst */
	TRACE_METERED,      /* within the rates of `vif`, or of the address dst on `net`; direction: enum rule_direction */
	TRACE_MARKED,       /* by `vif`; number: its DSCP */
	TRACE_LOCAL,        /* delivered to `vif` */
	TRACE_WIRE,         /* out to the wire of `net` */
	TRACE_ENCAPSULATED, /* in `net` for the host dst */
	TRACE_SENT,         /* number: the device that it leaves by */
	TRACE_COPIED,       /* likewise, a copy of it */
	TRACE_DROPPED       /* counted for `vif`; number: enum drop_reason */
};
enum trace_flow { TRACE_FLOW_NONE, TRACE_FLOW_CURRENT, TRACE_FLOW_OLD, TRACE_FLOW_UNDECIDED, TRACE_FLOW_OTHER };
enum trace_choice { TRACE_CHOICE_NEW, TRACE_CHOICE_KEPT, TRACE_CHOICE_AFFINITY };
enum trace_policy {
	TRACE_POLICY_NONE,      /* no rule lets it pass */
	TRACE_POLICY_RULE,
	TRACE_POLICY_NO_GROUPS, /* the port has none: everything passes */
	TRACE_POLICY_ALWAYS,    /* what every port may send and hear */
	TRACE_POLICY_RELATED,   /* an ICMP error about a known flow */
	TRACE_POLICY_ANSWER     /* as long as what it answers passes: the next step */
};
struct trace_step {
	__u32 kind; /* enum trace_kind */
	vif_t vif;
	net_t net;
	router_t router;
	ip_t src;
	ip_t dst;
	__be16 src_port;
	__be16 dst_port;
	mac_t mac;
	__u8 proto;
	__u8 direction;
	__u32 number;
	__u32 tag;
	set_t policy;
	__u32 remote;
};
/* traces[0]: array, of the traced programs alone. */
#define TRACE_STEPS 96
struct trace {
	__u32 length;     /* steps met; the first TRACE_STEPS of them are in `steps` */
	net_t tunnel_net; /* to be traced as if it came by VXLAN: in this network, */
	ip_t tunnel_peer; /* from this host */
	__u32 new_flows;
	struct trace_step steps[TRACE_STEPS];
};

#endif
