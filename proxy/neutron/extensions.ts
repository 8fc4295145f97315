/**
 * The extensions that work here, under Neutron's aliases, names and dates (neutron_lib/api/definitions,
 * neutron/extensions). Clients decide by the alias, so a row stands for the whole behaviour.
 */

interface Extension {
  alias: string;
  name: string;
  description: string;
  updated: string;
}

const row = (alias: string, name: string, updated: string, description: string): Extension => ({
  alias,
  name,
  description,
  updated,
});

export const EXTENSIONS: readonly Extension[] = [
  row("allowed-address-pairs", "Allowed Address Pairs", "2013-07-23T10:00:00-00:00", "Provides allowed address pairs"),
  row(
    "binding",
    "Port Binding",
    "2014-02-03T10:00:00-00:00",
    "Expose port bindings of a virtual port to external application",
  ),
  row(
    "dns-domain-ports",
    "dns_domain for ports",
    "2017-04-24T10:00:00-00:00",
    "Allows the DNS domain to be specified for a network port.",
  ),
  row("dns-integration", "DNS Integration", "2015-08-15T18:00:00-00:00", "Provides integration with DNS."),
  row(
    "empty-string-filtering",
    "Empty String Filtering Extension",
    "2018-05-01T10:00:00-00:00",
    "Allow filtering by attributes with empty string value",
  ),
  row(
    "external-net",
    "Neutron external network",
    "2013-01-14T10:00:00-00:00",
    "Adds external network attribute to network resource.",
  ),
  row(
    "extra_dhcp_opt",
    "Neutron Extra DHCP options",
    "2013-03-17T12:00:00-00:00",
    "Extra options configuration for DHCP. For example PXE boot options to DHCP clients can be specified " +
      "(e.g. tftp-server, server-ip-address, bootfile-name)",
  ),
  row(
    "filter-validation",
    "Filter parameters validation",
    "2018-07-04T10:00:00-00:00",
    "Provides validation on filter parameters.",
  ),
  row("ip_allocation", "IP Allocation", "2016-06-10T23:00:00-00:00", "IP allocation extension."),
  row(
    "ip-substring-filtering",
    "IP address substring filtering",
    "2017-11-28T09:00:00-00:00",
    "Provides IP address substring filtering when listing ports",
  ),
  row("net-mtu", "Network MTU", "2015-03-25T10:00:00-00:00", "Provides MTU attribute for a network resource."),
  row(
    "net-mtu-writable",
    "Network MTU (writable)",
    "2017-07-12T00:00:00-00:00",
    "Provides a writable MTU attribute for a network resource.",
  ),
  row(
    "pagination",
    "Pagination support",
    "2016-06-12T00:00:00-00:00",
    "Extension that indicates that pagination is enabled.",
  ),
  row(
    "port-mac-address-regenerate",
    "Neutron Port MAC address regenerate",
    "2018-05-03T10:00:00-00:00",
    "Network port MAC address regenerate",
  ),
  row("port-security", "Port Security", "2012-07-23T10:00:00-00:00", "Provides port security"),
  row(
    "project-id",
    "project_id field enabled",
    "2016-09-09T09:09:09-09:09",
    "Extension that indicates that project_id field is enabled.",
  ),
  row(
    "provider",
    "Provider Network",
    "2012-09-07T10:00:00-00:00",
    "Expose mapping of virtual networks to physical networks",
  ),
  row(
    "revision-if-match",
    "If-Match constraints based on revision_number",
    "2016-12-11T00:00:00-00:00",
    "Extension indicating that If-Match based on revision_number is supported.",
  ),
  row("sorting", "Sorting support", "2016-06-12T00:00:00-00:00", "Extension that indicates that sorting is enabled."),
  row("sort-key-validation", "Sort keys validation", "2018-07-04T10:00:00-00:00", "Provides validation on sort keys."),
  row(
    "standard-attr-description",
    "standard-attr-description",
    "2016-02-10T10:00:00-00:00",
    "Extension to add descriptions to standard attributes",
  ),
  row(
    "standard-attr-revisions",
    "Resource revision numbers",
    "2016-04-11T10:00:00-00:00",
    "This extension will display the revision number of neutron resources.",
  ),
  row(
    "standard-attr-tag",
    "Tag support for resources with standard attribute: network, subnet, port",
    "2017-01-01T00:00:00-00:00",
    "Enables to set tag on resources with standard attribute.",
  ),
  row(
    "standard-attr-timestamp",
    "Resource timestamps",
    "2016-09-12T10:00:00-00:00",
    "Adds created_at and updated_at fields to all Neutron resources that have Neutron standard attributes.",
  ),
  row(
    "subnet-dns-publish-fixed-ip",
    "Subnet DNS publish fixed IP",
    "2019-05-24T10:00:00-00:00",
    "Support choosing to publish DNS records for IPs from a subnet",
  ),
  row(
    "subnet-service-types",
    "Subnet service types",
    "2016-03-15T18:00:00-00:00",
    "Provides ability to set the subnet service_types field",
  ),
  row(
    "tag-creation",
    "Tag creation extension",
    "2024-23-07T10:00:00-00:00",
    "Allow to create multiple tags for a resource",
  ),
  row(
    "tag-ports-during-bulk-creation",
    "Tag Ports During Bulk Creation",
    "2019-12-29T19:00:00-00:00",
    "Allow to tag ports during bulk creation",
  ),
];

const withLinks = (extension: Extension) => ({ ...extension, links: [] });

/** The document of `/v2.0/extensions`. */
export const extensionList = (): object => ({ extensions: EXTENSIONS.map(withLinks) });

/** The document of `/v2.0/extensions/<alias>`, or undefined. */
export function extensionOf(alias: string): object | undefined {
  const found = EXTENSIONS.find((extension) => extension.alias === alias);
  return found && { extension: withLinks(found) };
}
