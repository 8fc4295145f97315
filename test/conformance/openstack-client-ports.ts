/** What is typed of ports, trunks and local IPs. */
import type { Row } from "./openstack-client.ts";

const ports: Row[] = [
  ["network create pt --dns-domain example.org.", {}],
  ["subnet create pt4 --network pt --subnet-range 10.3.0.0/24", {}, { keep: "subnet" }],
  ["security group create psg", {}, { keep: "group" }],
  [
    "port create p1 --network pt --fixed-ip subnet=pt4,ip-address=10.3.0.10 --mac-address fa:16:3e:00:aa:01" +
      " --description one --device dev-1 --device-owner compute:nova --host $host --vnic-type normal --tag t" +
      " --binding-profile foo=bar --extra-dhcp-option name=bootfile-name,value=pxelinux.0,ip-version=4" +
      " --security-group psg --allowed-address ip-address=10.3.0.99,mac-address=fa:16:3e:00:aa:99 --dns-name one" +
      " --enable-uplink-status-propagation --numa-policy-preferred",
    {
      name: "p1",
      fixed_ips: [{ subnet_id: "$subnet", ip_address: "10.3.0.10" }],
      mac_address: "fa:16:3e:00:aa:01",
      description: "one",
      device_id: "dev-1",
      device_owner: "compute:nova",
      binding_host_id: "$host",
      binding_vnic_type: "normal",
      binding_profile: { foo: "bar" },
      extra_dhcp_opts: [{ opt_name: "bootfile-name", opt_value: "pxelinux.0", ip_version: 4 }],
      security_group_ids: ["$group"],
      allowed_address_pairs: [{ ip_address: "10.3.0.99", mac_address: "fa:16:3e:00:aa:99" }],
      dns_name: "one",
      propagate_uplink_status: true,
      numa_affinity_policy: "preferred",
      tags: ["t"],
      status: "DOWN",
      admin_state_up: true,
      port_security_enabled: true,
      data_plane_status: null,
    },
    { keep: "p1" },
  ],
  [
    "port create p2 --network pt --no-fixed-ip --no-security-group --disable-port-security --disable",
    { fixed_ips: [], security_group_ids: [], port_security_enabled: false, admin_state_up: false, device_id: "" },
  ],
  [
    "port create p3 --network pt --fixed-ip subnet=pt4,ip-address=10.3.0.10",
    undefined,
    { fails: /already in use|already allocated/ },
  ],
  ["port list --network pt", [{ ID: "$p1", Name: "p1", "MAC Address": "fa:16:3e:00:aa:01" }, { Name: "p2" }]],
  ["port list --long --name p1", [{ "Device Owner": "compute:nova", Status: "DOWN", Tags: ["t"] }]],
  ["port list --device-id dev-1 --device-owner compute:nova", [{ Name: "p1" }]],
  ["port list --host $host --mac-address fa:16:3e:00:aa:01", [{ Name: "p1" }]],
  ["port list --fixed-ip subnet=pt4,ip-address=10.3.0.10", [{ Name: "p1" }]],
  ["port list --fixed-ip ip-substring=3.0.1", [{ Name: "p1" }]],
  ["port list --fixed-ip ip-substring=9.9.9", []],
  ["port list --tags t --network pt", [{ Name: "p1" }]],
  ["port list --any-tags t,u", [{ Name: "p1" }]],
  ["port list --not-tags t --network pt --name p1", []],
  [
    "port set p1 --name p1b --description eins --fixed-ip subnet=pt4,ip-address=10.3.0.11 --device dev-2 --tag u" +
      " --binding-profile x=y --extra-dhcp-option name=server-ip-address,value=10.3.0.4 --disable --dns-name eins" +
      " --allowed-address ip-address=10.3.0.98 --data-plane-status DOWN",
  ],
  [
    "port show p1b",
    {
      id: "$p1",
      description: "eins",
      fixed_ips: [{ ip_address: "10.3.0.10" }, { ip_address: "10.3.0.11" }],
      device_id: "dev-2",
      binding_profile: { foo: "bar", x: "y" },
      extra_dhcp_opts: [{ opt_name: "bootfile-name" }, { opt_name: "server-ip-address" }],
      admin_state_up: false,
      dns_name: "eins",
      allowed_address_pairs: [
        { ip_address: "10.3.0.99" },
        { ip_address: "10.3.0.98", mac_address: "fa:16:3e:00:aa:01" },
      ],
      tags: ["t", "u"],
      data_plane_status: "DOWN",
    },
  ],
  [
    "port unset p1b --fixed-ip subnet=pt4,ip-address=10.3.0.10 --binding-profile foo --security-group psg --tag t" +
      " --allowed-address ip-address=10.3.0.99,mac-address=fa:16:3e:00:aa:99",
  ],
  ["port unset p1b --numa-policy", undefined, { fails: /port is already bound to host/ }],
  ["port unset p1b --data-plane-status"],
  [
    "port show p1b",
    {
      binding_profile: { x: "y" },
      security_group_ids: [],
      tags: ["u"],
      data_plane_status: null,
    },
  ],
  ["port list --fixed-ip ip-address=10.3.0.10", []],
  ["port unset p1b --host --all-tag"],
  ["port unset p1b --numa-policy"],
  ["port show p1b", { numa_affinity_policy: null, binding_host_id: "", binding_vif_type: "unbound", tags: [] }],
  ["port set p1b --no-fixed-ip --no-allowed-address --no-binding-profile --no-security-group --disable-port-security"],
  ["port show p1b", { fixed_ips: [], allowed_address_pairs: [], binding_profile: {}, port_security_enabled: false }],
  [
    "port set p2 --enable --enable-port-security --security-group psg --vnic-type direct --mac-address fa:16:3e:00:aa:02",
  ],
  [
    "port show p2",
    {
      admin_state_up: true,
      port_security_enabled: true,
      security_group_ids: ["$group"],
      binding_vnic_type: "direct",
      mac_address: "fa:16:3e:00:aa:02",
    },
  ],
  ["port delete p1b p2"],
  ["port list --network pt", []],
  ["port show p1b", undefined, { fails: /No Port found for p1b/ }],
  ["security group delete psg"],
  ["network delete pt"],
];

const trunks: Row[] = [
  ["network create tn", {}],
  ["port create tp --network tn", {}, { keep: "parent" }],
  ["port create tc1 --network tn", {}, { keep: "child1" }],
  ["port create tc2 --network tn", {}, { keep: "child2" }],
  [
    "network trunk create t1 --parent-port tp --subport port=tc1,segmentation-type=vlan,segmentation-id=101" +
      " --description trunk",
    {
      name: "t1",
      port_id: "$parent",
      admin_state_up: true,
      description: "trunk",
      sub_ports: [{ port_id: "$child1", segmentation_id: 101, segmentation_type: "vlan" }],
      status: "DOWN",
    },
    { keep: "trunk" },
  ],
  ["network trunk list", [{ Name: "t1", "Parent Port": "$parent", Description: "trunk" }]],
  ["network trunk list --long", [{ Name: "t1", Status: "DOWN", State: true }]],
  ["network trunk set t1 --subport port=tc2,segmentation-type=vlan,segmentation-id=102 --name t1b"],
  ["network trunk set t1b --disable"],
  [
    "network subport list --trunk t1b",
    [
      { Port: "$child1", "Segmentation ID": 101 },
      { Port: "$child2", "Segmentation ID": 102 },
    ],
  ],
  ["network trunk show t1b", { id: "$trunk", admin_state_up: false }],
  ["port show tp", { trunk_details: /./ }],
  ["port delete tp", undefined, { fails: /is currently a parent port for trunk/ }],
  ["network trunk set t1b --enable --description ''"],
  ["network trunk unset t1b --subport tc1"],
  ["network subport list --trunk t1b", [{ Port: "$child2" }]],
  ["network trunk delete t1b"],
  ["network trunk show t1b", undefined, { fails: /Unable to find trunk|No Trunk found/i }],
  ["port delete tp tc1 tc2"],
  ["network delete tn"],
];

const localIps: Row[] = [
  ["network create ln", {}, { keep: "network" }],
  ["subnet create ls --network ln --subnet-range 10.4.0.0/24", {}],
  ["port create lp --network ln --fixed-ip subnet=ls,ip-address=10.4.0.5", {}, { keep: "port" }],
  [
    "local ip create --name li --description here --network ln --local-ip-address 10.4.0.100 --ip-mode translate",
    { name: "li", description: "here", network_id: "$network", local_ip_address: "10.4.0.100", ip_mode: "translate" },
    { keep: "localip" },
  ],
  ["local ip list --name li", [{ Name: "li", "Local IP address": "10.4.0.100", "IP mode": "translate" }]],
  ["local ip list --network ln --local-ip-address 10.4.0.100 --ip-mode translate", [{ Name: "li" }]],
  ["local ip set li --name lib --description there"],
  ["local ip show lib", { id: "$localip", description: "there" }],
  ["local ip association create lib $port --fixed-ip 10.4.0.5", { fixed_ip: "10.4.0.5", fixed_port_id: "$port" }],
  [
    "local ip association list lib",
    [{ "Fixed port ID": "$port", "Fixed IP": "10.4.0.5", "Local IP Address": "10.4.0.100" }],
  ],
  ["local ip association list lib --fixed-port $port --fixed-ip 10.4.0.5", [{ "Fixed port ID": "$port" }]],
  ["local ip delete lib", undefined, { fails: /in use|failed to delete/ }],
  ["local ip association delete lib $port"],
  ["local ip association list lib", []],
  ["local ip delete lib"],
  ["local ip show lib", undefined, { fails: /No LocalIP found for lib/ }],
  ["port delete lp"],
  ["network delete ln"],
];

export const PORT_ROWS: Record<string, readonly Row[]> = { ports, trunks, localIps };
