/** What is typed of routers, floating IPs and what hangs on both. */
import type { Row } from "./openstack-client.ts";

const routers: Row[] = [
  ["network create rext --external", {}, { keep: "external" }],
  ["subnet create rext4 --network rext --subnet-range 203.0.113.0/24 --no-dhcp", {}, { keep: "outside" }],
  ["network create rn", {}],
  ["subnet create rn1 --network rn --subnet-range 10.5.1.0/24", {}, { keep: "inside" }],
  ["subnet create rn2 --network rn --subnet-range 10.5.2.0/24", {}],
  [
    "router create r1 --description edge --tag a --enable",
    {
      name: "r1",
      description: "edge",
      admin_state_up: true,
      status: "ACTIVE",
      external_gateway_info: null,
      routes: [],
      tags: ["a"],
    },
    { keep: "router" },
  ],
  [
    "router create r2 --disable --external-gateway rext --fixed-ip subnet=rext4,ip-address=203.0.113.50 --disable-snat",
    {
      admin_state_up: false,
      external_gateway_info: {
        network_id: "$external",
        enable_snat: false,
        external_fixed_ips: [{ subnet_id: "$outside", ip_address: "203.0.113.50" }],
      },
    },
  ],
  ["router create r3 --ha --distributed --project demo", { ha: true, distributed: true }],
  ["router create r4 --centralized --no-ha", { ha: false, distributed: false }],
  ["router list --name r1", [{ ID: "$router", Name: "r1", Status: "ACTIVE", State: true }]],
  [
    "router list --long --disable",
    [{ Name: "r2", State: false, "External gateway info": { network_id: "$external" } }],
  ],
  ["router list --tags a --enable", [{ Name: "r1" }]],
  ["router list --any-tags a,b", [{ Name: "r1" }]],
  ["router list --not-tags a --name r1", []],
  ["router set r1 --name r1b --description core --external-gateway rext --tag b"],
  [
    "router show r1b",
    { id: "$router", description: "core", external_gateway_info: { enable_snat: true }, tags: ["a", "b"] },
  ],
  ["router set r1b --disable-snat --external-gateway rext --fixed-ip subnet=rext4,ip-address=203.0.113.60"],
  [
    "router show r1b",
    { external_gateway_info: { enable_snat: false, external_fixed_ips: [{ ip_address: "203.0.113.60" }] } },
  ],
  ["router add subnet r1b rn1"],
  ["port create rp --network rn --fixed-ip subnet=rn2,ip-address=10.5.2.7", {}, { keep: "port" }],
  ["router add port r1b rp"],
  [
    "router show r1b",
    {
      interfaces_info: [
        { subnet_id: "$inside", ip_address: "10.5.1.1" },
        { port_id: "$port", ip_address: "10.5.2.7" },
      ],
    },
  ],
  ["port list --router r1b", [{ Name: "rp" }]],
  ["router add subnet r1b rn1", undefined, { fails: /already has a port on subnet/ }],
  ["router delete r1b", undefined, { fails: /has ports still attached/ }],
  ["router add route r1b --route destination=192.0.2.0/24,gateway=10.5.1.9", {}],
  ["router add route r1b --route destination=198.51.100.0/24,gateway=10.5.1.9", {}],
  [
    "router show r1b",
    { routes: [{ destination: "192.0.2.0/24", nexthop: "10.5.1.9" }, { destination: "198.51.100.0/24" }] },
  ],
  ["router remove route r1b --route destination=192.0.2.0/24,gateway=10.5.1.9", {}],
  ["router set r1b --route destination=192.0.2.128/25,gateway=10.5.1.8"],
  ["router show r1b", { routes: [{ destination: "198.51.100.0/24" }, { destination: "192.0.2.128/25" }] }],
  ["router remove subnet r1b rn1", undefined, { fails: /as it is required by one or more routes/ }],
  ["router unset r1b --route destination=192.0.2.128/25,gateway=10.5.1.8 --tag a"],
  ["router set r1b --no-route"],
  ["router show r1b", { routes: [], tags: ["b"] }],
  ["router remove subnet r1b rn1"],
  ["router remove port r1b rp"],
  ["router unset r1b --external-gateway --all-tag"],
  ["router show r1b", { external_gateway_info: null, interfaces_info: [], tags: [] }],
  ["router set r1b --disable"],
  ["router set r1b --ha --distributed"],
  ["router show r1b", { admin_state_up: false, ha: true, distributed: true }],
  ["router delete r1b r2 r3 r4"],
  ["router show r1b", undefined, { fails: /No Router found for r1b/ }],
  ["network delete rn rext"],
];

const floatingIps: Row[] = [
  ["network create fext --external", {}, { keep: "external" }],
  ["subnet create fext4 --network fext --subnet-range 203.0.113.0/24 --no-dhcp", {}],
  ["network create fn", {}],
  ["subnet create fn4 --network fn --subnet-range 10.6.0.0/24", {}],
  ["router create fr --external-gateway fext", {}, { keep: "router" }],
  ["router add subnet fr fn4"],
  ["port create fp --network fn --fixed-ip subnet=fn4,ip-address=10.6.0.5", {}, { keep: "port" }],
  [
    "floating ip create fext --floating-ip-address 203.0.113.77 --description public --tag f",
    {
      floating_ip_address: "203.0.113.77",
      floating_network_id: "$external",
      description: "public",
      status: "DOWN",
      port_id: null,
      fixed_ip_address: null,
      router_id: null,
      tags: ["f"],
    },
    { keep: "fip" },
  ],
  [
    "floating ip create fext --subnet fext4 --port fp --fixed-ip-address 10.6.0.5",
    { port_id: "$port", fixed_ip_address: "10.6.0.5", router_id: "$router" },
    { keep: "fip2" },
  ],
  ["floating ip list --network fext", [{ ID: "$fip" }, { ID: "$fip2", "Fixed IP Address": "10.6.0.5", Port: "$port" }]],
  ["floating ip list --port fp --router fr --fixed-ip-address 10.6.0.5", [{ ID: "$fip2" }]],
  [
    "floating ip list --floating-ip-address 203.0.113.77 --status DOWN --long",
    [{ Description: "public", Router: null }],
  ],
  ["floating ip list --tags f", [{ ID: "$fip" }]],
  ["floating ip unset $fip2 --port"],
  ["floating ip show $fip2", { port_id: null, fixed_ip_address: null }],
  ["floating ip set 203.0.113.77 --port fp --fixed-ip-address 10.6.0.5 --description used --tag g"],
  [
    "floating ip show 203.0.113.77",
    { id: "$fip", port_id: "$port", description: "used", router_id: "$router", port_details: /./, tags: ["f", "g"] },
  ],
  ["floating ip set $fip2 --port fp", undefined, { fails: /already has a floating IP|Cannot associate/ }],
  ["floating ip unset 203.0.113.77 --port --all-tag"],
  ["floating ip show $fip", { port_id: null, tags: [] }],
  ["floating ip pool list", undefined, { fails: /only available|Compute|compute|not supported/i }],
  [
    "floating ip port forwarding create $fip --internal-ip-address 10.6.0.5 --port $port --internal-protocol-port 22" +
      " --external-protocol-port 2222 --protocol tcp --description ssh",
    {
      internal_ip_address: "10.6.0.5",
      internal_port_id: "$port",
      internal_port: 22,
      external_port: 2222,
      protocol: "tcp",
      description: "ssh",
    },
    { keep: "forward" },
  ],
  [
    "floating ip port forwarding list $fip",
    [{ ID: "$forward", "Internal Port": 22, "External Port": 2222, Protocol: "tcp" }],
  ],
  [
    "floating ip port forwarding list $fip --protocol tcp --external-protocol-port 2222 --port $port",
    [{ ID: "$forward" }],
  ],
  ["floating ip port forwarding set $fip $forward --external-protocol-port 2223 --description 'secure shell'"],
  ["floating ip port forwarding show $fip $forward", { external_port: 2223, description: "secure shell" }],
  ["floating ip port forwarding delete $fip $forward"],
  ["floating ip port forwarding list $fip", []],
  ["router remove subnet fr fn4"],
  ["floating ip delete $fip $fip2"],
  ["floating ip list --network fext", []],
  ["router delete fr"],
  ["port delete fp"],
  ["network delete fn fext"],
];

const conntrackHelpers: Row[] = [
  ["router create cr", {}],
  [
    "network l3 conntrack helper create cr --helper tftp --protocol udp --port 69",
    { helper: "tftp", protocol: "udp", port: 69 },
    { keep: "helper" },
  ],
  ["network l3 conntrack helper list cr", [{ ID: "$helper", Helper: "tftp", Protocol: "udp", Port: 69 }]],
  ["network l3 conntrack helper set cr $helper --port 1069"],
  ["network l3 conntrack helper show cr $helper", { port: 1069 }],
  ["network l3 conntrack helper delete cr $helper"],
  ["network l3 conntrack helper list cr", []],
  ["router delete cr"],
];

const meters: Row[] = [
  [
    "network meter create m1 --description out --share",
    { name: "m1", description: "out", shared: true },
    { keep: "meter" },
  ],
  ["network meter list", [{ ID: "$meter", Name: "m1", Description: "out" }]],
  ["network meter show m1", { id: "$meter" }],
  [
    "network meter rule create m1 --egress --exclude --remote-ip-prefix 10.0.0.0/8",
    { direction: "egress", is_excluded: true, remote_ip_prefix: "10.0.0.0/8", metering_label_id: "$meter" },
    { keep: "rule" },
  ],
  [
    "network meter rule create m1 --ingress --source-ip-prefix 10.1.0.0/16 --destination-ip-prefix 10.2.0.0/16",
    { direction: "ingress", source_ip_prefix: "10.1.0.0/16", destination_ip_prefix: "10.2.0.0/16" },
    { keep: "rule2" },
  ],
  ["network meter rule list", [{ ID: "$rule", Direction: "egress" }, { ID: "$rule2" }]],
  ["network meter rule show $rule", { remote_ip_prefix: "10.0.0.0/8" }],
  ["network meter rule delete $rule $rule2"],
  ["network meter rule list", []],
  ["network meter delete m1"],
  ["network meter list", []],
];

export const ROUTER_ROWS: Record<string, readonly Row[]> = { routers, floatingIps, conntrackHelpers, meters };
