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
    { networks: 3, ports: 7, "secgroup-rules": 9, rbac_policies: 11, subnetpools: 5, routers: 2, "floating-ips": 4 },
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

const others: Row[] = [
  ["extension list --network", [{ Alias: "router", Name: /./ }, { Alias: "quotas" }, { Alias: "trunk" }]],
  ["extension show router", { alias: "router" }],
  ["network service provider list", [{ "Service Type": "L3_ROUTER_NAT" }]],
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
