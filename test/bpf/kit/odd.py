"""Odd and hostile frames, made with scapy: reads the ends as JSON from stdin, writes [name, hex] pairs as JSON to stdout."""
import json
import logging
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.all import (  # noqa: E402
    ARP, BOOTP, DHCP, ESP, GRE, ICMP, IP, IPOption, IPOption_LSRR, IPOption_RR, IPOption_SSRR, IPv6, Dot1AD, Dot1Q,
    DHCP6_Advertise, Ether, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_Redirect,
    ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting, PadN, Raw, TCP, UDP, VXLAN,
)
from scapy.contrib.mpls import MPLS  # noqa: E402

ends = json.load(sys.stdin)
a, b, remote, router, open_ = (ends[name] for name in ("a", "b", "remote", "router", "open"))
frames = []


def add(name, frame):
    frames.append([name, bytes(frame).hex()])


def l2(to=b, mac=a["mac"]):
    return Ether(src=mac, dst=to["mac"] if isinstance(to, dict) else to)


def v4(src=a, dst=b, **more):
    return l2() / IP(src=src["ip4"], dst=dst["ip4"], **more)


def v6(src=a["ip6"], dst=b["ip6"], **more):
    return l2() / IPv6(src=src, dst=dst, **more)


hello = UDP(sport=1000, dport=2000) / b"hello"
BROADCAST, ALL_NODES = "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"

# In another's name.
add("MAC of another", l2(mac=b["mac"]) / IP(src=a["ip4"], dst=b["ip4"]) / hello)
add("address of another", v4(src=b, dst=remote) / hello)
add("IPv6 address of another", v6(src=b["ip6"], dst=remote["ip6"]) / hello)
add("ARP answer for another's address", l2(BROADCAST) / ARP(op=2, hwsrc=a["mac"], psrc=b["ip4"], hwdst=b["mac"], pdst=b["ip4"]))
add("ARP with another's MAC within", l2(BROADCAST) / ARP(op=1, hwsrc=b["mac"], psrc=a["ip4"], pdst=b["ip4"]))
add("gratuitous ARP for the router", l2(BROADCAST) / ARP(op=2, hwsrc=a["mac"], psrc=router["ip4"], pdst=router["ip4"]))
add("neighbour advertisement for another", l2(ALL_NODES) / IPv6(src=a["ip6"], dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt=b["ip6"], O=1) / ICMPv6NDOptDstLLAddr(lladdr=a["mac"]))
add("solicitation with another's MAC", l2() / IPv6(src=a["ip6"], dst=b["ip6"], hlim=255) / ICMPv6ND_NS(tgt=b["ip6"]) / ICMPv6NDOptSrcLLAddr(lladdr=b["mac"]))
add("redirect in the router's name", l2() / IPv6(src=router["ll"], dst=b["ip6"], hlim=255) / ICMPv6ND_Redirect(tgt=a["ip6"], dst=remote["ip6"]))

# In the role of the network.
add("DHCP offer", l2(BROADCAST) / IP(src=a["ip4"], dst="255.255.255.255") / UDP(sport=67, dport=68) / BOOTP(op=2) / DHCP(options=[("message-type", "offer"), "end"]))
add("DHCPv6 advertise", v6() / UDP(sport=547, dport=546) / DHCP6_Advertise())
ra = ICMPv6ND_RA(routerlifetime=1800)
add("router advertisement", l2(ALL_NODES) / IPv6(src=a["ll"], dst="ff02::1", hlim=255) / ra)
add("router advertisement behind options", l2(ALL_NODES) / IPv6(src=a["ll"], dst="ff02::1", hlim=255) / IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)]) / ra)
add("router advertisement behind more options", l2(ALL_NODES) / IPv6(src=a["ll"], dst="ff02::1", hlim=255) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]) / ra)
add("router advertisement in pieces", l2(ALL_NODES) / IPv6(src=a["ll"], dst="ff02::1", hlim=255) / IPv6ExtHdrFragment(m=1, id=5) / ra)

# Lengths that are not so.
add("IPv4 longer than it is", v4(len=200) / hello)
add("IPv4 shorter than its header", v4(len=12) / hello)
add("IPv4 header of 16 bytes", v4(ihl=4) / hello)
add("IPv4 header longer than the packet", v4(ihl=15, len=28) / UDP())
add("IPv4 of version 5", v4(version=5) / hello)
add("IPv6 longer than it is", v6(plen=200) / hello)
add("UDP shorter than its header", v4() / UDP(sport=1, dport=2, len=4) / b"hello")
add("UDP longer than it is", v4() / UDP(sport=1, dport=2, len=400) / b"hello")
add("TCP header of 12 bytes", v4() / TCP(dataofs=3))
add("TCP header longer than the packet", v4() / TCP(dataofs=15))
add("ICMP cut short", v4(proto=1) / Raw(b"\x08\0\0\0"))

# IPv4's options.
add("loose source route", v4(options=[IPOption_LSRR(routers=[remote["ip4"]])]) / hello)
add("strict source route", v4(options=[IPOption_SSRR(routers=[remote["ip4"]])]) / hello)
add("source route behind others", v4(options=[IPOption(b"\x01"), IPOption_RR(), IPOption_LSRR(routers=[remote["ip4"]])]) / hello)
add("option of no length", v4(options=[IPOption(b"\x44\x00\x00\x00")]) / hello)
add("option longer than the header", v4(options=[IPOption(b"\x44\x28\x05\x00")]) / hello)
add("record route", v4(options=[IPOption_RR()]) / hello)

# Addresses.
land = {"ip4": a["ip4"]}
add("LAND", v4(src=land, dst=land) / TCP(sport=139, dport=139))
add("LAND, IPv6", v6(src=a["ip6"], dst=a["ip6"]) / TCP(sport=139, dport=139))


def unsecured(src, dst=b["ip4"]):
    return l2(mac=open_["mac"]) / IP(src=src, dst=dst) / hello


add("open: from loopback", unsecured("127.0.0.1"))
add("open: to loopback", unsecured(open_["ip4"], "127.0.0.1"))
add("open: from a group", unsecured("224.0.0.1"))
add("open: from everybody", unsecured("255.255.255.255"))
add("open: from class E", unsecured("241.1.2.3"))
add("open: from IPv6 loopback", l2(mac=open_["mac"]) / IPv6(src="::1", dst=b["ip6"]) / hello)
add("open: from an IPv6 group", l2(mac=open_["mac"]) / IPv6(src="ff02::1", dst=b["ip6"]) / hello)
add("open: from a mapped address", l2(mac=open_["mac"]) / IPv6(src="::ffff:10.1.0.2", dst=b["ip6"]) / hello)
add("open: from a group's MAC", l2(mac="01:00:5e:00:00:01") / IP(src=open_["ip4"], dst=b["ip4"]) / hello)

# Checksums.
add("IPv4 header's checksum", v4(chksum=0x1234) / hello)
add("TCP's checksum, which is its receiver's business", v4() / TCP(flags="S", chksum=0x1234))

# TCP.
for name, flags in {"none": "", "all": "FSRPAU", "SYN and FIN": "SF", "SYN and RST": "SR", "FIN alone": "F", "FIN, PSH, URG": "FPU"}.items():
    add("flags: " + name, v4() / TCP(sport=1, dport=2, flags=flags))

# IPv6's chains.
options = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
chain = v6()
for _ in range(5):
    chain = chain / options.copy()
add("five headers of options", chain / hello)
long = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 200)])
add("options of more than 256 bytes", v6() / long / long.copy() / hello)
add("routing header 0", v6() / IPv6ExtHdrRouting(type=0, addresses=[remote["ip6"]]) / hello)
add("routing header 0 behind options", v6() / options / IPv6ExtHdrRouting(type=0, addresses=[remote["ip6"]]) / hello)
add("options longer than the packet", l2() / IPv6(src=a["ip6"], dst=b["ip6"], nh=60) / Raw(b"\x11\x09\0\0\0\0\0\0"))
add("a fragment in a fragment", v6() / IPv6ExtHdrFragment(m=1, id=1) / IPv6ExtHdrFragment(m=1, id=2) / Raw(bytes(16)))

# In pieces.
add("ping of death", v4(frag=8189, proto=1, id=3) / Raw(bytes(64)))
add("TCP's ports without its flags", v4(flags="MF", proto=6, id=4) / Raw(bytes(TCP(sport=1, dport=2))[:8]))
add("TCP's flags alone", v4(frag=1, proto=6, id=4) / Raw(bytes(16)))
add("a piece of 12 bytes", v4(flags="MF", proto=17, id=5) / Raw(bytes(12)))
add("a later piece alone", v4(frag=100, proto=17, id=6) / Raw(bytes(16)))

# Tags and other protocols.
add("a tag", Ether(src=a["mac"], dst=b["mac"]) / Dot1Q(vlan=40) / IP(src=a["ip4"], dst=b["ip4"]) / hello)
add("two tags", Ether(src=a["mac"], dst=b["mac"]) / Dot1Q(vlan=40) / Dot1Q(vlan=41) / IP(src=a["ip4"], dst=b["ip4"]) / hello)
add("a provider's tag", Ether(src=a["mac"], dst=b["mac"], type=0x88A8) / Dot1AD(vlan=40) / IP(src=a["ip4"], dst=b["ip4"]) / hello)
add("MPLS", l2() / MPLS(label=16) / IP(src=a["ip4"], dst=b["ip4"]) / hello)
add("spanning tree", Ether(src=a["mac"], dst="01:80:c2:00:00:00") / Raw(bytes(46)))

# Tunnels within a tenant's network are its own business.
inner = IP(src="198.51.100.1", dst="198.51.100.2") / UDP(sport=5, dport=6) / b"within"
add("tunnel: VXLAN", v4() / UDP(sport=1, dport=4789) / VXLAN(vni=100) / Ether(src=b["mac"], dst=a["mac"]) / inner)
add("tunnel: GRE", v4() / GRE() / inner)
add("tunnel: IP in IP", v4() / inner)
add("tunnel: IPv6 in IP", v4() / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=5, dport=6))
add("tunnel: ESP", v4() / ESP(spi=1, seq=1, data=b"secret"))
add("tunnel: IP in IPv6", v6() / inner)


# From the underlay.
def tunnelled(frame, host=remote["host"], vni=100):
    outer = Ether(src=ends["underlay"]["from"], dst=ends["underlay"]["to"]) / IP(src=host, dst=ends["underlay"]["ip4"])
    return outer / UDP(sport=40000, dport=4789) / VXLAN(vni=vni, flags=8) / frame


def from_remote(packet, mac=remote["mac"]):
    return Ether(src=mac, dst=b["mac"]) / packet


honest = IP(src=remote["ip4"], dst=b["ip4"]) / hello
add("nic: VXLAN from a stranger", tunnelled(from_remote(honest), host="192.0.2.77"))
add("nic: VXLAN of a network that is not here", tunnelled(from_remote(honest), vni=999))
add("nic: VXLAN with a frame from a group's MAC", tunnelled(from_remote(honest, mac="01:00:5e:00:00:01")))
add("nic: VXLAN with LAND", tunnelled(from_remote(IP(src=b["ip4"], dst=b["ip4"]) / TCP())))
add("nic: VXLAN with a source route", tunnelled(from_remote(IP(src=remote["ip4"], dst=b["ip4"], options=[IPOption_LSRR(routers=[a["ip4"]])]) / hello)))
add("nic: VXLAN with a wrong checksum", tunnelled(from_remote(IP(src=remote["ip4"], dst=b["ip4"], chksum=1) / hello)))
add("nic: VXLAN with a later piece alone", tunnelled(from_remote(IP(src=remote["ip4"], dst=b["ip4"], frag=100, proto=17) / Raw(bytes(16)))))
add("nic: VXLAN with a frame for nobody", tunnelled(Ether(src=remote["mac"], dst="02:00:00:00:77:77") / honest))

json.dump(frames, sys.stdout)
