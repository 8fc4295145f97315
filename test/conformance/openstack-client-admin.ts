/** What is typed of agents, availability zones, flavours, quotas and what else is for administrators. */
import type { Row } from "./openstack-client.ts";

const agents: Row[] = [
  ["network agent list --host $host", [{ Host: "$host", Alive: true, State: true }]],
  [
    "network agent list --agent-type dhcp --host $host",
    [{ "Agent Type": "DHCP agent", "Availability Zone": "nova" }],
    { keep: "dhcp" },
  ],
  ["network agent list --agent-type l3 --host $host", [{ "Agent Type": "L3 agent" }], { keep: "l3" }],
  [
    "network agent show $dhcp",
    { id: "$dhcp", agent_type: "DHCP agent", host: "$host", alive: true, admin_state_up: true },
  ],
  ["network agent set $dhcp --description 'gives addresses'"],
  ["network agent show $dhcp", { description: "gives addresses" }],
  ["network create an", {}],
  ["subnet create an4 --network an --subnet-range 10.7.0.0/24", {}],
  ["network agent add network --dhcp $dhcp an"],
  ["network list --agent $dhcp", [{ Name: "an" }]],
  ["network agent list --network an", [{ ID: "$dhcp" }]],
  ["network agent remove network --dhcp $dhcp an"],
  ["router create ar", {}],
  ["network agent add router --l3 $l3 ar"],
  ["router list --agent $l3", [{ Name: "ar" }]],
  ["network agent list --router ar --long", [{ ID: "$l3" }]],
  ["network agent remove router --l3 $l3 ar"],
  ["router delete ar"],
  ["network delete an"],
  [
    "network agent delete 00000000-0000-4000-8000-000000000000",
    undefined,
    { fails: /1 of 1 network agents failed to delete/ },
  ],
  ["availability zone list --network", [{ "Zone Name": "nova", "Zone Status": "available" }]],
  [
    "availability zone list --network --long",
    [{ "Zone Name": "nova", "Zone Resource": "network" }, { "Zone Resource": "router" }],
  ],
  ["network create zn --availability-zone-hint nova", { availability_zone_hints: ["nova"] }],
  [
    "network create zz --availability-zone-hint nowhere",
    undefined,
    { fails: /AvailabilityZone.*nowhere|could not be found/ },
  ],
  ["router create zr --availability-zone-hint nova", { availability_zone_hints: ["nova"] }],
  ["router delete zr"],
  ["network delete zn"],
];

const flavors: Row[] = [
  [
    "network flavor create f1 --service-type L3_ROUTER_NAT --description plain --enable",
    { name: "f1", service_type: "L3_ROUTER_NAT", description: "plain", enabled: true, service_profile_ids: [] },
    { keep: "flavor" },
  ],
  [
    "network flavor profile create --description profile --metainfo '{}' --enable",
    { description: "profile", enabled: true, meta_info: "{}" },
    { keep: "profile" },
  ],
  ["network flavor list", [{ Name: "f1", Enabled: true, "Service Type": "L3_ROUTER_NAT" }]],
  ["network flavor profile list", [{ ID: "$profile", Description: "profile" }]],
  ["network flavor add profile f1 $profile"],
  ["network flavor show f1", { service_profile_ids: ["$profile"] }],
  ["network flavor profile delete $profile", undefined, { fails: /is used by|in use|is being used|failed to delete/ }],
  ["network flavor remove profile f1 $profile"],
  ["network flavor set f1 --name f1b --description fancy --disable"],
  ["network flavor show f1b", { id: "$flavor", enabled: false, description: "fancy" }],
  ["network flavor profile set $profile --description other --disable"],
  ["network flavor profile show $profile", { description: "other", enabled: false }],
  ["network flavor delete f1b"],
  ["network flavor profile delete $profile"],
  ["network flavor list", []],
];

const topology: Row[] = [
  [
    "network auto allocated topology create --check-resources",
    undefined,
    { as: "demo", fails: /requirements|default/i },
  ],
  ["network create aext --external --default", {}],
  ["subnet create aext4 --network aext --subnet-range 203.0.113.0/24 --no-dhcp", {}],
  ["subnet pool create apool --pool-prefix 10.20.0.0/16 --default --share --default-prefix-length 26", {}],
  ["network auto allocated topology create --check-resources", {}, { as: "demo" }],
  ["network auto allocated topology create", { id: /^[0-9a-f-]{36}$/ }, { as: "demo", keep: "net" }],
  ["network auto allocated topology create --or-show", { id: "$net" }, { as: "demo" }],
  ["router list", [{ Name: "auto_allocated_router" }], { as: "demo" }],
  ["network auto allocated topology delete --project elsewhere"],
  ["network auto allocated topology delete", undefined, { as: "demo" }],
  ["router list --name auto_allocated_router", [], { as: "demo" }],
  ["subnet pool delete apool"],
  ["network delete aext"],
];

const quotas: Row[] = [
  [
    "quota show demo",
    { networks: 100, ports: 500, subnets: 100, routers: 10, "floating-ips": 50, secgroups: 10, "secgroup-rules": 100 },
  ],
  [
    "quota set demo --networks 3 --ports 7 --secgroup-rules 9 --rbac-policies 11 --subnetpools 5 --routers 2 --floating-ips 4",
  ],
  [
    "quota show demo",
    { networks: 3, ports: 7, "secgroup-rules": 9, rbac_policies: 11, subnet_pools: 5, routers: 2, "floating-ips": 4 },
  ],
  ["quota list --network", [{ Networks: 3, Ports: 7 }]],
  ["quota list --network --detail --project demo", [{ Resource: "networks", Limit: 3, "In Use": 0 }]],
  ["network create qa1", {}, { as: "demo" }],
  ["quota set demo --networks 1 --check-limit"],
  ["network create qa2", undefined, { as: "demo", fails: /Quota exceeded for resources: \['network'\]/ }],
  ["network delete qa1", undefined, { as: "demo" }],
  ["quota set demo --networks -1"],
  ["quota show demo", { networks: -1 }],
  ["quota show --default demo", { networks: 100 }],
];

/** What a Neutron 21 with its usual service plugins offers, and what came after it. */
const ALIASES = `
  address-group address-scope agent agent-resources-synced allowed-address-pairs auto-allocated-topology
  availability_zone availability_zone_filter binding binding-extended data-plane-status default-subnetpools
  dhcp_agent_scheduler dns-domain-ports dns-integration dvr empty-string-filtering expose-l3-conntrack-helper
  expose-port-forwarding-in-fip ext-gw-mode external-net extra_dhcp_opt extraroute extraroute-atomic
  filter-validation fip-port-details flavors floating-ip-port-forwarding floating-ip-port-forwarding-description
  floating-ip-port-forwarding-detail floating-ip-port-forwarding-port-ranges floatingip-pools ip-substring-filtering
  ip_allocation l2_adjacency l3-conntrack-helper l3-ext-ndp-proxy l3-flavors l3-ha l3-ndp-proxy
  l3-port-ip-change-not-allowed l3_agent_scheduler local_ip logging metering metering_source_and_destination_fields
  multi-provider net-mtu net-mtu-writable network-ip-availability network-segment-range network_availability_zone
  pagination port-device-profile port-mac-address-regenerate port-mac-override port-numa-affinity-policy
  port-resource-request port-resource-request-groups port-security port-security-groups-filtering project-id
  provider qos qos-bw-limit-direction qos-bw-minimum-ingress qos-default qos-fip qos-gateway-ip
  qos-port-network-policy qos-pps qos-pps-minimum qos-pps-minimum-rule-alias qos-rule-type-details
  qos-rule-type-filter qos-rules-alias quota-check-limit quota_details quotas rbac-address-group rbac-address-scope
  rbac-policies rbac-security-groups rbac-subnetpool revision-if-match router router-admin-state-down-before-update
  router_availability_zone security-group security-groups-normalized-cidr security-groups-remote-address-group
  security-groups-shared-filtering segment segments-peer-subnet-host-routes service-type sorting
  standard-attr-description standard-attr-revisions standard-attr-segment standard-attr-tag standard-attr-timestamp
  stateful-security-group subnet-segmentid-writable subnet-service-types subnet_allocation subnet_onboard
  subnetpool-prefix-ops tag-ports-during-bulk-creation trunk trunk-details uplink-status-propagation
  security-groups-default-rules taas taas-vnic-mirroring vlan-transparent
  external-gateway-multihoming
`
  .trim()
  .split(/\s+/);

const others: Row[] = [
  ...ALIASES.map((Alias): Row => [`extension show ${Alias}`, { name: /./, alias: Alias }]),
  ["extension list --network", ALIASES.map((Alias) => ({ Alias, Name: /./ }))],
  [
    "network service provider list",
    ["dvrha", "dvr", "ha", "single_node"].map((Name) => ({ "Service Type": "L3_ROUTER_NAT", Name, Default: false })),
  ],
  ["network create in", {}, { keep: "network" }],
  ["subnet create in4 --network in --subnet-range 10.30.0.0/24", {}],
  ["port create inp --network in", {}],
  ["ip availability list", [{ "Network ID": "$network", "Network Name": "in", "Total IPs": 253, "Used IPs": 1 }]],
  [
    "ip availability show in",
    { network_name: "in", total_ips: 253, used_ips: 1, subnet_ip_availability: [{ cidr: "10.30.0.0/24" }] },
  ],
  ["port delete inp"],
  ["network delete in"],
  ["versions show --service network", [{ "Service Type": "network", Version: "2.0", Status: "CURRENT" }]],
];

export const ADMIN_ROWS: Record<string, readonly Row[]> = { agents, flavors, topology, quotas, others };
