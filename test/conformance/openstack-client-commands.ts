/** Which commands of the client are for the network API, and which of those no row drives. */

/** Groups of entry points whose commands talk to the network service. */
export const NETWORK_GROUPS: readonly string[] = ["openstack.network.v2", "openstack.neutronclient.v2"];

/** Commands of the group "openstack.common" that do, too. */
export const COMMON_COMMANDS: readonly string[] = [
  "availability zone list",
  "extension list",
  "extension show",
  "quota list",
  "quota set",
  "quota show",
  "versions show",
];

/** Options that every command has, for its output or for domains of the identity service. */
const GENERAL =
  /^--(noindent|prefix|max-width|fit-width|print-empty|quote|sort-.*|extra-property|(target-)?project-domain)$/;

/** Options that no row uses, each with its reason. */
export const NOT_USED: Readonly<Record<string, string>> = {
  "network l3 conntrack helper list --helper": "the client refuses it by itself: its library does not know this filter",
  "network l3 conntrack helper list --port": "the client refuses it by itself: its library does not know this filter",
  "network l3 conntrack helper list --protocol":
    "the client refuses it by itself: its library does not know this filter",
  "port list --security-group": "the client refuses it by itself: its library does not know this filter",
  "port list --server": "the client asks the compute service for the server first",
  "subnet list --service-type": "the client refuses it by itself: its library does not know this filter",
};

/** A command's own options, by the first paragraph of its help. */
export function optionsOf(help: string): string[] {
  const [usage = ""] = help.split("\n\n");
  return [...new Set(usage.match(/--[a-z0-9-]+/g))].filter((option) => !GENERAL.test(option));
}

/** Commands that no row drives, by how they begin, each with its reason. */
export const NOT_DRIVEN: Readonly<Record<string, string>> = {
  "bgp dragent": "neutron-dynamic-routing's own API, which is no part of Cable",
  "bgp peer": "neutron-dynamic-routing's own API, which is no part of Cable",
  "bgp speaker": "neutron-dynamic-routing's own API, which is no part of Cable",
  bgpvpn: "networking-bgpvpn's own API, which is out of Cable's scope",
  "firewall group": "neutron-fwaas's own API, which is no part of Cable",
  "sfc flow classifier": "networking-sfc's own API, which is no part of Cable",
  "sfc port": "networking-sfc's own API, which is no part of Cable",
  "sfc service graph": "networking-sfc's own API, which is no part of Cable",
  "vpn endpoint group": "neutron-vpnaas's own API, which is no part of Cable",
  "vpn ike policy": "neutron-vpnaas's own API, which is no part of Cable",
  "vpn ipsec": "neutron-vpnaas's own API, which is no part of Cable",
  "vpn service": "neutron-vpnaas's own API, which is no part of Cable",
};
