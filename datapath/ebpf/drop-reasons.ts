/** Why packets are dropped, for people: a row for each of enum drop_reason. */
import type { DropReason } from "../../bpf/layout.gen.ts";
import type { DropText } from "../../model/mod.ts";

/** As `dropReasonNames` has them. */
export type ReasonName = Lowercase<Exclude<keyof typeof DropReason, "NONE">>;

const row = (meaning: string, advice: string): DropText => ({ meaning, advice });
const FOREIGN = "Nothing is wrong here, unless it should pass: then see which device and VLAN the port is bound to.";
const RULES = "Add a security group rule that lets it pass, or give the port a group that has one.";
const RATE =
  "The limit works. If the rate stays far below it, see whether the rule's burst is less than the default, 0.8 s worth.";
const LATER = "It passes once there is room; see `cable flows` for who has so many.";

const ROWS: Record<ReasonName, DropText> = {
  truncated: row("it is shorter than its own headers say", "The sender's network stack or driver is at fault."),
  malformed: row("a header contradicts itself", "The sender's network stack or driver is at fault."),
  checksum: row("its IPv4 header's checksum is wrong", "The sender's network stack or driver is at fault."),
  source_route: row("it wants to choose its own way", "Let the sender do without source routing: nobody needs it."),
  martian: row(
    "it is from or to an address that nobody has on a network, or from its own destination",
    "The sender is wrongly set up, or attacks somebody.",
  ),
  tcp_flags: row("it has TCP flags that no TCP sends together", "Somebody scans or attacks."),
  fragment_short: row(
    "it is the first fragment of a packet, and does not hold all of its headers",
    "No network stack cuts packets like that: somebody wants to get around rules.",
  ),
  fragment_overlap: row(
    "it is a fragment that reaches back into the first one of its packet",
    "No network stack cuts packets like that: somebody wants to get around rules.",
  ),
  fragment_alone: row(
    "it is a later fragment of a packet whose first one has not passed here in the last 30 s",
    "See whether the first one was dropped, and why; or whether fragments overtake each other on the way.",
  ),
  vif_unknown: row("no port hangs on the device or VLAN that it came by", FOREIGN),
  vif_down: row("the port is administratively down", "Set admin_state_up of the port to true."),
  spoofed_mac: row(
    "its source MAC is not the port's",
    "Let the workload use the port's MAC, or allow the other one by an address pair.",
  ),
  spoofed_ip: row(
    "its source address is not the port's",
    "Let the workload use the port's fixed IPs, or allow the other address by an address pair.",
  ),
  spoofed_arp: row(
    "its ARP sender is not the port's",
    "Let the workload use the port's fixed IPs, or allow the other address by an address pair.",
  ),
  spoofed_nd: row(
    "its neighbour discovery speaks for an address or MAC that is not the port's",
    "Let the workload use the port's fixed IPs, or allow the other address by an address pair.",
  ),
  ethertype: row(
    "it is neither IPv4, IPv6 nor ARP, and the port's port security is on",
    "Disable port security on the port if the workload needs that protocol.",
  ),
  vlan_tag: row(
    "it has a VLAN tag that no subport of the port has",
    "Add a subport with that tag to the port's trunk, or send without one.",
  ),
  dhcp_server: row("a workload may not play DHCP server", "Disable port security on the port if it must."),
  router_advert: row("a workload may not play router", "Disable port security on the port if it must."),
  network_unknown: row(
    "this host has no part in the network that it is in",
    "See whether this host's agent has the current view: `revisionInForce` of its status.",
  ),
  tunnel_stranger: row(
    "the host that sent it by the tunnel has no part in the network",
    "If it is one of Cable's hosts, see whether both agents have the current view; else somebody plays host.",
  ),
  tunnel_header: row("it came at the tunnel's device without a tunnel", "Nothing but hosts should send there."),
  dst_unknown: row(
    "no port of the network has its destination MAC",
    "See the workload's neighbour table: it may know a port that is gone.",
  ),
  arp_unknown: row("no port of the network has the address that ARP asks for", "See whether the address is right."),
  nd_unknown: row(
    "no port of the network has the address that neighbour discovery asks for",
    "See whether the address is right.",
  ),
  hairpin: row("it would leave where it came in", "The sender and the destination are the same, or on one wire."),
  remote_to_remote: row(
    "it came by a tunnel and would leave by one",
    "The sending host believes the port to be here: see whether both agents have the current view.",
  ),
  too_big: row(
    "it is larger than the MTU of a network on its way",
    "Its sender is told if it can be. See whether the workload took the MTU that DHCP or the router offered.",
  ),
  ttl: row("its hops are used up", "Its sender is told. If it should have had more, there is a loop of routers."),
  policy_egress: row("no rule of the sender's security groups lets it out", RULES),
  policy_ingress: row("no rule of the receiver's security groups lets it in", RULES),
  no_route: row("its router knows no way there", "Add an interface, an extra route or a gateway to the router."),
  host_unknown: row(
    "the destination's network is one of the router's, and no port there has the address",
    "See whether the address is right, and the port there bound to a host.",
  ),
  router_down: row("the router is administratively down", "Set admin_state_up of the router to true."),
  to_router: row("it is for the router itself, which answers echo requests only", "Nothing is wrong here."),
  no_gateway: row(
    "no host is the router's gateway now",
    "Some host with a card on the external network must be alive: see its agent's --physical-network.",
  ),
  no_proxy: row(
    "it comes from outside to an IPv6 address that has no ND proxy, and its router lets in no others",
    "Make an ndp proxy for the address, or set enable_ndp_proxy of the router to false.",
  ),
  neighbour_unknown: row(
    "the next hop, or who holds an address of the address pairs, has not told its MAC yet; it is being asked",
    "The next packet passes if there is an answer. If not, see whether the gateway of the external subnet is right, or whether any port holds the address.",
  ),
  no_backend: row(
    "nobody is behind the balancer (of Kubernetes: the service) that it is for",
    "See why none of the backends is ready.",
  ),
  nat_ports: row(
    "no port is left under which its sender could be told apart outside",
    "Give the workload a floating IP, or the router more addresses.",
  ),
  rate_egress: row("its sender's QoS policy allows no more kbit/s out", RATE),
  rate_ingress: row("its receiver's QoS policy allows no more kbit/s in", RATE),
  packet_rate_egress: row("its sender's QoS policy allows no more packets out", RATE),
  packet_rate_ingress: row("its receiver's QoS policy allows no more packets in", RATE),
  flow_quota: row(
    "its sender, or the port that it is for, has as many connections as one may have",
    "See `cable flows --port P` for what they are; the agent's --help says how many there may be.",
  ),
  flow_table_full: row("the host's flow table is full", LATER),
  members_full: row("its network has more members than a broadcast may reach", "Split the network."),
  trap_limit: row("the port asks the agent's services more than it may", "See what the workload floods with."),
  service_limit: row("the port asks metadata or DNS more than it may", "See what the workload floods with."),
  copy: row(
    "a copy of what is mirrored could not be made or delivered; what was copied went its way",
    "See whether the tap service's port is up.",
  ),
  redirect: row("the kernel refused to send it", "See whether the device is there and up."),
  internal: row("the data plane is not complete", "See the agent's log; restarting the agent makes it whole."),
};

export function dropText(reason: string): DropText {
  return (ROWS as Record<string, DropText>)[reason] ?? row(`its reason is ${reason}`, "See bpf/shared.h.");
}
