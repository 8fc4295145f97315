/** What is typed of networks, segments, subnets, pools and scopes. */
import type { Row } from "./openstack-client.ts";

const networks: Row[] = [
  [
    "network create n1 --description 'a net' --mtu 1400 --dns-domain example.org. --tag blue --tag red",
    {
      name: "n1",
      description: "a net",
      mtu: 1400,
      dns_domain: "example.org.",
      tags: ["blue", "red"],
      admin_state_up: true,
      shared: false,
      "router:external": false,
      port_security_enabled: true,
      "provider:network_type": "vxlan",
      "provider:physical_network": null,
      status: "ACTIVE",
      subnets: [],
      created_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    },
    { keep: "n1" },
  ],
  [
    "network create n2 --disable --disable-port-security --share --provider-network-type vlan" +
      " --provider-physical-network $physnet --provider-segment 301",
    {
      admin_state_up: false,
      port_security_enabled: false,
      shared: true,
      "provider:network_type": "vlan",
      "provider:physical_network": "$physnet",
      "provider:segmentation_id": 301,
    },
  ],
  ["network create n3 --external --default", { "router:external": true, is_default: true }],
  ["network create n4 --transparent-vlan", undefined, { fails: /Backend does not support VLAN Transparency/ }],
  ["network list --name n1", [{ ID: /./, Name: "n1", Subnets: [] }]],
  ["network list --long --name n2", [{ Name: "n2", State: false, Shared: true, "Network Type": "vlan" }]],
  ["network list --share --disable", [{ Name: "n2" }]],
  ["network list --external", [{ Name: "n3" }]],
  ["network list --internal --enable --no-share --status ACTIVE", [{ Name: "n1" }]],
  [
    "network list --provider-network-type vlan --provider-physical-network $physnet --provider-segment 301",
    [{ Name: "n2" }],
  ],
  ["network list --tags blue,red", [{ Name: "n1" }]],
  ["network list --any-tags red,black", [{ Name: "n1" }]],
  ["network list --not-tags blue,red --name n1", []],
  ["network list --not-any-tags blue --name n1", []],
  [
    "network set n1 --name n1b --description 'my net' --mtu 1300 --tag green --disable --share --dns-domain example.net.",
  ],
  [
    "network show n1b",
    {
      id: "$n1",
      name: "n1b",
      description: "my net",
      mtu: 1300,
      tags: ["blue", "green", "red"],
      admin_state_up: false,
      shared: true,
      dns_domain: "example.net.",
    },
  ],
  ["network unset n1b --tag blue"],
  ["network show $n1", { tags: ["green", "red"] }],
  ["network unset n1b --all-tag"],
  ["network show n1b", { tags: [] }],
  ["network set n1b --external --default", undefined, { fails: /A default external network already exists/ }],
  ["network set n3 --no-default"],
  ["network set n1b --no-share --enable --external --default --disable-port-security"],
  [
    "network show n1b",
    { shared: false, admin_state_up: true, "router:external": true, is_default: true, port_security_enabled: false },
  ],
  ["network set n3 --internal"],
  ["network show n3", { "router:external": false }],
  ["network delete n1b n2 n3"],
  ["network list --name n1b", []],
  ["network show n1b", undefined, { fails: /No Network found for n1b/ }],
  ["network delete nowhere", undefined, { fails: /1 of 1 networks failed to delete/ }],
];

const segments: Row[] = [
  [
    "network create sn --mtu 1400 --provider-network-type vlan --provider-physical-network $physnet --provider-segment 310",
    {},
  ],
  ["network segment list --network sn", [{ "Network Type": "vlan", Segment: 310 }], { keep: "first" }],
  ["network segment set $first --name first"],
  [
    "network segment create second --network sn --network-type vxlan --segment 4242 --description extra",
    { name: "second", network_type: "vxlan", segmentation_id: 4242, physical_network: null, description: "extra" },
  ],
  ["network segment list --long --network sn", [{ Name: "first" }, { Name: "second" }]],
  ["network segment set second --name third --description more"],
  ["network segment show third", { name: "third", description: "more" }],
  [
    "network show sn",
    {
      "provider:segmentation_id": null,
      segments: [
        { "provider:network_type": "vlan", "provider:segmentation_id": 310 },
        { "provider:network_type": "vxlan", "provider:segmentation_id": 4242 },
      ],
    },
  ],
  ["network segment delete third"],
  ["network segment list --network sn", [{ Name: "first" }]],
  ["network segment show third", undefined, { fails: /No Segment found for third/ }],
  ["network delete sn"],
];

const segmentRanges: Row[] = [
  ["network segment range list", [{ Name: "", Default: true, "Network Type": "vxlan" }]],
  [
    "network segment range create r1 --shared --network-type vxlan --minimum 200001 --maximum 200100",
    { name: "r1", default: false, shared: true, network_type: "vxlan", minimum: 200001, maximum: 200100 },
  ],
  [
    "network segment range create r2 --private --project demo --network-type vlan --physical-network $physnet" +
      " --minimum 4010 --maximum 4020",
    { name: "r2", shared: false, physical_network: "$physnet" },
  ],
  ["network segment range set r1 --name r1b --minimum 200001 --maximum 200050"],
  ["network segment range show r1b", { name: "r1b", maximum: 200050 }],
  ["network segment range list --long --unused", [{ Name: "r1b", Used: {} }]],
  ["network segment range list --available", [{ Name: "r1b" }]],
  ["network segment range delete r1b r2"],
  ["network segment range show r1b", undefined, { fails: /No NetworkSegmentRange found for r1b/ }],
];

const subnets: Row[] = [
  ["network create sub", {}],
  [
    "subnet create s4 --network sub --subnet-range 10.1.0.0/24 --gateway 10.1.0.254 --description four --tag a" +
      " --allocation-pool start=10.1.0.10,end=10.1.0.100 --dns-nameserver 9.9.9.9 --dns-nameserver 1.1.1.1" +
      " --host-route destination=192.0.2.0/24,gateway=10.1.0.9 --service-type compute:nova",
    {
      name: "s4",
      cidr: "10.1.0.0/24",
      ip_version: 4,
      gateway_ip: "10.1.0.254",
      description: "four",
      tags: ["a"],
      allocation_pools: [{ start: "10.1.0.10", end: "10.1.0.100" }],
      dns_nameservers: ["9.9.9.9", "1.1.1.1"],
      host_routes: [{ destination: "192.0.2.0/24", nexthop: "10.1.0.9" }],
      service_types: ["compute:nova"],
      enable_dhcp: true,
      subnetpool_id: null,
      segment_id: null,
    },
    { keep: "s4" },
  ],
  [
    "subnet create s6 --network sub --ip-version 6 --subnet-range fd00:9::/64 --ipv6-ra-mode slaac --ipv6-address-mode slaac",
    { ip_version: 6, gateway_ip: "fd00:9::", ipv6_ra_mode: "slaac", ipv6_address_mode: "slaac" },
  ],
  [
    "subnet create s0 --network sub --subnet-range 10.2.0.0/24 --no-dhcp --gateway none",
    { enable_dhcp: false, gateway_ip: null },
  ],
  ["subnet create over --network sub --subnet-range 10.1.0.0/25", undefined, { fails: /overlaps with another subnet/ }],
  ["subnet list --network sub", [{ Name: "s4", Subnet: "10.1.0.0/24" }, { Name: "s6" }, { Name: "s0" }]],
  [
    "subnet list --long --name s4",
    [{ DHCP: true, "IP Version": 4, Gateway: "10.1.0.254", "Service Types": ["compute:nova"] }],
  ],
  ["subnet list --ip-version 6 --network sub", [{ Name: "s6" }]],
  ["subnet list --no-dhcp --network sub", [{ Name: "s0" }]],
  ["subnet list --gateway 10.1.0.254 --subnet-range 10.1.0.0/24 --network sub", [{ Name: "s4" }]],
  ["subnet list --tags a --dhcp", [{ Name: "s4" }]],
  [
    "subnet set s4 --name s4b --description vier --no-dhcp --gateway 10.1.0.1 --tag b" +
      " --allocation-pool start=10.1.0.110,end=10.1.0.120 --dns-nameserver 8.8.8.8 --service-type network:dhcp" +
      " --host-route destination=198.51.100.0/24,gateway=10.1.0.9",
  ],
  [
    "subnet show s4b",
    {
      id: "$s4",
      description: "vier",
      enable_dhcp: false,
      gateway_ip: "10.1.0.1",
      tags: ["a", "b"],
      allocation_pools: [{ start: "10.1.0.10" }, { start: "10.1.0.110", end: "10.1.0.120" }],
      dns_nameservers: ["9.9.9.9", "1.1.1.1", "8.8.8.8"],
      host_routes: [{ destination: "192.0.2.0/24" }, { destination: "198.51.100.0/24" }],
      service_types: ["compute:nova", "network:dhcp"],
    },
  ],
  [
    "subnet unset s4b --allocation-pool start=10.1.0.110,end=10.1.0.120 --dns-nameserver 1.1.1.1 --gateway --tag a" +
      " --host-route destination=192.0.2.0/24,gateway=10.1.0.9 --service-type network:dhcp",
  ],
  [
    "subnet show s4b",
    { gateway_ip: null, tags: ["b"], dns_nameservers: ["9.9.9.9", "8.8.8.8"], service_types: ["compute:nova"] },
  ],
  ["subnet set s4b --no-dns-nameservers --no-host-route --no-tag"],
  ["subnet show s4b", { dns_nameservers: [], host_routes: [], tags: [] }],
  ["subnet set s0 --dns-publish-fixed-ip"],
  ["subnet show s0", { dns_publish_fixed_ip: true }],
  ["network show sub", { subnets: ["$s4"] }],
  ["subnet delete s4b s6 s0"],
  ["subnet list --network sub", []],
  ["subnet show s4b", undefined, { fails: /No Subnet found for s4b/ }],
  ["network delete sub"],
];

const pools: Row[] = [
  ["address scope create as1 --ip-version 4 --share", { name: "as1", ip_version: 4, shared: true }, { keep: "scope" }],
  ["address scope create as6 --ip-version 6 --project demo", { ip_version: 6, shared: false }],
  ["address scope list --ip-version 4 --share --name as1", [{ Name: "as1", "IP Version": 4, Shared: true }]],
  ["address scope set as1 --name as1b"],
  ["address scope set as6 --share"],
  ["address scope show as1b", { id: "$scope", name: "as1b" }],
  ["address scope show as6", { shared: true }],
  [
    "subnet pool create sp1 --pool-prefix 10.8.0.0/16 --default-prefix-length 26 --min-prefix-length 24" +
      " --max-prefix-length 28 --description pool --default-quota 1024 --tag p --address-scope as1b",
    {
      name: "sp1",
      prefixes: ["10.8.0.0/16"],
      default_prefixlen: 26,
      min_prefixlen: 24,
      max_prefixlen: 28,
      default_quota: 1024,
      description: "pool",
      address_scope_id: "$scope",
      ip_version: 4,
      is_default: false,
      shared: false,
      tags: ["p"],
    },
    { keep: "pool" },
  ],
  [
    "subnet pool create sp2 --pool-prefix 10.9.0.0/16 --default --share",
    { is_default: true, shared: true, default_prefixlen: 8 },
  ],
  ["subnet pool list --name sp1", [{ Name: "sp1", Prefixes: ["10.8.0.0/16"] }]],
  ["subnet pool list --long --default --share", [{ Name: "sp2", "Default Prefix Length": 8, Shared: true }]],
  ["subnet pool list --address-scope as1b --no-default --no-share --tags p", [{ Name: "sp1" }]],
  [
    "subnet pool set sp1 --name sp1b --pool-prefix 10.10.0.0/16 --default-prefix-length 25 --min-prefix-length 23" +
      " --max-prefix-length 29 --description more --default-quota 2048 --tag q",
  ],
  [
    "subnet pool show sp1b",
    {
      id: "$pool",
      prefixes: ["10.8.0.0/16", "10.10.0.0/16"],
      default_prefixlen: 25,
      min_prefixlen: 23,
      max_prefixlen: 29,
      description: "more",
      default_quota: 2048,
      tags: ["p", "q"],
    },
  ],
  ["subnet pool unset sp1b --tag p"],
  ["subnet pool show sp1b", { tags: ["q"] }],
  ["network create pn", {}],
  ["subnet create ps1 --network pn --subnet-pool sp1b", { subnetpool_id: "$pool", cidr: /^10\.(8|10)\.\d+\.\d+\/25$/ }],
  ["subnet create ps2 --network pn --subnet-pool sp1b --prefix-length 24", { cidr: /\/24$/ }],
  ["subnet create ps3 --network pn --subnet-pool sp1b --subnet-range 10.8.200.0/24", { cidr: "10.8.200.0/24" }],
  ["network show pn", { ipv4_address_scope: "$scope", ipv6_address_scope: null }],
  [
    "subnet create ps4 --network pn --subnet-pool sp2 --prefix-length 24",
    undefined,
    { fails: /participate in the same address scope/ },
  ],
  ["network delete pn"],
  ["network create pm", {}],
  ["subnet create ps5 --network pm --use-default-subnet-pool --prefix-length 24", { cidr: /^10\.9\./ }],
  ["subnet list --subnet-pool sp2", [{ Name: "ps5" }]],
  ["network delete pm"],
  ["network create on", {}],
  ["subnet create os1 --network on --subnet-range 10.77.0.0/24", {}],
  ["network onboard subnets on sp2"],
  ["subnet show os1", { subnetpool_id: /./ }],
  ["network delete on"],
  ["subnet pool set sp1b --no-address-scope --no-tag"],
  ["subnet pool show sp1b", { address_scope_id: null, tags: [] }],
  ["subnet pool delete sp1b sp2"],
  ["subnet pool show sp1b", undefined, { fails: /No SubnetPool found for sp1b/ }],
  ["address scope delete as1b as6"],
  ["address scope list --name as1b", []],
];

export const NETWORK_ROWS: Record<string, readonly Row[]> = { networks, segments, segmentRanges, subnets, pools };
